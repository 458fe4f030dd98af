//! The kinds of values that settings take.

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// YES or NO.
    Boolean,
    /// A whole number in these bounds.
    Integer(u64, u64),
    /// A whole number in these bounds, or the word for no bound.
    Limit(u64, u64),
    /// A percentage or factor with decimals.
    Decimal,
    /// `minutes`, `HH:MM:SS`, `D-HH` …, or the word for no bound.
    Time,
    /// When records go: `12` or `12months`, `30days`, `12hours`.
    Age,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// Some of these words, with commas between.
    Choices(&'static [&'static str]),
    /// The absolute path of a program, or of a directory; of that Slurm runs every program.
    Programs,
    /// The absolute path of a program.
    Program,
    /// An absolute path.
    Path,
    /// Words with commas between, each one of these alone or as `word=value`.
    Options(&'static [&'static str]),
    /// A command or its options, in which `$NAME` stands for the user's own variable: Slurm's defaults have `$SHELL`.
    Command,
    /// Text in letters, digits and the signs that Slurm's own values are made of.
    Text,
}

/// The longest value that is taken.
const MAX_LENGTH: usize = 2048;
/// Signs that Slurm's values are made of. What opens a comment, ends a value or could mean something to a shell is
/// not among them.
const SIGNS: &str = "_.,:=+-*/@%()[]|&!<>^ ";
const UNLIMITED: [&str; 2] = ["UNLIMITED", "INFINITE"];

impl Kind {
    /// The reason, as the end of a sentence, when the value does not fit.
    pub fn check(self, value: &str) -> Result<(), String> {
        self.check_where(value, |_| true)
    }

    /// The same where of the words to choose from only some are there to be offered.
    pub fn check_where(self, value: &str, is_there: impl Fn(&str) -> bool) -> Result<(), String> {
        let one_there = |value: &str, words: &'static [&'static str]| {
            if is_one_of(value, words) {
                return Ok(());
            }
            let there: Vec<&str> = words.iter().copied().filter(|w| is_there(w)).collect();
            one_of(value, &there)
        };
        match self {
            Kind::Command => check_safe(&without_variables(value))?,
            _ => check_safe(value)?,
        }
        match self {
            Kind::Boolean => one_of(value, &["YES", "NO"]),
            Kind::Integer(min, max) => integer(value, min, max),
            Kind::Limit(..) if is_one_of(value, &UNLIMITED) => Ok(()),
            Kind::Limit(min, max) => {
                integer(value, min, max).map_err(|e| e.replace(".", ", or UNLIMITED."))
            }
            Kind::Decimal => match value.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => Ok(()),
                _ => Err("must be a number, such as 95 or 97.5.".into()),
            },
            Kind::Time => time(value),
            Kind::Age => match age_in_days(value) {
                Some(_) => Ok(()),
                None => {
                    Err("must be an age from 1 on, such as 12months, 30days or 12hours.".into())
                }
            },
            Kind::Choice(words) => one_there(value, words),
            Kind::Choices(words) => (value.split(',')).try_for_each(|word| one_there(word, words)),
            Kind::Programs | Kind::Program | Kind::Path => path(value),
            Kind::Options(words) => value
                .split(',')
                .map(|option| option.split_once('=').map_or(option, |(word, _)| word))
                .try_for_each(|word| one_of(word, words)),
            Kind::Command | Kind::Text => Ok(()),
        }
    }
}

/// What holds for every value, whatever its kind: it stays inside its line and its quotes (S7).
fn check_safe(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err("is empty.".into());
    }
    if value.len() > MAX_LENGTH {
        return Err(format!("is longer than {MAX_LENGTH} characters."));
    }
    if value.trim() != value {
        return Err("must not begin or end with a space.".into());
    }
    match value
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !SIGNS.contains(*c))
    {
        Some('\n' | '\r') => Err("must be a single line.".into()),
        Some(c) if c.is_control() => Err("must not hold control characters.".into()),
        Some(c) => Err(format!("must not hold the character {c}")),
        None => Ok(()),
    }
}

/// The text with an underscore for each `$` that begins a variable's name; any other stays, and is refused.
fn without_variables(value: &str) -> String {
    let mut following = value.chars().skip(1);
    value
        .chars()
        .map(|c| match (c, following.next()) {
            ('$', Some(next)) if next.is_ascii_alphabetic() || next == '_' => '_',
            _ => c,
        })
        .collect()
}

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|w| w.eq_ignore_ascii_case(value))
}

fn one_of(value: &str, words: &[&str]) -> Result<(), String> {
    match is_one_of(value, words) {
        true => Ok(()),
        false => Err(format!("must be one of {}.", words.join(", "))),
    }
}

fn integer(value: &str, min: u64, max: u64) -> Result<(), String> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    match value.parse::<u64>() {
        Ok(number) if digits && (min..=max).contains(&number) => Ok(()),
        _ => Err(format!("must be a whole number from {min} to {max}.")),
    }
}

fn time(value: &str) -> Result<(), String> {
    let (days, clock) = value.split_once('-').unwrap_or(("0", value));
    let fields: Vec<&str> = clock.split(':').collect();
    let number = |s: &str| (1..=6).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    let good = number(days) && fields.len() <= 3 && fields.iter().all(|f| number(f));
    match good || is_one_of(value, &UNLIMITED) || value.eq_ignore_ascii_case("NONE") {
        true => Ok(()),
        false => Err("must be a time: minutes, HH:MM:SS, D-HH, D-HH:MM:SS or UNLIMITED.".into()),
    }
}

/// Whole days, with part of one as one, of an age as slurmdbd.conf has it; months have up to 31.
pub fn age_in_days(value: &str) -> Option<i64> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: i64 = digits.parse::<u16>().ok().filter(|age| *age > 0)?.into();
    let unit = value[digits.len()..].to_ascii_lowercase();
    match unit.as_str() {
        "" | "month" | "months" => Some(number * 31),
        "day" | "days" => Some(number),
        "hour" | "hours" => Some((number + 23) / 24),
        _ => None,
    }
}

fn path(value: &str) -> Result<(), String> {
    if !value.starts_with('/') {
        return Err("must be a fully qualified path, beginning with /.".into());
    }
    if value.split('/').any(|part| part == "..") {
        return Err("must not go up with \"..\".".into());
    }
    match value
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"/_.-+@".contains(*c))
    {
        Some(' ') => Err("must not hold spaces: Slurm would see two paths.".into()),
        Some(c) => Err(format!("must not hold the character {c} in a path.")),
        None => Ok(()),
    }
}
