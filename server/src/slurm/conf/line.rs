//! Parameters in order, each once, and how they stand in a file.

use std::path::Path;

/// `Name=value` pairs of a line, or of a file with a line for each.
#[derive(Clone, Debug, Default)]
pub struct Line(Vec<(String, String)>);

impl Line {
    /// Adds the parameter, or replaces its value where it stands.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub fn set_path(&mut self, name: &str, path: &Path) {
        self.set(name, path.to_string_lossy());
    }

    pub fn append(&mut self, other: Line) {
        self.0.extend(other.0);
    }

    /// All on one line.
    pub fn write(&self) -> String {
        self.pairs().collect::<Vec<_>>().join(" ") + "\n"
    }

    /// One below the other.
    pub fn write_column(&self) -> String {
        self.pairs().map(|pair| pair + "\n").collect()
    }

    fn pairs(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}={}", quoted(value)))
    }
}

/// A value with spaces needs quotes. Nothing inside may end the quotes, begin a comment, continue the line or begin
/// another: Slurm has no escape for a quote, so such characters become `_`. Checked values never hold any.
fn quoted(value: &str) -> String {
    let safe: String = value
        .chars()
        .map(|c| match c {
            '"' | '#' | '\\' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    match safe.is_empty() || safe.contains(char::is_whitespace) {
        true => format!("\"{safe}\""),
        false => safe,
    }
}
