//! Lines of options in a script, taken apart as sbatch does it: words with quotes and escapes, and of these options with
//! their values, as getopt_long has them.

/// Between the components of a heterogeneous job; no option.
const SEPARATORS: [&str; 2] = ["hetjob", "packjob"];

pub(super) struct Given {
    pub name: Name,
    pub value: Option<String>,
}

pub(super) enum Name {
    Long(String),
    Short(char),
}

/// As getopt_long takes them apart: up to the first word that is none and no value of one.
pub(super) fn options<'a>(
    lines: impl Iterator<Item = &'a str>,
    directive: &str,
    short_flags: &str,
    long_flags: &[&str],
) -> Vec<Given> {
    let mut words = lines
        .filter_map(|line| line.strip_prefix(directive))
        .flat_map(words)
        .filter(|word| !SEPARATORS.contains(&word.as_str()));
    let mut options = vec![];
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None if long_flags.iter().any(|flag| flag.starts_with(long)) => (long, None),
                None => (long, words.next()),
            };
            let name = Name::Long(name.to_owned());
            options.push(Given { name, value });
        } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) {
            for (at, letter) in letters.char_indices() {
                let name = Name::Short(letter);
                if short_flags.contains(letter) {
                    options.push(Given { name, value: None });
                    continue;
                }
                let value = match &letters[at + letter.len_utf8()..] {
                    "" => words.next(),
                    rest => Some(rest.to_owned()),
                };
                options.push(Given { name, value });
                break;
            }
        } else {
            break;
        }
    }
    options
}

/// The words of a line, up to a comment, to an empty word or to what sbatch refuses.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = line.chars().peekable();
    loop {
        while rest.next_if(|c| is_blank(*c)).is_some() {}
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = rest.next_if(|c| quote.is_some() || !(is_blank(*c) || *c == '#')) {
            match (c, quote) {
                ('\\', _) => word.extend(rest.next()),
                (c, Some(end)) if c == end => quote = None,
                ('\'' | '"', None) => quote = Some(c),
                _ => word.push(c),
            }
        }
        if word.is_empty() || quote.is_some() || word.starts_with(':') {
            return words;
        }
        words.push(word);
    }
}

/// As `isspace` of C has it; to Slurm no other is one.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}
