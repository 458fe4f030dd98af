//! Applying a document of a cluster (X8): what is asked, and how far it has come.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::live::Kind;
use super::plan::Plan;

/// How an exported document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Yaml,
    Json,
}

/// Makes a cluster be what the document says, as far as that can be done now. To be called again until no step waits:
/// every call looks at what is there, so it may be called at any time, by anyone, any number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyRequest {
    /// YAML or JSON.
    pub document: String,
    /// The cluster's name, instead of the document's: a clone.
    #[serde(default)]
    pub name: Option<String>,
    /// Also delete the groups and queues that the document does not name.
    #[serde(default)]
    pub prune: bool,
    /// Change nothing, only tell.
    #[serde(default)]
    pub dry_run: bool,
    /// What this caller's earlier passes have begun, see [`ApplyRequest::note`]: where it has failed since, that is the
    /// end of it, and no reason to begin it again.
    #[serde(default)]
    pub begun: Vec<Begun>,
}

/// A resource that a pass has begun to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    pub kind: Kind,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyOutcome {
    pub cluster_name: String,
    /// Once it exists.
    pub cluster_id: Option<String>,
    pub steps: Vec<ApplyStep>,
}

/// One resource on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyStep {
    pub kind: Kind,
    pub name: String,
    pub action: ApplyAction,
    pub state: ApplyState,
    /// What the step would do; only when asked for without doing it.
    pub plan: Option<Plan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ApplyAction {
    Create,
    Update,
    Delete,
    /// It is as the document says.
    Keep,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum ApplyState {
    /// Would be done.
    Planned,
    /// Has just been asked for.
    Begun,
    /// Nothing is left to do, and it works.
    Done,
    /// The service is at work on it.
    UnderWay,
    /// Not begun: these must be ACTIVE (or gone) first.
    Waiting {
        on: Vec<String>,
    },
    Refused {
        error: Error,
    },
}

impl ApplyRequest {
    /// Remembers what a pass has begun, for the next one.
    pub fn note(&mut self, outcome: &ApplyOutcome) {
        for step in outcome.steps.iter().filter(|step| step.is_begun()) {
            if !self.has_begun(step.kind, &step.name) {
                self.begun.push(Begun {
                    kind: step.kind,
                    name: step.name.clone(),
                });
            }
        }
    }

    pub fn has_begun(&self, kind: Kind, name: &str) -> bool {
        let mut begun = self.begun.iter();
        begun.any(|one| one.kind == kind && one.name == name)
    }
}

impl ApplyStep {
    /// Whether it has been asked for. A delete that has begun waits for its own end.
    pub fn is_begun(&self) -> bool {
        match &self.state {
            ApplyState::Begun => true,
            ApplyState::Waiting { on } => {
                self.action == ApplyAction::Delete && *on == [self.name.clone()]
            }
            _ => false,
        }
    }
}

impl ApplyOutcome {
    /// Whether a later call can do more: something still waits.
    pub fn is_waiting(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.state, ApplyState::Waiting { .. }))
    }

    /// Whether all is there and works.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.state == ApplyState::Done)
    }

    /// The first refusal; what depends on it will wait in vain.
    pub fn refusal(&self) -> Option<(&ApplyStep, &Error)> {
        self.steps.iter().find_map(|step| match &step.state {
            ApplyState::Refused { error } => Some((step, error)),
            _ => step
                .plan
                .as_ref()?
                .refusal
                .as_ref()
                .map(|error| (step, error)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_noted_once() {
        let step = |kind, action, state| ApplyStep {
            kind,
            name: "demo".into(),
            action,
            state,
            plan: None,
        };
        let on = |name: &str| ApplyState::Waiting {
            on: vec![name.into()],
        };
        let outcome = ApplyOutcome {
            cluster_name: "abc".into(),
            cluster_id: None,
            steps: vec![
                step(Kind::Cluster, ApplyAction::Keep, ApplyState::Done),
                step(Kind::Queue, ApplyAction::Update, ApplyState::Begun),
                step(
                    Kind::ComputeNodeGroup,
                    ApplyAction::Update,
                    on("another group"),
                ),
                step(Kind::ComputeNodeGroup, ApplyAction::Delete, on("demo")),
            ],
        };
        let mut request = ApplyRequest::default();
        request.note(&outcome);
        request.note(&outcome);
        assert!(request.has_begun(Kind::Queue, "demo"));
        assert!(!request.has_begun(Kind::Cluster, "demo"));
        assert_eq!(request.begun.len(), 2);
    }
}
