//! The query of the page's address, read once and as it was written: the router's own map unescapes each value a second
//! time, which makes another word of `%41`.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The names and values behind `?`, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search(Vec<(String, String)>);

impl Search {
    pub fn read(query: &str) -> Search {
        let query = query.strip_prefix('?').unwrap_or(query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        Search(pairs.map(pair).collect())
    }

    /// The last of that name.
    pub fn get(&self, name: &str) -> Option<String> {
        self.all(name).last().map(str::to_owned)
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter().filter(move |pair| pair.0 == name);
        pairs.map(|(_, value)| value.as_str())
    }
}

/// That of this page, on the server and in the browser.
pub fn use_search() -> Memo<Search> {
    let search = use_location().search;
    Memo::new(move |_| search.with(|search| Search::read(search)))
}

/// As a form writes it: `+` is a blank. What is no escape stands for itself.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| escape(tail)).flatten();
        bytes.push(match (escaped, first) {
            (Some(byte), _) => byte,
            (None, b'+') => b' ',
            (None, other) => *other,
        });
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that two hexadecimal digits stand for.
fn escape(tail: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::paths::encode;

    #[test]
    fn a_value_is_decoded_once() {
        for (query, value) in [
            ("filter=a%2541b", "a%41b"),
            ("filter=%25", "%"),
            ("filter=100%25", "100%"),
            ("filter=%2525", "%25"),
            ("filter=a+b", "a b"),
            ("filter=a%2Bb", "a+b"),
            ("filter=a%20b", "a b"),
            ("filter=a%26b%3Dc", "a&b=c"),
            ("filter=a=b", "a=b"),
            ("filter=%E4%B8%AD%E6%96%87", "中文"),
            ("filter=中文", "中文"),
            ("filter=%", "%"),
            ("filter=%4", "%4"),
            ("filter=%zz%41", "%zzA"),
            ("filter=%+1", "% 1"),
            ("filter=%é", "%é"),
            ("filter=%FF", "\u{fffd}"),
            ("filter=%00", "\0"),
            ("filter", ""),
            ("?page=2&filter=x&sort=y", "x"),
            ("&&filter=x&", "x"),
            ("f%69lter=x", "x"),
            ("filter=x&filter=y", "y"),
        ] {
            let found = Search::read(query).get("filter");
            assert_eq!(found.as_deref(), Some(value), "{query}");
        }
        assert_eq!(Search::read("").get("filter"), None);
        let two = Search::read("where=a&x=y&where=b");
        assert_eq!(two.all("where").collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any::<String>()) {
            let query = format!("a=1&filter={}&b=2", encode(&value));
            prop_assert_eq!(Search::read(&query).get("filter"), Some(value));
        }
    }
}
