//! Why a node is in the state that it is in: who drained it, how far its boot is, why it failed.

use super::text::Text;
use super::{Cause, fill, span, text};
use crate::i18n::Language;
use crate::model::explanation::{Explanation, Outlook};
use crate::model::node::{LAUNCH_FAILED, Node, NodePhase, SLURMD_STARTED};

#[derive(Clone, Debug)]
pub struct NodeFacts<'a> {
    pub node: &'a Node,
    /// Why the newest instance ended or is about to.
    pub cause: Option<&'a Cause>,
    /// How many attempts in a row never got ready.
    pub failures: usize,
    /// It is to be replaced: why.
    pub replacing: Option<&'a str>,
    pub now: i64,
}

/// Slurm's own reasons for a node, by how they begin, and the name of their texts.
macro_rules! slurms {
    ($t:expr, $reason:expr; $($start:literal $text:ident;)*) => {{
        let reason: &str = $reason;
        $(if reason.contains($start) {
            return Some((stringify!($text), $t.node.$text, $t.node_remedy.$text));
        })*
        None
    }};
}

fn of_slurm(t: &'static Text, reason: &str) -> Option<(&'static str, &'static str, &'static str)> {
    slurms! { t, reason;
        "Not responding" not_responding;
        "ResumeTimeout reached" resume_timeout;
        "Low RealMemory" low_memory;
        "Low socket*core*thread count" low_cpus;
        "Low CPUs" low_cpus;
        "Low TmpDisk" low_disk;
        "CoreSpec differ" core_spec;
        "gres/" gres;
        "gres data" gres;
        "active features" features;
        "Prolog error" prolog;
        "Prolog/Epilog failure" prolog;
        "Epilog error" prolog;
        "Duplicate jobid" duplicate_job;
        "Kill task failed" kill_task;
        "batch job complete failure" batch_complete;
        "unexpectedly rebooted" rebooted;
        "reboot timed out" reboot;
        "reboot requested" reboot;
        "NO NETWORK ADDRESS" no_address;
        "Node was down" rebooted;
    }
}

/// None for a node that works or rests as it should.
pub fn explain(facts: &NodeFacts, language: Language) -> Option<Explanation> {
    let t = text(language);
    let node = facts.node;
    let told = match node.phase {
        NodePhase::PoweredDown if facts.failures == 0 => None,
        NodePhase::PoweredDown => Some((
            "retry",
            t.node.retry,
            t.node_remedy.retry,
            Outlook::ByItself,
        )),
        NodePhase::Idle | NodePhase::Busy => facts.replacing.map(|_| replacing(t)),
        // One that is to be replaced is, reserved or not.
        NodePhase::Reserved if facts.replacing.is_some() => Some(replacing(t)),
        NodePhase::Reserved => Some((
            "reserved",
            t.node.reserved,
            t.node_remedy.reserved,
            Outlook::ByItself,
        )),
        NodePhase::Starting => Some((
            "starting",
            t.node.starting,
            t.node_remedy.starting,
            Outlook::ByItself,
        )),
        NodePhase::Stopping => Some((
            "stopping",
            t.node.stopping,
            t.node_remedy.stopping,
            Outlook::ByItself,
        )),
        NodePhase::Draining | NodePhase::Failed => Some(unusable(facts, t)),
    };
    let (code, meaning, remedy, outlook) = told?;
    let values = values(facts, t, language);
    let title = match node.phase {
        NodePhase::Reserved if code == "reserved" => t.node_title.reserved,
        NodePhase::Draining => t.node_title.draining,
        NodePhase::Failed => t.node_title.failed,
        NodePhase::Starting => t.node_title.starting,
        NodePhase::Stopping => t.node_title.stopping,
        NodePhase::PoweredDown => t.node_title.retry,
        NodePhase::Reserved | NodePhase::Idle | NodePhase::Busy => t.node_title.replacing,
    };
    Some(Explanation {
        code: code.into(),
        title: fill(title, &values),
        meaning: fill(meaning, &values),
        outlook,
        prospect: match outlook {
            Outlook::ByItself if code == "reserved" => t.prospect.node_reserved.into(),
            Outlook::ByItself => t.prospect.node_by_itself.into(),
            Outlook::NeedsAction => t.prospect.needs_action.into(),
            Outlook::Over => t.prospect.over.into(),
        },
        remedy: fill(remedy, &values),
        page: page(code, facts),
    })
}

/// Where the cause of a failure is known it says more than that.
fn page(code: &str, facts: &NodeFacts) -> String {
    let cause = facts.cause.filter(|_| code == "failed");
    match cause.and_then(Cause::page) {
        Some(page) => page.to_owned(),
        None => format!("node-{}", code.replace('_', "-")),
    }
}

type Told = (&'static str, &'static str, &'static str, Outlook);

fn replacing(t: &'static Text) -> Told {
    (
        "replacing",
        t.node.replacing,
        t.node_remedy.replacing,
        Outlook::ByItself,
    )
}

/// Slurm's reason, else ours, else that somebody drained it.
fn unusable(facts: &NodeFacts, t: &'static Text) -> Told {
    let failed = facts.node.phase == NodePhase::Failed;
    // A failed node is replaced by us; a drained one waits for a person.
    let outlook = if failed {
        Outlook::ByItself
    } else {
        Outlook::NeedsAction
    };
    let reason = facts.node.reason.as_deref().unwrap_or_default();
    if facts.replacing.is_some() {
        return replacing(t);
    }
    if let Some((code, meaning, remedy)) = of_slurm(t, reason) {
        return (code, meaning, remedy, outlook);
    }
    match facts.cause {
        Some(cause) if failed => ("failed", t.node.failed, remedy_of(cause, t), outlook),
        _ if failed => ("down", t.node.down, t.node_remedy.down, outlook),
        _ => ("drained", t.node.drained, t.node_remedy.drained, outlook),
    }
}

fn remedy_of(cause: &Cause, t: &'static Text) -> &'static str {
    let r = &t.node_remedy;
    match cause {
        Cause::EndedUnexpectedly { .. } => r.ended_unexpectedly,
        Cause::StepFailed { step, .. } if step == LAUNCH_FAILED => r.launch_failed,
        Cause::StepFailed { .. } => r.step_failed,
        Cause::NoCapacity { .. } => r.launch_failed,
        Cause::NotRegistered { .. } => r.not_registered,
        Cause::BootStalled { step, .. } if step == SLURMD_STARTED => r.not_seen,
        Cause::BootStalled { .. } | Cause::BootTooLong { .. } => r.boot_stalled,
        Cause::Impaired { .. } | Cause::NotBack { .. } | Cause::Restarted { .. } => {
            r.ended_unexpectedly
        }
        Cause::NotSeen { .. } => r.not_seen,
        _ => r.down,
    }
}

fn values(facts: &NodeFacts, t: &Text, language: Language) -> Vec<(&'static str, String)> {
    let node = facts.node;
    let instance = node.instance.as_ref();
    let last = instance.and_then(|i| i.steps.last());
    let since = instance.map_or(0, |i| facts.now - i.launched_at);
    let or_dash = |text: Option<&str>| text.filter(|t| !t.is_empty()).unwrap_or("–").to_owned();
    vec![
        ("node", node.name.clone()),
        ("group", node.compute_node_group_name.clone()),
        ("reservation", or_dash(node.reservation.as_deref())),
        ("reason", or_dash(node.reason.as_deref())),
        ("replacing", or_dash(facts.replacing)),
        (
            "cause",
            facts.cause.map_or_else(|| "–".into(), |c| c.text(language)),
        ),
        ("failures", facts.failures.to_string()),
        ("step", or_dash(last.map(|s| s.name.as_str()))),
        ("since", span(t, since)),
        ("instance", or_dash(instance.map(|i| i.id.as_str()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trouble::has_page;

    fn node(phase: NodePhase, reason: Option<&str>) -> Node {
        Node {
            name: "compute-1-1".into(),
            compute_node_group_id: "pcs_g".into(),
            compute_node_group_name: "compute-1".into(),
            state: String::new(),
            phase,
            reservation: Some("upgrade".into()),
            reason: reason.map(str::to_owned),
            instance: None,
            cpus: 2,
            memory: 4096,
            slurm_version: String::new(),
        }
    }

    fn told(node: &Node, cause: Option<&Cause>, language: Language) -> Option<Explanation> {
        let facts = NodeFacts {
            node,
            cause,
            failures: 0,
            replacing: None,
            now: 1_000_000,
        };
        explain(&facts, language)
    }

    #[test]
    fn a_healthy_node_needs_no_words() {
        for phase in [NodePhase::Idle, NodePhase::Busy, NodePhase::PoweredDown] {
            assert_eq!(told(&node(phase, None), None, Language::English), None);
        }
    }

    #[test]
    fn a_reserved_node_says_by_what_and_is_not_called_broken() {
        for language in Language::ALL {
            let told = told(&node(NodePhase::Reserved, None), None, language);
            let told = told.map(|t| (t.code, t.outlook, t.meaning + &t.remedy));
            let Some((code, outlook, words)) = told else {
                panic!("{language:?}: it is not explained");
            };
            assert_eq!((code.as_str(), outlook), ("reserved", Outlook::ByItself));
            assert!(words.contains("upgrade") && words.contains("--reservation=upgrade"));
        }
    }

    #[test]
    fn slurms_reasons_are_put_in_plain_words() {
        for reason in [
            "Low RealMemory (reported:100 < 100.00% of configured:200)",
            "Kill task failed",
            "Not responding",
            "ResumeTimeout reached",
        ] {
            for language in Language::ALL {
                let down = node(NodePhase::Draining, Some(reason));
                let Some(told) = told(&down, None, language) else {
                    panic!("{reason} is not explained");
                };
                assert!(has_page(&told.page), "{}", told.page);
                assert!(told.meaning.contains("compute-1-1"), "{}", told.meaning);
            }
        }
    }

    #[test]
    fn a_node_that_somebody_drained_says_why() {
        let drained = node(NodePhase::Draining, Some("new disk"));
        let told = told(&drained, None, Language::English);
        let told = told.map(|t| (t.outlook, t.meaning.contains("new disk")));
        assert_eq!(told, Some((Outlook::NeedsAction, true)));
    }
}
