//! Requests that no client of good will would send: the right exception, never a panic, never a 500 (S7).

use app::model::operation::Operation;
use http::HeaderValue;
use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn whatever_comes_in_the_server_answers_and_lives() {
    let plane = TestPlane::start(Database::OfRun).await;
    what_is_not_json_is_refused(&plane).await;
    an_unknown_target_is_refused(&plane).await;
    a_body_past_the_limit_is_refused(&plane).await;
    members_are_checked_by_name_and_type(&plane).await;
    names_that_could_mean_something_elsewhere_are_refused(&plane).await;
    no_operation_answers_garbage_with_a_fault_of_its_own(&plane).await;
    strangers_at_the_agents_door_are_refused(&plane).await;
    assert_eq!(plane.http().get("/readyz").await.status, 200);
    plane.finish().await;
}

async fn what_is_not_json_is_refused(plane: &TestPlane) {
    let http = plane.http();
    let deep = "[".repeat(100_000);
    let deep_object = r#"{"tags":"#.repeat(50_000);
    for body in [
        "{",
        "nonsense",
        "{\"a\":}",
        "{}{}",
        "\u{feff}{}",
        "{\"clusterName\":\"\\ud800\"}",
        &deep,
        &deep_object,
    ] {
        let answer = http.call("CreateCluster", body).await;
        answer.refused("ValidationException");
        assert!(answer.text.len() < 2_000, "{}", answer.text.len());
    }
    http.call("CreateCluster", vec![0xff, 0xfe, 0x00])
        .await
        .refused("ValidationException");
    let broken = http.call("CreateCluster", "{\"clusterName\":").await.json();
    assert_eq!(broken["reason"], "cannotParse", "{broken}");
    for body in ["[]", "\"text\"", "17", "true"] {
        http.call("CreateCluster", body)
            .await
            .refused("ValidationException");
    }
    http.call("CreateCluster", "")
        .await
        .refused_field("clusterName");
}

async fn an_unknown_target_is_refused(plane: &TestPlane) {
    let http = plane.http();
    for operation in [
        "DropTables",
        "",
        "listclusters",
        "ListClusters.",
        "../ListClusters",
    ] {
        let answer = http.call(operation, "{}").await;
        answer.refused("ValidationException");
        assert_eq!(answer.json()["reason"], "unknownOperation");
    }
    let mut none = http.request("ListClusters", "{}");
    none.headers_mut().remove("x-amz-target");
    http.sign(&mut none);
    http.send(none).await.refused("ValidationException");
    let mut form = http.request("ListClusters", "a=b");
    form.headers_mut().insert(
        "content-type",
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    http.sign(&mut form);
    http.send(form).await.refused("ValidationException");
    assert!(http.get("/no-such-page").await.status < 500);
}

async fn a_body_past_the_limit_is_refused(plane: &TestPlane) {
    let http = plane.http();
    let body = |size: usize| format!("{{\"clusterName\":\"{}\"}}", "a".repeat(size));
    let answer = http.call("CreateCluster", body(1_100_000)).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    // What fits is read, and refused for what is wrong with it.
    http.call("CreateCluster", body(1_000_000))
        .await
        .refused_field("clusterName");
}

async fn members_are_checked_by_name_and_type(plane: &TestPlane) {
    let http = plane.http();
    let good = cluster_body(plane, "members");
    for (member, value) in [
        ("clusterName", json!(17)),
        ("clusterName", json!(null)),
        ("size", json!("HUGE")),
        ("size", json!(["SMALL"])),
        ("networking", json!("subnet-1")),
        ("tags", json!({})),
        ("tags", json!({"a": 1})),
        ("noSuchMember", json!(1)),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let answer = http.call("CreateCluster", body.to_string()).await;
        answer.refused("ValidationException");
        assert!(
            answer.message().contains(member),
            "{member}: {}",
            answer.text
        );
    }
    for (path, value, field) in [
        ("/scheduler/type", json!("PBS"), "scheduler.type"),
        (
            "/networking/subnetIds/0",
            json!("../../etc"),
            "networking.subnetIds[0]",
        ),
        (
            "/networking/subnetIds/0",
            json!({}),
            "networking.subnetIds[0]",
        ),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value;
        http.call("CreateCluster", body.to_string())
            .await
            .refused_field(field);
    }
    for number in [
        "1e400",
        "99999999999999999999",
        "1.5",
        "\"600\"",
        "-9223372036854775809",
    ] {
        let text = good.to_string();
        let slurm =
            format!(",\"slurmConfiguration\":{{\"scaleDownIdleTimeInSeconds\":{number}}}}}");
        let body = format!("{}{slurm}", text.strip_suffix('}').unwrap());
        http.call("CreateCluster", body)
            .await
            .refused("ValidationException");
    }
}

fn cluster_body(plane: &TestPlane, name: &str) -> Value {
    json!({
        "clusterName": name,
        "scheduler": {"type": "SLURM", "version": VERSION},
        "size": "SMALL",
        "networking": {"subnetIds": [plane.ids().subnet("hpc-networking:PublicSubnetA")]},
    })
}

async fn names_that_could_mean_something_elsewhere_are_refused(plane: &TestPlane) {
    let http = plane.http();
    let long = "a".repeat(10_240);
    let names = [
        "a'b",
        "a\"b",
        "a\nb",
        "abc\n",
        "abc\r",
        "abc\0",
        "..",
        "../../etc/passwd",
        "a/b",
        "a;b",
        "a;reboot",
        "$(reboot)",
        "`reboot`",
        "${HOME}",
        "a&b",
        "a|b",
        "a>b",
        "a*b",
        "a?b",
        "a[1-2]",
        "a,b",
        "a=b",
        "a#b",
        "%s%n",
        "\u{202e}abc",
        "<script>",
        "' or '1'='1",
        &long,
    ];
    for name in names {
        let answer = http
            .call("CreateCluster", cluster_body(plane, name).to_string())
            .await;
        answer.refused_field("clusterName");
        assert!(answer.text.len() < 2_000, "an answer grew with the request");
        for (operation, member) in [
            ("GetCluster", "clusterIdentifier"),
            ("DeleteCluster", "clusterIdentifier"),
            ("ListQueues", "clusterIdentifier"),
        ] {
            http.call(operation, json!({member: name}).to_string())
                .await
                .refused_field(member);
        }
        let group = json!({"clusterIdentifier": "abc", "computeNodeGroupIdentifier": name});
        http.call("GetComputeNodeGroup", group.to_string())
            .await
            .refused_field("computeNodeGroupIdentifier");
        let queue = json!({"clusterIdentifier": "abc", "queueIdentifier": name});
        http.call("DeleteQueue", queue.to_string())
            .await
            .refused_field("queueIdentifier");
        http.call(
            "TagResource",
            json!({"resourceArn": name, "tags": {"a": "b"}}).to_string(),
        )
        .await
        .refused_field("resourceArn");
    }
    assert!(
        plane
            .admin()
            .list_clusters()
            .send()
            .await
            .unwrap()
            .clusters
            .is_empty()
    );
}

/// Documents that are wrong in every way, for every operation.
async fn no_operation_answers_garbage_with_a_fault_of_its_own(plane: &TestPlane) {
    let http = plane.http();
    let values = [
        json!(null),
        json!(0),
        json!(-1),
        json!(""),
        json!("x"),
        json!([]),
        json!([null]),
        json!({}),
        json!(1e300),
    ];
    let members = [
        "clusterIdentifier",
        "clusterName",
        "computeNodeGroupIdentifier",
        "computeNodeGroupName",
        "queueIdentifier",
        "queueName",
        "networking",
        "scheduler",
        "slurmConfiguration",
        "tags",
        "tagKeys",
        "resourceArn",
        "clientToken",
        "scalingConfiguration",
        "instanceConfigs",
        "bootstrapId",
        "nextToken",
        "maxResults",
    ];
    for &operation in Operation::PCS {
        for value in &values {
            let all: Value = members
                .iter()
                .map(|m| (m.to_string(), value.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let answer = http.call(operation.name(), all.to_string()).await;
            assert_eq!(
                answer.status,
                400,
                "{} with {value}: {}",
                operation.name(),
                answer.text
            );
            assert!(answer.request_id.is_some() && !answer.message().is_empty());
        }
    }
}

async fn strangers_at_the_agents_door_are_refused(plane: &TestPlane) {
    let http = plane.http();
    let register =
        json!({"clusterIdentifier": "pcs_0000000000", "bootstrapId": "guessed"}).to_string();
    let answer = http
        .send(http.request("RegisterComputeNodeGroupInstance", register))
        .await;
    answer.refused("AccessDeniedException");
    assert!(!answer.text.contains("guessed"));
    for path in ["/instance/v1/steps", "/controller/v1/hooks"] {
        for (bearer, body) in [
            (None, "{}"),
            (Some("Bearer guessed"), "{"),
            (Some("Bearer guessed"), "{}"),
        ] {
            let mut request = http::Request::post(format!("{}{path}", plane.server.endpoint()))
                .header("content-type", "application/json")
                .body(body.as_bytes().to_vec())
                .unwrap();
            if let Some(bearer) = bearer {
                request
                    .headers_mut()
                    .insert("authorization", HeaderValue::from_static(bearer));
            }
            let answer = http.send(request).await;
            assert!(
                (400..500).contains(&answer.status),
                "{path}: {} {}",
                answer.status,
                answer.text
            );
        }
        let hook = json!({"clusterId": "pcs_0000000000", "program": "resume", "instanceId": "i-0", "name": "x"});
        let mut request = http::Request::post(format!("{}{path}", plane.server.endpoint()))
            .header("content-type", "application/json")
            .body(hook.to_string().into_bytes())
            .unwrap();
        request
            .headers_mut()
            .insert("authorization", HeaderValue::from_static("Bearer guessed"));
        http.send(request).await.refused("AccessDeniedException");
    }
}
