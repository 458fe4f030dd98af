//! Sequences that steer a terminal (ECMA-48): colours, the cursor, the title of a window. A page is no terminal.

const ESC: char = '\u{1b}';
/// Of one character each what ESC with a second one begins as well: DCS, SOS, CSI, OSC, PM, APC.
const SINGLE: [char; 6] = ['\u{90}', '\u{98}', '\u{9b}', '\u{9d}', '\u{9e}', '\u{9f}'];
const BEL: char = '\u{7}';
const END: char = '\u{9c}';

/// The text without them. What only looks like the beginning of one stays.
pub fn without_sequences(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begins) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = after_sequence(rest) {
            rest = after;
        } else {
            let mut chars = rest.chars();
            plain.extend(chars.next());
            rest = chars.as_str();
        }
    }
    plain.push_str(rest);
    plain
}

fn begins(c: char) -> bool {
    c == ESC || SINGLE.contains(&c)
}

/// What follows the sequence at the beginning of the text; None where there is no whole one.
fn after_sequence(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    match chars.next()? {
        ESC => after_escape(chars.as_str()),
        '\u{9b}' => after_control(chars.as_str()),
        _ => after_string(chars.as_str()),
    }
}

fn after_escape(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    match chars.next()? {
        '[' => after_control(chars.as_str()),
        'P' | 'X' | ']' | '^' | '_' => after_string(chars.as_str()),
        // `ESC ( B`: the set of characters.
        ' '..='/' => after_final(text, ' '..='/', '0'..='~'),
        // `ESC 7`, `ESC M`.
        '0'..='~' => Some(chars.as_str()),
        _ => None,
    }
}

/// `1;32m`.
fn after_control(text: &str) -> Option<&str> {
    after_final(text, ' '..='?', '@'..='~')
}

type Range = std::ops::RangeInclusive<char>;

fn after_final(text: &str, before: Range, last: Range) -> Option<&str> {
    let end = text.find(|c| !before.contains(&c))?;
    let mut rest = text[end..].chars();
    let is_final = last.contains(&rest.next()?);
    is_final.then_some(rest.as_str())
}

/// `0;title BEL`. Another sequence ends it too.
fn after_string(text: &str) -> Option<&str> {
    let end = text.find(|c| c == BEL || c == END || begins(c))?;
    let mut rest = text[end..].chars();
    match rest.next()? {
        BEL | END => Some(rest.as_str()),
        ESC => rest.as_str().strip_prefix('\\').or(Some(&text[end..])),
        _ => Some(&text[end..]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_a_sequence_is_left() {
        for (written, left) in [
            ("plain [31m text", "plain [31m text"),
            (
                "\u{1b}[31mred\u{1b}[0m \u{1b}[1;32mgreen\u{1b}[m",
                "red green",
            ),
            ("\u{1b}[38;5;208morange\u{1b}[38:2::1:2:3m", "orange"),
            ("\u{1b}[2K\u{1b}[?25l\u{1b}[1 qx\u{1b}[K", "x"),
            (
                "\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "alink",
            ),
            ("\u{1b}Pq\"1;1\u{1b}\\b\u{1b}_x\u{9c}c", "bc"),
            ("\u{1b}(B\u{1b}7\u{1b}Mx\u{1b}=\u{1b}c", "x"),
            ("\u{9b}31mred\u{9d}0;t\u{9c}.", "red."),
            ("\u{1b}]0;never\u{1b}[1mends", "ends"),
        ] {
            assert_eq!(without_sequences(written), left, "{written:?}");
        }
        for whole in [
            "\u{1b}",
            "\u{1b}[31",
            "\u{1b}[中m",
            "\u{1b}]0;title",
            "\u{1b}(",
            "\u{9b}",
        ] {
            assert_eq!(without_sequences(whole), whole, "it has no end");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[\u{1b}\u{9b}\u{9d}\u{7}\u{9c}\\\\\\[\\]0-9;mBx中 ]{0,24}", word in "[g-l]{3}") {
            let plain = without_sequences(&format!("{text}\u{9c}\u{7}{word}{word}"));
            prop_assert!(plain.ends_with(&word), "{plain:?}");
        }
    }
}
