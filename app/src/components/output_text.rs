//! What a page keeps of a job's output, and how it shows it: bytes that a job wrote, bounded, and as text.

use std::collections::VecDeque;

use super::escape::without_sequences;
use crate::foreign::visible_lines;
use crate::model::job::JobOutput;

/// So much is kept of what comes by itself; a job may write gigabytes.
const MOST: usize = 256 * 1024;
/// So much more may be fetched of what was before; who wants all of it takes the file.
const MOST_EARLIER: usize = 8 * 1024 * 1024;
/// A piece grows until it has so many bytes: whole pieces are given up.
const PIECE: usize = 64 * 1024;

/// The end of a file, in pieces whose places are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    pieces: VecDeque<Piece>,
    /// Bytes of text that were fetched from before the end.
    earlier: usize,
    /// The next piece is the first of another look, wherever it begins.
    starts_anew: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    from: i64,
    to: i64,
    text: String,
}

impl Pieces {
    /// What is kept stays until the next piece comes, and then goes.
    pub fn start_anew(&mut self) {
        self.starts_anew = true;
    }

    /// The next piece of the file, or the first of another one.
    pub fn take(&mut self, next: JobOutput) {
        let follows = self.pieces.back().is_some_and(|last| last.to == next.from);
        if !follows || self.starts_anew {
            *self = Pieces::default();
        }
        match self.pieces.back_mut() {
            Some(last) if last.text.len() < PIECE => {
                last.text += &next.text;
                last.to = next.to;
            }
            _ => self.pieces.push_back(Piece::of(next)),
        }
        while self.length() > MOST + self.earlier && self.pieces.len() > 1 {
            self.pieces.pop_front();
        }
    }

    /// What comes just before; anything else is too late.
    pub fn take_earlier(&mut self, piece: JobOutput) {
        if Some(piece.to) == self.before() && !piece.text.is_empty() {
            self.earlier += piece.text.len();
            self.pieces.push_front(Piece::of(piece));
        }
    }

    /// Where the kept text begins in the file, if anything is before it.
    pub fn before(&self) -> Option<i64> {
        let from = self.pieces.front()?.from;
        (from > 0).then_some(from)
    }

    pub fn can_take_earlier(&self) -> bool {
        self.before().is_some() && self.earlier < MOST_EARLIER
    }

    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| piece.text.as_str())
            .collect()
    }

    /// The text, cut where each later life of the job begins in the file: `lives` has the number of each and its first
    /// byte, in their order. What stands before the first of them has no number.
    pub fn by_life(&self, lives: &[(i64, i64)]) -> Vec<(Option<i64>, String)> {
        let begin = self.pieces.front().map_or(0, |piece| piece.from);
        let end = self.pieces.back().map_or(0, |piece| piece.to);
        let kept = |(_, at): &&(i64, i64)| (begin..=end).contains(at);
        let mut lives = lives.iter().filter(kept).peekable();
        let mut parts = vec![];
        let mut part = (None, String::new());
        for piece in &self.pieces {
            let mut from = 0;
            while let Some((number, at)) = lives.next_if(|(_, at)| *at < piece.to) {
                let cut = piece.place_of(*at).max(from);
                part.1 += &piece.text[from..cut];
                parts.push(std::mem::replace(&mut part, (Some(*number), String::new())));
                from = cut;
            }
            part.1 += &piece.text[from..];
        }
        // They have written nothing yet.
        for (number, _) in lives {
            parts.push(std::mem::replace(&mut part, (Some(*number), String::new())));
        }
        parts.push(part);
        parts
    }

    pub fn is_empty(&self) -> bool {
        self.length() == 0
    }

    fn length(&self) -> usize {
        self.pieces.iter().map(|piece| piece.text.len()).sum()
    }
}

impl Piece {
    fn of(output: JobOutput) -> Piece {
        Piece {
            from: output.from,
            to: output.to,
            text: output.text,
        }
    }

    /// Where a byte of the file stands in the text. One that was no text became a character of three: it counts as one.
    fn place_of(&self, at: i64) -> usize {
        let is_whole = self.to - self.from == self.text.len() as i64;
        let mut byte = self.from;
        for (place, c) in self.text.char_indices() {
            if byte >= at {
                return place;
            }
            byte += match c {
                char::REPLACEMENT_CHARACTER if !is_whole => 1,
                c => c.len_utf8() as i64,
            };
        }
        self.text.len()
    }
}

/// As a terminal would leave it, without colours: of a line that was written over its last state, no sequences that
/// steer a terminal, and every other character that cannot be seen as a picture of itself.
pub fn readable(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        let last = line.trim_end_matches('\r').rsplit('\r').next();
        let plain = without_sequences(last.unwrap_or(line));
        all += &visible_lines(&plain);
        all += end;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: i64, text: &str) -> JobOutput {
        JobOutput {
            from,
            to: from + text.len() as i64,
            text: text.into(),
            ..JobOutput::default()
        }
    }

    #[test]
    fn pieces_are_put_together_and_a_new_file_begins_anew() {
        let mut pieces = Pieces::default();
        pieces.take(piece(100, "one\n"));
        pieces.take(piece(104, "two\n"));
        pieces.take_earlier(piece(80, "not before"));
        pieces.take_earlier(piece(95, "zero\n"));
        assert_eq!(pieces.text(), "zero\none\ntwo\n");
        assert_eq!(pieces.before(), Some(95));
        pieces.take_earlier(piece(0, "too far"));
        pieces.take(piece(0, "new\n"));
        assert_eq!((pieces.text().as_str(), pieces.before()), ("new\n", None));
        pieces.start_anew();
        pieces.take(piece(4, "again\n"));
        assert_eq!(pieces.text(), "again\n");
    }

    #[test]
    fn the_end_of_a_long_output_is_kept_and_what_was_fetched_before_it() {
        let mut pieces = Pieces::default();
        let line = "0123456789é\n";
        for n in 0..30_000 {
            pieces.take(piece(n * line.len() as i64, line));
        }
        assert!(pieces.length() <= MOST);
        let before = pieces.before().unwrap_or_default();
        let earlier = "x".repeat(before as usize);
        pieces.take_earlier(piece(0, &earlier));
        pieces.take(piece(30_000 * line.len() as i64, line));
        assert_eq!(pieces.text().len(), 30_001 * line.len());
    }

    #[test]
    fn a_file_is_cut_where_each_life_of_the_job_begins() {
        let mut pieces = Pieces::default();
        pieces.take(piece(10, "one\n"));
        pieces.take(piece(14, "zwö\nthree\n"));
        let cut = |pieces: &Pieces, lives: &[(i64, i64)]| {
            let parts = pieces.by_life(lives).into_iter();
            let part = |(number, text)| format!("{}:{text}", Option::unwrap_or(number, 1i64));
            parts.map(part).collect::<Vec<_>>()
        };
        for (lives, expected) in [
            (&[][..], &["1:one\nzwö\nthree\n"][..]),
            (&[(2, 14)], &["1:one\n", "2:zwö\nthree\n"]),
            (&[(2, 19)], &["1:one\nzwö\n", "2:three\n"]),
            // In the middle of a letter: behind it.
            (&[(2, 17)], &["1:one\nzwö", "2:\nthree\n"]),
            (
                &[(2, 14), (3, 14), (4, 19)],
                &["1:one\n", "2:", "3:zwö\n", "4:three\n"],
            ),
            // At the beginning of what is kept, and at the end: nothing was written since.
            (&[(2, 10), (3, 25)], &["1:", "2:one\nzwö\nthree\n", "3:"]),
            // Before and behind what is kept.
            (&[(2, 9), (3, 26)], &["1:one\nzwö\nthree\n"]),
        ] {
            assert_eq!(cut(&pieces, lives), expected, "{lives:?}");
        }
        // Two bytes that were no text.
        let mut binary = Pieces::default();
        binary.take(JobOutput {
            to: 4,
            ..piece(0, "\u{fffd}\u{fffd}ab")
        });
        assert_eq!(cut(&binary, &[(2, 3)]), ["1:\u{fffd}\u{fffd}a", "2:b"]);
    }

    #[test]
    fn what_steers_a_terminal_is_not_shown_as_text() {
        for (written, shown) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("dos\r\nlines\r\n", "dos\nlines\n"),
            ("10%\r50%\r100%\ndone", "100%\ndone"),
            ("10%\r50%\r", "50%"),
            ("\u{1b}[1;32mgreen\u{1b}[0m", "green"),
            ("a\u{0}b\u{7}", "a␀b␇"),
            ("\u{1b}[31", "␛[31"),
            ("\u{1b}[中m", "␛[中m"),
            ("\u{7f}", "␡"),
            (
                "\u{1b}]0;title\u{7}\u{1b}(Bplain\u{1b}[38;5;208m\n",
                "plain\n",
            ),
            ("rlo \u{202e}abc\u{200b}", "rlo ⟨U+202E⟩abc⟨U+200B⟩"),
            ("<b>é</b>", "<b>é</b>"),
        ] {
            assert_eq!(readable(written), shown, "{written:?}");
        }
    }
}
