//! Under which client token a batch is asked for. EC2 answers the same again under the same token, which is what a lost
//! answer wants; one that came and said "too many requests" must not be told for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openpcs_provider::Launched;
use sha2::{Digest, Sha256};

/// Letters that EC2 takes.
const LONGEST: usize = 64;

/// The answers that came, by the batch's token; in memory only: without it the old answer comes once more.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<HashMap<String, u32>>);

impl Rounds {
    pub fn of(&self, token: &str) -> u32 {
        let rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.get(token).copied().unwrap_or(0)
    }

    /// An answer came. Another round only where the same is asked for again.
    pub fn answered(&self, token: &str, launched: &[Launched]) {
        let is_asked_again = |it: &Launched| {
            let error = it.result.as_ref().err();
            error.is_some_and(|error| error.ask_again_after_ms().is_some())
        };
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if launched.iter().any(is_asked_again) {
            *rounds.entry(token.into()).or_default() += 1;
        } else {
            rounds.remove(token);
        }
    }
}

pub fn client_token(token: &str, round: u32) -> String {
    let named = match round {
        0 => token.to_owned(),
        round => format!("{token}-{round}"),
    };
    if named.len() <= LONGEST && named.is_ascii() {
        return named;
    }
    let hash = Sha256::digest(named.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use openpcs_provider::LaunchError;

    use super::*;

    fn launched(error: Option<LaunchError>) -> [Launched; 1] {
        [Launched {
            instance_id: "a".into(),
            result: error.map_or(Ok("i-1".into()), Err),
        }]
    }

    #[test]
    fn an_answer_that_asks_for_more_patience_is_not_asked_for_again() {
        let rounds = Rounds::default();
        let throttled = LaunchError::Throttled {
            after_ms: 1,
            message: String::new(),
        };
        rounds.answered("t", &launched(Some(throttled)));
        assert_eq!((rounds.of("t"), rounds.of("u")), (1, 0));
        rounds.answered("t", &launched(None));
        assert_eq!(rounds.of("t"), 0);
    }

    #[test]
    fn a_client_token_is_one_that_ec2_takes() {
        assert_eq!(client_token("t", 0), "t");
        assert_eq!(client_token("t", 2), "t-2");
        for long in ["é".to_owned(), "t".repeat(65)] {
            let token = client_token(&long, 0);
            assert!(token.len() == LONGEST && token.is_ascii(), "{token}");
            assert_ne!(token, client_token(&long, 1));
        }
    }
}
