use app::model::error::ErrorKind;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn findings(operation: Operation, input: Value) -> Vec<(String, String)> {
    match check(operation, &input) {
        Ok(()) => vec![],
        Err(Error {
            kind: ErrorKind::Validation { fields, .. },
            ..
        }) => fields.into_iter().map(|f| (f.name, f.message)).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

fn cluster() -> Value {
    json!({
        "clusterName": "get-started",
        "scheduler": {"type": "SLURM", "version": "24.11"},
        "size": "SMALL",
        "networking": {"subnetIds": ["subnet-0123456789abcdef0"], "securityGroupIds": []},
        "slurmConfiguration": {
            "scaleDownIdleTimeInSeconds": 60,
            "slurmCustomSettings": [{"parameterName": "Prolog", "parameterValue": "/opt/prolog"}]
        },
        "clientToken": null,
        "tags": {"team": "a"}
    })
}

#[test]
fn the_embedded_model_is_whole() {
    for (text, operations) in TEXTS.into_iter().zip([Operation::PCS, Operation::LOGS]) {
        let model = Model::parse(text).unwrap();
        for operation in operations {
            assert!(model.inputs.contains_key(operation.name()), "{operation:?}");
        }
        let document: Document = serde_json::from_str(text).unwrap();
        for (name, shape) in &document.shapes {
            if let ShapeText::String {
                pattern: Some(_), ..
            } = shape
            {
                assert!(
                    meaning(name).is_some(),
                    "{name} has a pattern without words"
                );
            }
        }
    }
}

#[test]
fn a_correct_document_passes() {
    assert_eq!(findings(Operation::CreateCluster, cluster()), vec![]);
    assert_eq!(findings(Operation::ListClusters, json!({})), vec![]);
}

#[test]
fn every_mistake_is_found_at_its_field() {
    let mut input = cluster();
    input["clusterName"] = json!("pcs_abc");
    input["size"] = json!("HUGE");
    input["scheduler"] = json!({"type": "SLURM"});
    input["networking"]["subnetIds"] = json!([]);
    input["slurmConfiguration"]["slurmCustomSettings"][0]["parameterName"] = json!(7);
    input["slurmConfiguration"]["scaleDownIdleTimeInSeconds"] = json!(0);
    input["tags"] = json!({"": "x"});
    input["colour"] = json!("blue");
    let names: Vec<String> = findings(Operation::CreateCluster, input)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "clusterName",
            "networking.subnetIds",
            "scheduler.version",
            "size",
            "slurmConfiguration.scaleDownIdleTimeInSeconds",
            "slurmConfiguration.slurmCustomSettings[0].parameterName",
            "tags.",
            "colour",
        ]
    );
}

#[test]
fn patterns_bind_the_whole_text_and_only_ascii() {
    for bad in [
        "subnet-01234567\n",
        "xsubnet-01234567",
        "subnet-０1234567",
        "subnet-0123456",
    ] {
        let mut input = cluster();
        input["networking"]["subnetIds"] = json!([bad]);
        assert_eq!(
            findings(Operation::CreateCluster, input).len(),
            1,
            "{bad:?}"
        );
    }
    for bad in ["a\nb", "a;b", "../..", "a b c", "$(id)"] {
        let found = findings(Operation::GetCluster, json!({"clusterIdentifier": bad}));
        assert_eq!(found.len(), 1, "{bad:?}");
    }
}

#[test]
fn lengths_count_characters() {
    let tags = |value: String| json!({"resourceArn": "arn:aws:pcs:us-east-1:111122223333:cluster/pcs_a", "tags": {"k": value}});
    assert_eq!(
        findings(Operation::TagResource, tags("é".repeat(256))),
        vec![]
    );
    assert_eq!(
        findings(Operation::TagResource, tags("é".repeat(257))).len(),
        1
    );
}

#[test]
fn whole_numbers_only() {
    for bad in [
        json!(1.5),
        json!("5"),
        json!(101),
        json!(-1),
        json!(1e300),
        json!(true),
    ] {
        let found = findings(Operation::ListClusters, json!({"maxResults": bad}));
        assert_eq!(found.len(), 1);
    }
}

#[test]
fn answers_stay_small_and_keep_secrets() {
    let long = "x".repeat(100_000);
    let error = check(
        Operation::GetCluster,
        &json!({"clusterIdentifier": long, &long: 1}),
    )
    .unwrap_err();
    assert!(error.message.len() < 1000, "{}", error.message.len());
    let error = check(
        Operation::RegisterComputeNodeGroupInstance,
        &json!({"clusterIdentifier": "abc", "bootstrapId": "se cret"}),
    )
    .unwrap_err();
    assert!(!error.message.contains("cret"), "{error}");
    let many: Map<String, Value> = (0..500).map(|i| (format!("m{i}"), json!(1))).collect();
    assert_eq!(
        findings(Operation::GetCluster, Value::Object(many)).len(),
        FINDINGS_MAX
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "clusterName|scheduler|size|networking|subnetIds|slurmConfiguration|tags|type|version",
        ".{0,5}",
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_answered(input in any_json(), which in 0..Operation::PCS.len()) {
        let _ = check(Operation::PCS[which], &input);
    }
}
