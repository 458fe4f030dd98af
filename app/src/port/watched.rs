//! A control plane that somebody watches: each answer, whichever door asked, is told to one watcher.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ControlPlane, Ctx};
use crate::model::error::Error;
use crate::model::operation::Operation;

/// Hears of every call of the port once it is answered. It must not wait.
pub trait Watcher: Send + Sync {
    /// `operations`: those that the method is asked for; `parameters`: what it was given, by name.
    fn answered(
        &self,
        ctx: &Ctx,
        operations: &'static [Operation],
        parameters: Value,
        refusal: Option<&Error>,
    );
}

/// The plane behind its watcher.
pub struct Watched<O> {
    pub plane: Arc<dyn ControlPlane>,
    pub watcher: O,
}

/// What a method was given: its only document itself, or all by their names.
pub(super) fn parameters<const N: usize>(given: [(&str, serde_json::Result<Value>); N]) -> Value {
    let known = given
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or_default()));
    let mut members: Map<String, Value> = Map::new();
    for (name, value) in known {
        match value {
            Value::Object(own) if N == 1 => members.extend(own),
            value => {
                members.insert(camel(name), value);
            }
        }
    }
    Value::Object(members)
}

/// `cluster_identifier` as the service model spells it.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (first, rest) = part.split_at(part.len().min(1));
        all += &first.to_uppercase();
        all += rest;
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_named_as_on_the_wire() {
        let one = parameters([("input", Ok(json!({"clusterName": "a"})))]);
        assert_eq!(one, json!({"clusterName": "a"}));
        let two = parameters([
            ("cluster_identifier", Ok(json!("a"))),
            ("page", Ok(json!({}))),
        ]);
        assert_eq!(two, json!({"clusterIdentifier": "a", "page": {}}));
        assert_eq!(parameters([]), json!({}));
    }
}
