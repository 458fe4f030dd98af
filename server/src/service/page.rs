//! Pages of lists (C17): ten unless another number is asked for, and a token for the next one that lives for a day.
//!
//! A token is the last id shown and when: nothing to keep, and a page stays right while rows come and go. It is sealed for
//! the list that it was given for: no other takes it, and nobody makes one.

use app::model::error::{Error, Result};

use crate::auth::seal::Seal;
use crate::db::now;
use crate::db::resource::{Noun, Row};
use crate::fault::internal;

/// The most resources on a page when the caller names no number.
const PAGE_SIZE: i64 = 10;
/// How long a token can be used.
const LIFETIME_S: i64 = 24 * 3600;

/// The pages of one list: of a cluster's groups or queues, or of all clusters.
pub struct Pages<'a> {
    seal: &'a Seal,
    /// What its tokens are sealed for.
    list: String,
}

impl<'a> Pages<'a> {
    pub fn of<S: Noun>(seal: &'a Seal, cluster_id: Option<&str>) -> Pages<'a> {
        let (noun, cluster) = (S::KIND.as_str(), cluster_id.unwrap_or_default());
        Pages {
            seal,
            list: format!("page:{noun}:{cluster}"),
        }
    }

    /// The pages of a list of that name, of what is no resource of a cluster.
    pub fn named(seal: &'a Seal, name: &str) -> Pages<'a> {
        Pages {
            seal,
            list: format!("page:{name}"),
        }
    }

    /// A page's size, 0 being as good as none, and the id after which it starts.
    pub fn page(
        &self,
        max_results: Option<i64>,
        next_token: Option<&str>,
    ) -> Result<(i64, String)> {
        let after = match next_token.filter(|token| !token.is_empty()) {
            None => String::new(),
            Some(token) => self.last_id(token, now() / 1000)?,
        };
        let size = max_results.filter(|most| *most > 0).unwrap_or(PAGE_SIZE);
        Ok((size, after))
    }

    /// Cuts a page that was read one row too long; the token for the next one.
    pub fn cut<S>(&self, rows: &mut Vec<Row<S>>, limit: i64) -> Result<Option<String>> {
        self.cut_by(rows, limit, |row| &row.id)
    }

    /// The same of what is in the order of another key.
    pub fn cut_by<R>(
        &self,
        rows: &mut Vec<R>,
        limit: i64,
        key: impl Fn(&R) -> &String,
    ) -> Result<Option<String>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return Ok(None);
        }
        rows.truncate(limit);
        let last = rows.last();
        last.map(|row| self.token(key(row), now() / 1000))
            .transpose()
    }

    fn token(&self, id: &str, at: i64) -> Result<String> {
        let sealed = self.seal.seal(&self.list, format!("{id}.{at}").as_bytes());
        sealed.map_err(internal)
    }

    fn last_id(&self, token: &str, now: i64) -> Result<String> {
        let refuse = |why: &str| Err(Error::field("nextToken", why));
        let opened = self.seal.open(&self.list, token).ok();
        let text = opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let parts = text.as_deref().and_then(|text| text.split_once('.'));
        match parts.and_then(|(id, at)| Some((id, at.parse::<i64>().ok()?))) {
            None => refuse("This is no token of this list. Leave it out to start again."),
            Some((_, at)) if now.saturating_sub(at) > LIFETIME_S => refuse(
                "This token has expired: it lives for 24 hours. Leave it out to start again.",
            ),
            Some((id, _)) => Ok(id.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::cluster::ClusterSpec;
    use crate::db::compute_node_group::ComputeNodeGroupSpec;
    use crate::db::queue::QueueSpec;

    #[test]
    fn a_token_lives_for_a_day() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let pages = Pages::of::<ClusterSpec>(&seal, None);
        let token = pages.token("pcs_abc", 1_000_000).unwrap();
        let at = |now| pages.last_id(&token, now);
        assert_eq!(at(1_000_000 + LIFETIME_S), Ok("pcs_abc".into()));
        let refusal = at(1_000_001 + LIFETIME_S).unwrap_err();
        assert!(refusal.message.contains("expired"), "{refusal}");
    }

    #[test]
    fn a_token_is_for_its_own_list() {
        let (seal, other) = (Seal::new(&[7; 32]).unwrap(), Seal::new(&[8; 32]).unwrap());
        let lists = [
            Pages::of::<ClusterSpec>(&seal, None),
            Pages::of::<ComputeNodeGroupSpec>(&seal, Some("pcs_a")),
            Pages::of::<ComputeNodeGroupSpec>(&seal, Some("pcs_b")),
            Pages::of::<QueueSpec>(&seal, Some("pcs_a")),
            Pages::of::<QueueSpec>(&other, Some("pcs_a")),
        ];
        for (i, given) in lists.iter().enumerate() {
            let token = given.token("pcs_x", now() / 1000).unwrap();
            for (j, list) in lists.iter().enumerate() {
                assert_eq!(list.page(None, Some(&token)).is_ok(), i == j, "{i} {j}");
            }
        }
    }

    #[test]
    fn a_foreign_token_is_refused_by_name() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let pages = Pages::of::<ClusterSpec>(&seal, None);
        let far = format!("pcs_abc.{:x}", i64::MAX);
        for foreign in [
            "' or 1=1",
            "pcs_abc",
            "pcs_abc.",
            "v1:",
            "v1:AAAA",
            far.as_str(),
        ] {
            let refusal = pages.page(None, Some(foreign)).unwrap_err();
            assert!(
                refusal.message.contains("nextToken"),
                "{foreign}: {refusal}"
            );
        }
        let first = |size| Ok((size, String::new()));
        assert_eq!(pages.page(None, Some("")), first(PAGE_SIZE));
        assert_eq!(pages.page(Some(0), None), first(PAGE_SIZE));
        assert_eq!(pages.page(Some(100), None), first(100));
    }
}
