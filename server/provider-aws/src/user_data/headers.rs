//! The head of an archive or of a part: lines `Name: value`, up to the first that is none.

/// The lines of the head as they were, and what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// Without the line break behind the last one.
    pub raw: Vec<u8>,
    fields: Vec<(String, String)>,
}

impl Headers {
    /// The head at the beginning of `text` and what follows behind its empty line. Empty lines before a head are nobody's.
    pub fn split(text: &[u8]) -> (Headers, &[u8]) {
        let text = skip_blank_lines(text);
        let mut headers = Headers::default();
        let mut end = 0;
        for line in text.split_inclusive(|c| *c == b'\n') {
            let words = String::from_utf8_lossy(line);
            let words = words.trim_end();
            let continued = words.starts_with([' ', '\t']);
            if let (true, Some((_, value))) = (continued, headers.fields.last_mut()) {
                value.push(' ');
                value.push_str(words.trim());
            } else if let Some((name, value)) = field(words) {
                headers.fields.push((name, value));
            } else {
                break;
            }
            end += line.len();
        }
        let (head, rest) = text.split_at(end);
        headers.raw = head.trim_ascii_end().to_vec();
        (headers, skip_line_break(rest))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// `multipart/mixed`, in small letters; none where it is not said.
    pub fn content_type(&self) -> Option<String> {
        let value = self.get("content-type")?;
        let kind = value.split(';').next().unwrap_or_default();
        Some(kind.trim().to_ascii_lowercase())
    }

    /// The text between boundary lines, without its quotes.
    pub fn boundary(&self) -> Option<&str> {
        let value = self.get("content-type")?;
        let start = value.to_ascii_lowercase().find("boundary")?;
        let rest = value.get(start..)?.split_once('=')?.1.trim_start();
        let boundary = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([';', ' ']).next(),
        };
        boundary.map(str::trim_end).filter(|text| !text.is_empty())
    }
}

/// A line of a head: a name without blanks before the colon.
fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let named = !name.is_empty() && name.chars().all(is_name);
    named.then(|| (name.to_owned(), value.trim().to_owned()))
}

/// Behind the empty lines and a byte order mark that come before a head; a text without a head stays whole.
fn skip_blank_lines(text: &[u8]) -> &[u8] {
    let unmarked = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let head = unmarked.trim_ascii_start();
    let starts = ["content-", "mime-version:"];
    let is_head = |word: &&str| {
        head.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    match starts.iter().any(is_head) {
        true => head,
        false => text,
    }
}

fn skip_line_break(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\r").unwrap_or(text);
    text.strip_prefix(b"\n").unwrap_or(text)
}
