//! Pages of a list. Where a page ends is told as the place of its last offer, not as a number: offers come and go between
//! two pages.

use app::model::offer::OfferQuery;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use openpcs_provider::ProviderError;

use super::kind::Entry;

/// Between the two parts of a place: in neither of them.
const BETWEEN: char = '\0';

/// In the order of pages.
pub fn sort<T>(entries: &mut [Entry<T>]) {
    entries.sort_by(|a, b| place(a).cmp(&place(b)));
}

/// The offers of a page, and where the next one begins if there is one.
pub fn cut<T: Clone>(
    entries: &[Entry<T>],
    query: &OfferQuery,
) -> Result<(Vec<T>, Option<String>), ProviderError> {
    let begin = match &query.after {
        None => 0,
        Some(after) => {
            let (order, name) = told(after).ok_or_else(ProviderError::no_such_page)?;
            entries.partition_point(|it| place(it) <= (&order, &name))
        }
    };
    let search = query.search.to_lowercase();
    let words: Vec<&str> = search.split_whitespace().collect();
    let mut found = entries[begin..]
        .iter()
        .filter(|it| is_found(it, &words, query.vpc_id.as_deref()));
    let page: Vec<&Entry<T>> = found.by_ref().take(query.size).collect();
    let last = page.last().filter(|_| found.next().is_some());
    let after = last.map(|it| BASE64.encode(format!("{}{BETWEEN}{}", it.order, it.name)));
    Ok((page.iter().map(|it| it.offer.clone()).collect(), after))
}

fn place<T>(entry: &Entry<T>) -> (&str, &str) {
    (&entry.order, &entry.name)
}

fn told(after: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64.decode(after).ok()?).ok()?;
    let (order, name) = text.split_once(BETWEEN)?;
    Some((order.into(), name.into()))
}

fn is_found<T>(entry: &Entry<T>, words: &[&str], vpc_id: Option<&str>) -> bool {
    let own = entry.vpc_id.as_deref();
    let is_there = own.is_none() || vpc_id.is_none() || own == vpc_id;
    is_there && words.iter().all(|word| entry.text.contains(word))
}

#[cfg(test)]
mod tests {
    use app::model::offer::OfferKind;

    use openpcs_provider::NO_SUCH_PAGE;

    use super::*;

    fn entry(order: &str, name: &str) -> Entry<String> {
        Entry {
            order: order.into(),
            name: name.into(),
            text: format!("{name} {order}"),
            vpc_id: None,
            offer: name.into(),
        }
    }

    fn list(count: usize) -> Vec<Entry<String>> {
        // Many share an order, as images share a name.
        let mut all: Vec<_> = (0..count)
            .rev()
            .map(|i| entry(&format!("o{:03}", i / 3), &format!("n{i:04}")))
            .collect();
        sort(&mut all);
        all
    }

    fn query(search: &str, size: usize) -> OfferQuery {
        OfferQuery {
            search: search.into(),
            size,
            ..OfferQuery::first(OfferKind::Image)
        }
    }

    #[test]
    fn pages_of_any_size_are_all_there_is() {
        let all = list(250);
        let wanted: Vec<String> = all.iter().map(|it| it.offer.clone()).collect();
        assert!(wanted.is_sorted());
        for size in [1, 7, 99, 100] {
            let (mut next, mut together) = (Some(query("", size)), vec![]);
            while let Some(query) = next {
                let (page, after) = cut(&all, &query).unwrap();
                assert!((1..=size).contains(&page.len()));
                together.extend(page);
                next = after.map(|after| query.next(after));
            }
            assert_eq!(together, wanted, "{size}");
        }
        assert_eq!(cut::<String>(&[], &query("", 1)).unwrap(), (vec![], None));
    }

    #[test]
    fn a_page_begins_behind_what_has_gone() {
        let mut all = list(9);
        let (page, after) = cut(&all, &query("", 4)).unwrap();
        all.retain(|it| it.offer != page[3]);
        let next = query("", 4).next(after.unwrap());
        let (page, after) = cut(&all, &next).unwrap();
        assert_eq!(page, ["n0004", "n0005", "n0006", "n0007"]);
        let (page, after) = cut(&all, &next.next(after.unwrap())).unwrap();
        assert_eq!((page, after), (vec!["n0008".to_owned()], None));
    }

    #[test]
    fn every_word_is_searched_for_and_only_in_the_vpc() {
        let mut all = list(9);
        all[1].vpc_id = Some("vpc-1".into());
        all[2].vpc_id = Some("vpc-2".into());
        let within = |search: &str| OfferQuery {
            vpc_id: Some("vpc-1".into()),
            ..query(search, 100)
        };
        let (page, _) = cut(&all, &query(" O000  N000 ", 100)).unwrap();
        assert_eq!(page, ["n0000", "n0001", "n0002"]);
        let (page, _) = cut(&all, &within("o000")).unwrap();
        assert_eq!(page, ["n0000", "n0001"]);
        let (page, after) = cut(&all, &query("n0001 n0002", 1)).unwrap();
        assert_eq!((page, after), (vec![], None));
    }

    #[test]
    fn a_page_that_begins_nowhere_is_refused() {
        for after in ["", "x", "é", "AAA=", &BASE64.encode("no place")] {
            let refused = cut(&list(3), &query("", 1).next(after.into()));
            assert_eq!(refused.unwrap_err().code, NO_SUCH_PAGE, "{after}");
        }
    }
}
