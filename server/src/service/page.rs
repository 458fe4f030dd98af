//! Pages of lists (C17): ten unless another number is asked for, and a token for the next one that lives for a day.
//!
//! A token is the last id shown and when: nothing to keep, and a page stays right while rows come and go.

use app::model::error::{Error, Result};
use app::model::name::is_id;

use crate::db::now;
use crate::db::resource::Row;

/// The most resources on a page when the caller names no number.
const PAGE_SIZE: i64 = 10;
/// How long a token can be used.
const LIFETIME_S: i64 = 24 * 3600;

/// A page's size and the id after which it starts.
pub fn page(max_results: Option<i64>, next_token: Option<&str>) -> Result<(i64, String)> {
    let after = match next_token.filter(|token| !token.is_empty()) {
        None => String::new(),
        Some(token) => last_id(token, now() / 1000)?,
    };
    Ok((max_results.unwrap_or(PAGE_SIZE), after))
}

/// Cuts a page that was read one row too long; the token for the next one.
pub fn cut<S>(rows: &mut Vec<Row<S>>, limit: i64) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|row| token(&row.id, now() / 1000))
}

fn token(id: &str, at: i64) -> String {
    format!("{id}.{at:x}")
}

fn last_id(token: &str, now: i64) -> Result<String> {
    let refuse = |why: &str| Err(Error::field("nextToken", why));
    let parts = token.split_once('.');
    let parts = parts.and_then(|(id, at)| Some((id, i64::from_str_radix(at, 16).ok()?)));
    match parts.filter(|(id, _)| is_id(id)) {
        None => refuse("This is no token of this service. Leave it out to start again."),
        Some((_, at)) if now.saturating_sub(at) > LIFETIME_S => {
            refuse("This token has expired: it lives for 24 hours. Leave it out to start again.")
        }
        Some((id, _)) => Ok(id.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_for_a_day() {
        let token = token("pcs_abc", 1_000_000);
        assert_eq!(
            last_id(&token, 1_000_000 + LIFETIME_S),
            Ok("pcs_abc".into())
        );
        let refusal = last_id(&token, 1_000_001 + LIFETIME_S).unwrap_err();
        assert!(refusal.message.contains("expired"), "{refusal}");
    }

    #[test]
    fn a_foreign_token_is_refused_by_name() {
        for foreign in ["' or 1=1", "pcs_abc", "pcs_abc.", "pcs_abc.x", ".1", "a.1"] {
            let refusal = page(None, Some(foreign)).unwrap_err();
            assert!(
                refusal.message.contains("nextToken"),
                "{foreign}: {refusal}"
            );
        }
        assert_eq!(page(None, Some("")), Ok((PAGE_SIZE, String::new())));
        assert_eq!(page(Some(100), None), Ok((100, String::new())));
    }
}
