//! The notice that the cloud takes an instance back in two minutes.

use std::time::Duration;

use super::imds::Imds;
use crate::protocol::SPOT_NOTICE;
use crate::say;
use crate::steps::Reporter;

const PATH: &str = "/latest/meta-data/spot/instance-action";
/// As AWS advises.
const EVERY: Duration = Duration::from_secs(5);

/// Looks for a notice as long as the agent lives, and reports each one once.
pub fn watch(imds: Imds, reporter: Reporter) {
    std::thread::spawn(move || {
        let mut watch = Watch::default();
        loop {
            if let Some(notice) = watch.look(imds.get(PATH)) {
                reporter.reached(SPOT_NOTICE, Some(notice));
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
            Ok(Some(notice)) if self.known.as_ref() != Some(&notice) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_is_told_once() {
        let mut watch = Watch::default();
        let notice = |time: &str| Ok(Some(format!("{{\"time\": \"{time}\"}}")));
        assert_eq!(watch.look(Ok(None)), None);
        assert_eq!(watch.look(notice("8:22")), notice("8:22").unwrap());
        assert_eq!(watch.look(notice("8:22")), None);
        assert_eq!(watch.look(Err("silent".into())), None);
        assert_eq!(watch.look(notice("8:22")), None);
        assert_eq!(watch.look(notice("9:22")), notice("9:22").unwrap());
    }
}
