//! Which members differ between two documents, by their paths.

use std::collections::BTreeMap;

use app::model::plan::FieldChange;
use serde_json::Value;

/// The members that differ, in the order of their paths.
pub fn diff(before: &Value, after: &Value) -> Vec<FieldChange> {
    let (old, new) = (flat(before), flat(after));
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .map(|path| FieldChange {
            path: path.clone(),
            before: old.get(path).cloned(),
            after: new.get(path).cloned(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Every leaf by its path. A list of words is one leaf: people read it as one value.
fn flat(document: &Value) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    walk(String::new(), document, &mut leaves);
    leaves
}

fn walk(path: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                walk(path, member, leaves);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (i, item) in items.iter().enumerate() {
                walk(format!("{path}[{i}]"), item, leaves);
            }
        }
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            if !words.is_empty() {
                leaves.insert(path, words.join(", "));
            }
        }
        leaf => drop(leaves.insert(path, word(leaf))),
    }
}

fn word(leaf: &Value) -> String {
    leaf.as_str()
        .map_or_else(|| leaf.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> FieldChange {
        FieldChange {
            path: path.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_the_same_is_not_told() {
        let document = json!({"a": 1, "b": {"c": [1, 2]}, "d": null});
        assert_eq!(diff(&document, &document), []);
    }

    #[test]
    fn members_are_named_by_their_paths() {
        let before =
            json!({"scaling": {"max": 4}, "subnets": ["a"], "types": [{"t": "x"}], "gone": "g"});
        let after = json!({"scaling": {"max": 2}, "subnets": ["a", "b"], "types": [{"t": "y"}], "gone": null});
        assert_eq!(
            diff(&before, &after),
            [
                change("gone", Some("g"), None),
                change("scaling.max", Some("4"), Some("2")),
                change("subnets", Some("a"), Some("a, b")),
                change("types[0].t", Some("x"), Some("y")),
            ]
        );
    }

    #[test]
    fn what_is_new_has_no_before() {
        assert_eq!(
            diff(&Value::Null, &json!({"a": true})),
            [change("a", None, Some("true"))]
        );
    }
}
