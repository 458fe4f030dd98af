//! What runs and is looked at in a node's life, as it is being filled in: the scripts of both stages, and the health checks.

use leptos::prelude::*;

use super::choice::{choice, word};
use crate::model::health::*;
use crate::model::lifecycle::*;

#[derive(Clone, Copy)]
pub struct ScriptDraft {
    pub name: RwSignal<String>,
    pub location: RwSignal<String>,
    pub version: RwSignal<String>,
    pub checksum: RwSignal<String>,
    /// One on each line.
    pub arguments: RwSignal<String>,
    pub error: RwSignal<String>,
    pub when: RwSignal<String>,
    /// What it was: an argument of several lines stays whole as long as nobody touches them.
    given: StoredValue<Vec<String>>,
}

impl ScriptDraft {
    fn of(script: &NodeLifecycleScript) -> ScriptDraft {
        let source = &script.script_source;
        let text = |text: &Option<String>| RwSignal::new(text.clone().unwrap_or_default());
        let arguments = script.arguments.clone().unwrap_or_default();
        ScriptDraft {
            name: RwSignal::new(script.name.clone()),
            location: RwSignal::new(source.script_location.clone()),
            version: text(&source.s3_version_id),
            checksum: text(&source.checksum),
            arguments: RwSignal::new(arguments.join("\n")),
            error: RwSignal::new(word(&script.error_policy())),
            when: RwSignal::new(word(&script.when())),
            given: StoredValue::new(arguments),
        }
    }

    pub fn argument_list(self) -> Vec<String> {
        let text = self.arguments.get();
        let given = self.given.get_value();
        match text == given.join("\n") {
            true => given,
            false => text.lines().map(str::to_owned).collect(),
        }
    }

    fn script(self) -> NodeLifecycleScript {
        let filled = |text: RwSignal<String>| {
            let text = text.with(|text| text.trim().to_owned());
            (!text.is_empty()).then_some(text)
        };
        let arguments = self.argument_list();
        NodeLifecycleScript {
            name: filled(self.name).unwrap_or_default(),
            script_source: ScriptSource {
                script_location: filled(self.location).unwrap_or_default(),
                s3_version_id: filled(self.version),
                checksum: filled(self.checksum),
            },
            arguments: (!arguments.is_empty()).then_some(arguments),
            on_error: choice(self.error),
            execution_policy: choice(self.when),
        }
    }
}

/// The scripts of a stage.
#[derive(Clone, Copy)]
pub struct ScriptRows(pub RwSignal<Vec<ScriptDraft>>);

impl ScriptRows {
    fn of(scripts: &[NodeLifecycleScript]) -> ScriptRows {
        ScriptRows(RwSignal::new(scripts.iter().map(ScriptDraft::of).collect()))
    }

    pub fn add(self) {
        let empty = NodeLifecycleScript {
            name: String::new(),
            script_source: ScriptSource {
                script_location: String::new(),
                s3_version_id: None,
                checksum: None,
            },
            arguments: None,
            on_error: None,
            execution_policy: None,
        };
        self.0.update(|all| all.push(ScriptDraft::of(&empty)));
    }

    pub fn remove(self, at: usize) {
        self.0.update(|all| {
            if at < all.len() {
                all.remove(at);
            }
        });
    }

    fn scripts(self) -> Option<Vec<NodeLifecycleScript>> {
        let scripts = self
            .0
            .with(|all| all.iter().map(|one| one.script()).collect::<Vec<_>>());
        (!scripts.is_empty()).then_some(scripts)
    }
}

#[derive(Clone, Copy)]
pub struct LifeDraft {
    pub bootstrapped: ScriptRows,
    pub ready: ScriptRows,
    pub caching: RwSignal<String>,
    /// What is done about what monitoring finds; empty: nobody looks.
    pub monitoring: RwSignal<String>,
}

impl LifeDraft {
    pub fn of(
        actions: Option<&NodeLifecycleActions>,
        checks: Option<&InstanceHealthChecks>,
    ) -> LifeDraft {
        let actions = actions.cloned().unwrap_or_default();
        let monitoring = checks.and_then(InstanceHealthChecks::monitoring);
        LifeDraft {
            bootstrapped: ScriptRows::of(actions.of(Stage::NodeBootstrapped)),
            ready: ScriptRows::of(actions.of(Stage::NodeReady)),
            caching: RwSignal::new(word(&actions.caching())),
            monitoring: RwSignal::new(monitoring.as_ref().map(word).unwrap_or_default()),
        }
    }

    pub fn rows(self, stage: Stage) -> ScriptRows {
        match stage {
            Stage::NodeBootstrapped => self.bootstrapped,
            Stage::NodeReady => self.ready,
        }
    }

    /// As it was where that means the same.
    pub fn actions(self, before: Option<NodeLifecycleActions>) -> Option<NodeLifecycleActions> {
        let actions = NodeLifecycleActions {
            stages: NodeLifecycleStages {
                node_bootstrapped: self.bootstrapped.scripts(),
                node_ready: self.ready.scripts(),
            },
            script_caching_policy: choice(self.caching),
        };
        let was = before.as_ref().and_then(NodeLifecycleActions::plain);
        match actions.plain() == was {
            true => before,
            false => actions.has_scripts().then_some(actions),
        }
    }

    /// As it was where that means the same; who takes checks away says so, for a request has no empty ones.
    pub fn checks(self, before: Option<InstanceHealthChecks>) -> Option<InstanceHealthChecks> {
        let monitoring = choice::<RepairAction>(self.monitoring).map(|repair| HealthMonitoring {
            mode: Some(HealthMonitoringMode::Standard),
            repair_action: Some(repair),
        });
        let checks = InstanceHealthChecks {
            health_monitoring: monitoring,
            // None but NONE can be asked for, and there is no field for it.
            deep_health_checks: None,
        };
        let was = before.as_ref().and_then(InstanceHealthChecks::plain);
        match (checks.plain() == was, checks.plain()) {
            (true, _) => before,
            (false, None) => Some(InstanceHealthChecks::none()),
            (false, Some(_)) => Some(checks),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn actions() -> NodeLifecycleActions {
        let script = json!({
            "name": "a", "scriptSource": {"scriptLocation": "s3://bucket/a", "checksum": "0"},
            "arguments": ["one\ntwo", ""], "onError": "CONTINUE"
        });
        let actions = json!({"stages": {"nodeReady": [script]}});
        serde_json::from_value(actions).unwrap()
    }

    #[test]
    fn what_nobody_touched_stays_as_it_was_written() {
        let owner = Owner::new();
        owner.set();
        let checks = InstanceHealthChecks::none();
        let draft = LifeDraft::of(Some(&actions()), Some(&checks));
        assert_eq!(draft.actions(Some(actions())), Some(actions()));
        assert_eq!(draft.checks(Some(checks.clone())), Some(checks));
        let none = LifeDraft::of(None, None);
        assert_eq!((none.actions(None), none.checks(None)), (None, None));
    }

    #[test]
    fn what_is_filled_in_is_asked_for() {
        let owner = Owner::new();
        owner.set();
        let draft = LifeDraft::of(Some(&actions()), None);
        let first = draft.ready.0.with_untracked(|all| all[0]);
        first.arguments.set("x\ny".into());
        draft.monitoring.set("ISOLATE".into());
        let asked = draft.actions(Some(actions())).unwrap();
        let script = &asked.of(Stage::NodeReady)[0];
        assert_eq!(script.arguments, Some(vec!["x".into(), "y".into()]));
        assert_eq!(
            script.execution_policy,
            Some(ExecutionPolicy::FirstBootOnly)
        );
        let checks = draft.checks(None).unwrap();
        assert_eq!(checks.monitoring(), Some(RepairAction::Isolate));
        draft.ready.remove(0);
        draft.monitoring.set(String::new());
        assert_eq!(draft.actions(Some(actions())), None);
        let nothing = Some(InstanceHealthChecks::none());
        assert_eq!(draft.checks(Some(checks)), nothing);
    }
}
