//! Characters that come into scripts and fields with what people paste, and are not what they look like.

/// Those that are pasted most, by Unicode's names.
const NAMES: [(char, &str); 27] = [
    ('\0', "null"),
    ('\u{7}', "bell"),
    ('\u{8}', "backspace"),
    ('\t', "tab"),
    ('\n', "line feed"),
    ('\u{b}', "line tabulation"),
    ('\u{c}', "form feed"),
    ('\r', "carriage return"),
    ('\u{1a}', "substitute"),
    ('\u{1b}', "escape"),
    ('\u{7f}', "delete"),
    ('\u{85}', "next line"),
    ('\u{a0}', "no-break space"),
    ('\u{2007}', "figure space"),
    ('\u{2009}', "thin space"),
    ('\u{200b}', "zero width space"),
    ('\u{200c}', "zero width non-joiner"),
    ('\u{200d}', "zero width joiner"),
    ('\u{200e}', "left-to-right mark"),
    ('\u{200f}', "right-to-left mark"),
    ('\u{2028}', "line separator"),
    ('\u{2029}', "paragraph separator"),
    ('\u{202f}', "narrow no-break space"),
    ('\u{2060}', "word joiner"),
    ('\u{3000}', "ideographic space"),
    ('\u{ad}', "soft hyphen"),
    ('\u{feff}', "byte order mark"),
];

/// "U+0085 (next line)"; one without a name here by its number alone.
pub fn named(c: char) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    match NAMES.iter().find(|(one, _)| *one == c) {
        Some((_, name)) => format!("{number} ({name})"),
        None => number,
    }
}

/// It looks like a blank or like nothing, and a shell takes it as part of a word.
pub fn is_odd_blank(c: char) -> bool {
    let has_no_width = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    );
    has_no_width || (c.is_whitespace() && !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_character_is_named() {
        for (c, name) in [
            ('\0', "U+0000 (null)"),
            ('\u{85}', "U+0085 (next line)"),
            ('\u{a0}', "U+00A0 (no-break space)"),
            ('\u{1}', "U+0001"),
            ('\u{1f600}', "U+1F600"),
        ] {
            assert_eq!(named(c), name);
        }
    }
}
