//! Lists that are longer than a page: what is answered page by page, with real Slurm behind it, is the whole list.

use serde_json::{Value, json};

use crate::harness::*;
use crate::job_parts::{act, ask};

const CLUSTER: &str = "lists";
const JOBS: usize = 130;
const TASKS: usize = 40;
const NODES: usize = 12;
const CANCELLED: usize = 24;

#[tokio::test]
async fn long_lists_are_whole_page_by_page() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let most = i32::try_from(NODES).unwrap();
    let group = plane.group(CLUSTER, "compute-1", 0, most).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let one =
        |name: &str| format!("sbatch --parsable -p demo --hold -J {name} -o /dev/null --wrap=true");
    let all = format!(
        "for i in $(seq {}); do {}; {}; done",
        JOBS / 2,
        one("left"),
        one("right")
    );
    let ids = plane.connect(CLUSTER, &["sh", "-c", &all]);
    let ids: Vec<&str> = ids.split_whitespace().collect();
    let tasks = format!("--array=1-{TASKS}");
    let array = ["--hold", &tasks, "--job-name=sweep", "--output=/dev/null"];
    let array = plane.sbatch(CLUSTER, &array, "true");

    let visitor = Visitor::sign_in(&plane).await;
    wait_until("all jobs are seen", async || {
        let body = json!({ "cluster_identifier": CLUSTER });
        let counts = ask(&visitor, "count-jobs", body).await.unwrap();
        match counts["queues"]["demo"]["waiting"] == json!(JOBS + TASKS) {
            true => Ok(()),
            false => Err(counts.to_string()),
        }
    })
    .await;
    jobs(&visitor, &ids, &array).await;
    words_that_no_list_knows_are_refused(&visitor).await;
    nodes(&visitor).await;
    events(&visitor, &ids, &group.id).await;
    plane.connect(CLUSTER, &["scancel", "--partition=demo"]);
    plane.finish().await;
}

/// A list, and what it is asked beside the page.
struct List<'a> {
    visitor: &'a Visitor,
    function: &'static str,
    of: Value,
}

impl List<'_> {
    async fn try_page(&self, page: Value) -> Result<Value, Value> {
        let mut body = self.of.clone();
        body["page"] = page;
        ask(self.visitor, self.function, body).await
    }

    async fn page(&self, page: Value) -> Value {
        let answer = self.try_page(page.clone()).await;
        answer.unwrap_or_else(|refusal| panic!("{page}: {refusal}"))
    }

    /// All rows that are found, of pages of that size.
    async fn together(&self, mut page: Value, size: usize) -> Vec<Value> {
        page["size"] = json!(size);
        let pages = self.page(page.clone()).await["pages"].as_u64().unwrap();
        let mut rows = vec![];
        for number in 0..pages {
            page["page"] = json!(number);
            let mut answer = self.page(page.clone()).await;
            assert_eq!(answer["page"], number, "{answer}");
            rows.append(answer["rows"].as_array_mut().unwrap());
        }
        rows
    }
}

fn texts<'a>(rows: &'a [Value], pointer: &str) -> Vec<&'a str> {
    let text = |row: &'a Value| row.pointer(pointer).and_then(Value::as_str).unwrap();
    rows.iter().map(text).collect()
}

async fn jobs(visitor: &Visitor, ids: &[&str], array: &str) {
    let list = |of: Value| List {
        visitor,
        function: "list-jobs",
        of,
    };
    let of_one = list(json!({ "cluster_identifier": CLUSTER, "language": "en" }));
    let of_all = list(json!({ "cluster_identifier": null, "language": "en" }));
    let first = of_one.page(json!({})).await;
    assert_eq!(first["rows"].as_array().unwrap().len(), 50);
    assert_eq!(
        (&first["pages"], &first["total"]),
        (&json!(3), &json!(JOBS + TASKS))
    );
    let whole = of_one.together(json!({}), 200).await;
    for size in [50, 7] {
        assert_eq!(of_one.together(json!({}), size).await, whole);
    }
    assert_eq!(of_all.together(json!({}), 50).await, whole);

    // The newest first; the array's tasks are one row, and many jobs.
    let tasks = format!("{array}_[1-{TASKS}]");
    let mut newest: Vec<&str> = ids.iter().rev().copied().collect();
    newest.insert(0, &tasks);
    assert_eq!(texts(&whole, "/item/id"), newest);
    let name_is = |name: &str| json!([{ "column": "name", "operator": "is", "value": name }]);
    let left =
        json!({ "properties": name_is("left"), "sort": { "column": "id", "descending": false } });
    let found = of_one.together(left, 20).await;
    let wanted: Vec<&str> = ids.iter().copied().step_by(2).collect();
    assert_eq!(texts(&found, "/item/id"), wanted);
    for (language, filter) in [("en", "State = pending"), ("zh-CN", "状态 = 等待中")] {
        let of = json!({ "cluster_identifier": null, "language": language });
        let page = json!({ "filter": filter, "properties": name_is("sweep") });
        let found = list(of).page(page).await;
        assert_eq!(
            (&found["found"], &found["total"]),
            (&json!(TASKS), &json!(JOBS + TASKS))
        );
        assert_eq!(found["offers"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["rows"][0]["clusterName"], CLUSTER);
        assert_ne!(found["rows"][0]["item"]["why"], "", "it is held");
    }

    // What is chosen is known on whatever page it is, and tasks that wait also when some of them start.
    let key = |id: &str| format!("{} {id}", whole[0]["clusterId"].as_str().unwrap());
    let waiting = format!("{array} waiting");
    let keys = [key(ids[0]), key(&waiting), key("99999")];
    let page = of_one
        .page(json!({ "size": 1, "page": 60, "chosen": keys }))
        .await;
    assert_eq!(page["chosenOf"], json!(keys));
    assert_eq!(
        texts(page["chosen"].as_array().unwrap(), "/item/id"),
        [tasks.as_str(), ids[0]]
    );
}

async fn words_that_no_list_knows_are_refused(visitor: &Visitor) {
    let property = json!([{ "column": "colour", "operator": "is", "value": "red" }]);
    for (page, field) in [
        (json!({ "size": 0 }), "page.size"),
        (json!({ "size": 201 }), "page.size"),
        (json!({ "filter": "x".repeat(501) }), "page.filter"),
        (
            json!({ "properties": property }),
            "page.properties[0].column",
        ),
        (
            json!({ "sort": { "column": "colour", "descending": true } }),
            "page.sort.column",
        ),
    ] {
        let of_cluster = json!({ "cluster_identifier": CLUSTER, "language": "en" });
        let events = json!({ "clusterIdentifier": CLUSTER, "resourceType": "", "resourceId": "" });
        for (function, of) in [
            ("list-jobs", of_cluster.clone()),
            ("list-nodes", of_cluster),
            ("list-events", json!({ "of": events, "language": "en" })),
        ] {
            let list = List {
                visitor,
                function,
                of,
            };
            let refusal = list.try_page(page.clone()).await.unwrap_err();
            assert_eq!(refusal["fields"][0]["name"], field, "{function}: {refusal}");
        }
    }
}

async fn nodes(visitor: &Visitor) {
    for cluster in [json!(CLUSTER), Value::Null] {
        let list = List {
            visitor,
            function: "list-nodes",
            of: json!({ "cluster_identifier": cluster, "language": "en" }),
        };
        let found = list.together(json!({}), 5).await;
        let names: Vec<String> = (1..=NODES).map(|n| format!("compute-1-{n}")).collect();
        assert_eq!(texts(&found, "/item/name"), names);
        let down = json!({ "filter": "State = Powered down", "sort": { "column": "name", "descending": true } });
        let found = list.together(down, 5).await;
        let backwards: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        assert_eq!(texts(&found, "/item/name"), backwards);
        let key = format!("{} compute-1-9", found[0]["clusterId"].as_str().unwrap());
        let page = list.page(json!({ "size": 1, "chosen": [key] })).await;
        assert_eq!(page["chosen"][0]["item"]["name"], "compute-1-9");

        let body = json!({ "cluster_identifier": cluster });
        let groups = ask(visitor, "count-nodes", body).await.unwrap();
        assert_eq!(groups[0]["clusterName"], CLUSTER);
        assert_eq!(groups[0]["item"]["phases"], json!([["poweredDown", NODES]]));
    }
}

async fn events(visitor: &Visitor, ids: &[&str], group: &str) {
    for id in &ids[..CANCELLED] {
        act(visitor, CLUSTER, id, "cancel").await.unwrap();
    }
    let list = |kind: &str, id: &str| List {
        visitor,
        function: "list-events",
        of: json!({
            "of": { "clusterIdentifier": CLUSTER, "resourceType": kind, "resourceId": id },
            "language": "en",
        }),
    };
    let of_all = list("", "");
    // Something may happen meanwhile.
    wait_until("the pages are the timeline", async || {
        let whole = of_all.together(json!({}), 200).await;
        let pages = of_all.together(json!({}), 10).await;
        let mut oldest_first = of_all
            .together(
                json!({ "sort": { "column": "time", "descending": false } }),
                10,
            )
            .await;
        oldest_first.reverse();
        assert!(whole.len() > CANCELLED, "{whole:?}");
        match pages == whole && oldest_first == whole {
            true => Ok(()),
            false => Err(format!("{whole:?} {pages:?}")),
        }
    })
    .await;
    let whole = of_all.together(json!({}), 200).await;
    // What began is told with its end, on whatever page that is.
    let created = |rows: &[Value]| -> Vec<Value> {
        let create = rows.iter().filter(|row| row["code"] == "create");
        create.cloned().collect()
    };
    let began = created(&whole);
    assert_eq!(began.len(), 3, "{began:?}");
    assert!(
        began.iter().all(|row| row["until"].as_i64() > Some(0)),
        "{began:?}"
    );
    assert_eq!(created(&of_all.together(json!({}), 1).await), began);

    let cancelled = of_all
        .together(json!({ "filter": "was cancelled" }), 10)
        .await;
    let mut wanted: Vec<&str> = ids[..CANCELLED].to_vec();
    wanted.reverse();
    assert_eq!(texts(&cancelled, "/resourceId"), wanted);
    let of_job = list("job", ids[0]).page(json!({})).await;
    assert_eq!(
        (&of_job["total"], &of_job["rows"][0]),
        (&json!(1), cancelled.last().unwrap())
    );
    for identifier in [group, "compute-1"] {
        let of_group = list("compute-node-group", identifier).page(json!({})).await;
        let rows = of_group["rows"].as_array().unwrap();
        assert!(rows.len() >= 2, "{of_group}");
        assert!(
            texts(rows, "/resourceId").iter().all(|id| *id == group),
            "{of_group}"
        );
    }
    let of_queue = list("queue", "demo").page(json!({})).await;
    assert_eq!(of_queue["rows"][0]["resourceName"], "demo");
}
