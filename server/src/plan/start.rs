//! How the start of a daemon is judged that does not answer: by what it has logged, and by how long it takes.

use openpcs_agent::protocol::is_gone;

/// How long a new controller may take to answer.
pub(super) const TIMEOUT_MS: i64 = 60_000;
/// One that ended so often by itself will not come up.
pub(super) const ENDS: usize = 3;
/// Lines of a daemon's words that tell why it does not start.
const WORDS: usize = 4;

/// Whether one that began so many milliseconds ago should answer by now.
pub fn is_late(age_ms: i64) -> bool {
    age_ms >= TIMEOUT_MS
}

/// What a controller that does not answer has logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How often the daemon has ended by itself.
    pub ends: usize,
    /// What it said last.
    pub words: String,
}

impl Log {
    /// Whether it may come up yet.
    pub fn gives_hope(&self) -> bool {
        self.ends < ENDS
    }

    /// What a daemon said of its configuration before it opened its log is in the agent's, all else in its own.
    pub fn read(daemon: &str, agent_log: &str, own_log: &str) -> Log {
        let prefix = format!("{daemon}: ");
        let printed = agent_log.lines().filter(|line| line.starts_with(&prefix));
        let mut lines: Vec<&str> = Vec::new();
        for line in printed.chain(own_log.lines()).rev() {
            if lines.len() < WORDS && !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines.reverse();
        Log {
            ends: agent_log.matches(&is_gone(daemon)).count(),
            words: lines.join(" | "),
        }
    }
}
