//! What the cloud says of an instance before it happens: that it takes it back in two minutes, that it may soon, and that a
//! reboot, a stop or the like is planned.

use std::time::Duration;

use super::imds::Imds;
use crate::protocol::{REBALANCE_NOTICE, SCHEDULED_NOTICE, SPOT_NOTICE};
use crate::say;
use crate::steps::Reporter;

/// As AWS advises for what leaves two minutes.
const EVERY: Duration = Duration::from_secs(5);
/// What leaves more time is looked for less often: the service answers only so many questions.
const SELDOM: u32 = 6;

struct Source {
    step: &'static str,
    path: &'static str,
    /// In how many rounds it is looked at once.
    rounds: u32,
}

const SOURCES: [Source; 3] = [
    Source {
        step: SPOT_NOTICE,
        path: "/latest/meta-data/spot/instance-action",
        rounds: 1,
    },
    Source {
        step: REBALANCE_NOTICE,
        path: "/latest/meta-data/events/recommendations/rebalance",
        rounds: SELDOM,
    },
    Source {
        step: SCHEDULED_NOTICE,
        path: "/latest/meta-data/events/maintenance/scheduled",
        rounds: SELDOM,
    },
];

/// Looks for notices as long as the agent lives, and reports each one once.
pub fn watch(imds: Imds, reporter: Reporter) {
    std::thread::spawn(move || {
        let mut watches = SOURCES.map(|source| (source, Watch::default()));
        for round in (0..SELDOM).cycle() {
            let due = watches.iter_mut();
            for (source, watch) in due.filter(|(source, _)| round % source.rounds == 0) {
                if let Some(notice) = watch.look(imds.get(source.path)) {
                    reporter.reached(source.step, Some(notice));
                }
            }
            std::thread::sleep(EVERY);
        }
    });
}

#[derive(Default)]
struct Watch {
    known: Option<String>,
    is_silent: bool,
}

impl Watch {
    /// The notice, if it is a new one. That there is no answer is said once.
    fn look(&mut self, found: crate::Result<Option<String>>) -> Option<String> {
        let was_silent = std::mem::replace(&mut self.is_silent, found.is_err());
        match found {
            Ok(Some(notice)) if is_any(&notice) && self.known.as_ref() != Some(&notice) => {
                self.known = Some(notice.clone());
                Some(notice)
            }
            Ok(_) => None,
            Err(message) => {
                if !was_silent {
                    say(&format!("notices are not seen: {message}"));
                }
                None
            }
        }
    }
}

/// Where nothing is planned there is a list of nothing.
fn is_any(notice: &str) -> bool {
    !matches!(notice.trim(), "" | "[]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_is_told_once() {
        let mut watch = Watch::default();
        let notice = |time: &str| Ok(Some(format!("{{\"time\": \"{time}\"}}")));
        assert_eq!(watch.look(Ok(None)), None);
        assert_eq!(watch.look(Ok(Some("[]\n".into()))), None);
        assert_eq!(watch.look(notice("8:22")), notice("8:22").unwrap());
        assert_eq!(watch.look(notice("8:22")), None);
        assert_eq!(watch.look(Err("silent".into())), None);
        assert_eq!(watch.look(notice("8:22")), None);
        assert_eq!(watch.look(notice("9:22")), notice("9:22").unwrap());
    }
}
