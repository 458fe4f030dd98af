//! Text that is not ours: names, comments and paths of jobs, what they write, what Slurm says. It is data, whatever is in
//! it: nothing of it may hide, turn its neighbours round or break a line. All that is shown of it passes [`visible`].

use std::borrow::Cow;

/// The text on one line, with a picture or the number of every character that cannot be seen: `two␊lines`, `a⟨U+202E⟩b`.
/// What is visible stays as it is, also when it comes here twice.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, is_hidden)
}

/// A value that stands by itself: one of nothing but blanks would be an empty place, so they have pictures too.
pub fn visible_value(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if shown.is_empty() || !shown.trim().is_empty() {
        return shown;
    }
    let mut all = String::new();
    for c in shown.chars() {
        match c {
            ' ' => all.push('␠'),
            other => push_number(&mut all, other),
        }
    }
    Cow::Owned(all)
}

/// The same of a text of several lines, as a script or what a job wrote: its line ends and tabs stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

/// As the filter of a list compares: by what is shown, whatever the case, and however many blanks stand between words.
pub fn folded(text: &str) -> String {
    let text = visible(text).to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_hidden) else {
        return Cow::Borrowed(text);
    };
    let mut all = String::with_capacity(text.len() + 16);
    all.push_str(&text[..first]);
    for c in text[first..].chars() {
        match is_hidden(c) {
            true => push_picture(&mut all, c),
            false => all.push(c),
        }
    }
    Cow::Owned(all)
}

fn push_picture(all: &mut String, c: char) {
    let picture = match u32::from(c) {
        // The pictures stand in the order of the characters; DEL has one of its own.
        control @ ..0x20 => char::from_u32(0x2400 + control),
        0x7f => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => all.push(picture),
        None => push_number(all, c),
    }
}

fn push_number(all: &mut String, c: char) {
    all.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
}

/// Controls, what sets the direction of other text, what has no width, blanks that are letters to a computer, and line
/// ends that only some know (Unicode's classes Cc, Cf, Zl, Zp, and its ignorable fillers). The selectors of emoji change
/// how a character before them looks, and stay.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_hides_is_shown_and_all_else_is_what_it_was() {
        for (text, shown) in [
            ("plain", "plain"),
            ("作业-😀 Ωμέγα ünïcode", "作业-😀 Ωμέγα ünïcode"),
            (
                "<img src=x onerror=alert(1)>",
                "<img src=x onerror=alert(1)>",
            ),
            ("  a  b ", "  a  b "),
            ("two\nlines", "two␊lines"),
            ("tab\there", "tab␉here"),
            ("rlo\u{202e}cod.exe", "rlo⟨U+202E⟩cod.exe"),
            ("zero\u{200b}width\u{feff}", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
            ("\u{1b}[31mred\u{7f}\u{9b}0m", "␛[31mred␡⟨U+009B⟩0m"),
            ("\u{2066}a\u{2069}\u{2028}", "⟨U+2066⟩a⟨U+2069⟩⟨U+2028⟩"),
            ("caf\u{fffd}", "caf\u{fffd}"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
        assert_eq!(visible_lines("a\tb\r\nc\u{202e}"), "a\tb␍\nc⟨U+202E⟩");
    }

    #[test]
    fn a_value_of_blanks_is_no_empty_place() {
        for (text, shown) in [
            ("", ""),
            (" ", "␠"),
            ("  ", "␠␠"),
            ("\u{a0}\u{3000}", "⟨U+00A0⟩⟨U+3000⟩"),
            (" \t", " ␉"),
            ("\u{200b}", "⟨U+200B⟩"),
            (" a ", " a "),
        ] {
            assert_eq!(visible_value(text), shown, "{text:?}");
            assert_eq!(visible_value(&visible_value(text)), shown);
            assert!(shown.is_empty() || !visible_value(text).trim().is_empty());
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let odd = "[a-b \t\n\r\u{0}\u{1b}\u{7f}\u{85}\u{a0}\u{ad}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}]";
        prop_oneof![
            any::<String>(),
            proptest::collection::vec(odd, 0..12).prop_map(|all| all.concat())
        ]
    }

    proptest! {
        #[test]
        fn nothing_hides(text in any_text()) {
            let once = visible(&text);
            prop_assert!(!once.contains(is_hidden), "{once:?}");
            prop_assert_eq!(visible(&once), once.as_ref());
            let lines = visible_lines(&text);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            prop_assert!(!lines.replace(['\n', '\t'], "").contains(is_hidden), "{lines:?}");
            // What can be seen is there, in its order.
            let kept: String = text.chars().filter(|c| !is_hidden(*c)).collect();
            let mut rest = once.chars();
            prop_assert!(kept.chars().all(|c| rest.any(|other| other == c)));
        }

        /// Whoever types or copies what is shown finds it.
        #[test]
        fn what_is_shown_is_found(text in any_text()) {
            prop_assert_eq!(folded(&visible(&text)), folded(&text));
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
            prop_assert!(folded(&text).contains(&folded(text.trim())));
        }
    }
}
