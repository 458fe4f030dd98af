//! Troubleshooting (D3): what a code means that an error, an event or an explanation has, and what to do about it.

use serde::{Deserialize, Serialize};

include!(concat!(env!("OUT_DIR"), "/trouble_codes.rs"));

/// Whether there is a page about that code.
pub fn has_page(code: &str) -> bool {
    CODES.binary_search(&code).is_ok()
}

/// All codes that there is a page about, sorted.
pub fn codes() -> &'static [&'static str] {
    CODES
}

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    Cluster,
    Node,
    Job,
    Request,
}

impl TroubleKind {
    pub const ALL: [TroubleKind; 4] = [
        TroubleKind::Cluster,
        TroubleKind::Node,
        TroubleKind::Job,
        TroubleKind::Request,
    ];

    /// How to see it: commands with `{{values}}` to fill in.
    pub fn commands(self) -> &'static [&'static str] {
        match self {
            TroubleKind::Cluster => &[
                "aws pcs get-cluster --cluster-identifier {{cluster_id}}",
                "openpcs connect {{cluster_id}} --admin -- scontrol ping",
                "openpcs diagnose {{cluster_id}}",
            ],
            TroubleKind::Node => &[
                "openpcs connect {{cluster_id}} -- scontrol show node NODE",
                "openpcs connect {{cluster_id}} -- sinfo --list-reasons",
                "openpcs diagnose {{cluster_id}}",
            ],
            TroubleKind::Job => &[
                "openpcs why {{cluster_id}} JOB",
                "openpcs connect {{cluster_id}} -- scontrol show job JOB",
                "openpcs connect {{cluster_id}} -- squeue --job=JOB --long",
            ],
            TroubleKind::Request => &[
                "openpcs plan OPERATION --cli-input-json FILE",
                "aws pcs list-clusters",
            ],
        }
    }
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TroubleLine {
    pub code: String,
    pub kind: TroubleKind,
    pub title: String,
}

/// A page. What stands between `grave accents` is code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TroublePage {
    pub code: String,
    pub kind: TroubleKind,
    pub title: String,
    pub meaning: String,
    /// The likeliest first; none where the meaning is the cause.
    pub causes: Vec<String>,
    pub remedies: Vec<String>,
    /// How to see it.
    pub commands: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_known_has_a_page() {
        assert!(CODES.is_sorted() && has_page("ConfigurationRefused") && has_page("boot-stalled"));
        assert!(!has_page("") && !has_page("Nothing"));
    }
}
