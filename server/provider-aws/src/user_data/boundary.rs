//! The lines between the parts of an archive, as people write them: `--BOUNDARY`, with a dash too many or with none, and
//! a last one without the dashes that would make it the last.

/// What a line of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Content,
    Between,
    /// Behind it comes what belongs to no part.
    Last,
}

/// The text that is between the parts, and how strictly lines are taken for it.
pub(super) struct Boundary<'a> {
    text: &'a str,
    /// Without the dashes and equals signs around it, of which people write too many or too few.
    core: &'a str,
    /// No line of the archive begins with a dash: those without are meant.
    dashless: bool,
}

/// A shorter core could be a line of somebody's script.
const SHORTEST_CORE: usize = 3;

fn is_filler(c: char) -> bool {
    matches!(c, '-' | '=')
}

impl<'a> Boundary<'a> {
    pub fn in_body(text: &'a str, body: &[u8]) -> Boundary<'a> {
        let mut boundary = Boundary {
            text,
            core: text.trim_matches(is_filler),
            dashless: false,
        };
        let mut lines = body.split(|c| *c == b'\n');
        boundary.dashless = lines.all(|line| boundary.line(line) == Line::Content);
        boundary
    }

    pub fn line(&self, line: &[u8]) -> Line {
        let Ok(line) = std::str::from_utf8(line) else {
            return Line::Content;
        };
        let line = line.trim_end();
        match line
            .strip_prefix("--")
            .and_then(|rest| rest.strip_prefix(self.text))
        {
            Some("") => return Line::Between,
            Some("--") => return Line::Last,
            _ => {}
        }
        if self.core.len() < SHORTEST_CORE || !(self.dashless || line.starts_with('-')) {
            return Line::Content;
        }
        let Some(tail) = line.trim_start_matches(is_filler).strip_prefix(self.core) else {
            return Line::Content;
        };
        let usual = self.text.len() - self.text.trim_end_matches(is_filler).len();
        match tail.chars().all(is_filler) {
            false => Line::Content,
            true if tail.len() > usual => Line::Last,
            true => Line::Between,
        }
    }

    /// What stands between the lines, and whether the last one is behind: each without the line break before the next
    /// line, which is that line's. What comes before the first line is nobody's.
    pub fn segments<'b>(&self, body: &'b [u8]) -> Vec<(&'b [u8], bool)> {
        let mut segments = vec![];
        let (mut at, mut open) = (0, None);
        for line in body.split_inclusive(|c| *c == b'\n') {
            let kind = self.line(line);
            if kind != Line::Content {
                if let Some((start, behind)) = open {
                    segments.push((without_line_break(&body[start..at]), behind));
                }
                open = Some((at + line.len(), kind == Line::Last));
            }
            at += line.len();
        }
        if let Some((start, behind)) = open {
            segments.push((&body[start..], behind));
        }
        segments
    }
}

fn without_line_break(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}
