//! How messages repeat what somebody has sent: visibly, and only so much of it. An answer does not grow with the request.

/// How much of a value or of a member's name a message repeats, in characters.
const ECHO_MAX: usize = 60;

/// A value in quotes, its control characters made visible, not longer than a message can bear.
pub fn echo(text: &str) -> String {
    format!("\"{}\"", clip(text))
}

/// The same without quotes. The query of an address stays out: it may let in who reads the message.
pub fn clip(text: &str) -> String {
    let query = text.contains("://").then(|| text.find('?')).flatten();
    let told = &text[..query.unwrap_or(text.len())];
    let mut visible = told.chars().flat_map(char::escape_debug);
    let mut clipped: String = visible.by_ref().take(ECHO_MAX - 1).collect();
    if visible.next().is_some() || query.is_some() {
        clipped.push('…');
    }
    clipped
}

/// A whole message, which may have lines: whatever it repeats, it has so many characters at most.
pub fn bounded(message: String, most: usize) -> String {
    let is_hidden = |c: char| c.is_control() && c != '\n';
    let fits = message.len() <= most || message.chars().nth(most).is_none();
    if fits && !message.contains(is_hidden) {
        return message;
    }
    let mut bounded = String::new();
    let mut left = most;
    for c in message.chars() {
        let shown: String = match is_hidden(c) {
            true => c.escape_debug().collect(),
            false => c.into(),
        };
        let length = shown.chars().count();
        if length >= left {
            bounded.push('…');
            break;
        }
        left -= length;
        bounded += &shown;
    }
    bounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_visible_and_short() {
        assert_eq!(echo("a\nb"), "\"a\\nb\"");
        assert_eq!(clip("naïve"), "naïve");
        assert_eq!(clip("s3://a/b?X-Amz-Signature=key"), "s3://a/b…");
        assert_eq!(clip("what?"), "what?");
        for text in ["x".repeat(900_000), "\u{7}".repeat(900_000)] {
            assert_eq!(clip(&text).chars().count(), ECHO_MAX);
        }
    }

    #[test]
    fn a_message_keeps_its_lines_and_its_bounds() {
        for (message, shown) in [
            ("two\nlines", "two\nlines"),
            ("a\u{7}b", "a\\u{7}b"),
            ("0123456789", "0123456789"),
            ("0123456789a", "012345678…"),
            ("ééééééééééé", "ééééééééé…"),
        ] {
            assert_eq!(bounded(message.into(), 10), shown);
        }
    }
}
