//! How long a token of the Slurm REST API may last.

use crate::i18n::Text;
use crate::model::token::LONGEST_LIFETIME;

pub fn lifetime_problem(t: &'static Text, seconds: i64) -> Option<&'static str> {
    let is_bounded = (1..=LONGEST_LIFETIME).contains(&seconds);
    (!is_bounded).then_some(t.rules.token_lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::english;

    #[test]
    fn a_token_lasts_a_day_at_most() {
        let is_refused = |seconds| lifetime_problem(english(), seconds).is_some();
        assert!([1, 1800, 86_400].iter().all(|s| !is_refused(*s)));
        assert!(
            [i64::MIN, -1, 0, 86_401, i64::MAX]
                .iter()
                .all(|s| is_refused(*s))
        );
    }
}
