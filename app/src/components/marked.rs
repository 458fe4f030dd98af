//! Marks in a text what was searched for.

use leptos::prelude::*;

use crate::foreign::visible;

/// So many places of a text are marked: a line of one letter over and over stays a line.
const MOST: usize = 64;

/// A text that is not ours, as it is visible, with each of the words marked, whatever its case.
pub fn marked(text: &str, words: &str) -> AnyView {
    let text = visible(text);
    let parts = parts(&text, words).into_iter().map(|(part, is_found)| {
        let part = part.to_owned();
        match is_found {
            true => view! { <mark>{part}</mark> }.into_any(),
            false => part.into_any(),
        }
    });
    view! { <bdi class="foreign">{parts.collect_view()}</bdi> }.into_any()
}

/// The text in pieces; whether each is one of the words.
fn parts<'a>(text: &'a str, words: &str) -> Vec<(&'a str, bool)> {
    // Only letters of ASCII change their case, so that places in both texts are the same.
    let folded = text.to_ascii_lowercase();
    let words = words.to_ascii_lowercase();
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.sort_unstable();
    words.dedup();
    let place = |word: &str, from: usize| folded[from..].find(word).map(|at| from + at);
    let mut next: Vec<(Option<usize>, &str)> = words
        .into_iter()
        .map(|word| (place(word, 0), word))
        .collect();
    let mut parts = vec![];
    let mut from = 0;
    for _ in 0..MOST {
        let places = next
            .iter()
            .filter_map(|(at, word)| Some((*at.as_ref()?, word.len())));
        let Some((at, length)) = places.min_by_key(|(at, length)| (*at, usize::MAX - length))
        else {
            break;
        };
        parts.push((&text[from..at], false));
        parts.push((&text[at..at + length], true));
        from = at + length;
        for (at, word) in &mut next {
            if at.is_some_and(|at| at < from) {
                *at = place(word, from);
            }
        }
    }
    parts.push((&text[from..], false));
    parts.retain(|(part, _)| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, words: &str) -> String {
        let part = |(part, is_found): (&str, bool)| match is_found {
            true => format!("[{part}]"),
            false => part.to_owned(),
        };
        parts(text, words).into_iter().map(part).collect()
    }

    #[test]
    fn words_are_marked_whatever_their_case_and_the_text_stays() {
        for (text, words, wanted) in [
            ("error: No node", "node ERROR", "[error]: No [node]"),
            ("nothing", "", "nothing"),
            ("节点 Down 节", "节点 down", "[节点] [Down] 节"),
            ("JobId=471", "jobid=47 job", "[JobId=47]1"),
            ("", "x", ""),
        ] {
            assert_eq!(shown(text, words), wanted);
        }
        let long = "a".repeat(16 * 1024);
        assert_eq!(parts(&long, "a").len(), MOST + 1);
    }
}
