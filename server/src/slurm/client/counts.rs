//! What a controller counts of itself, as `sdiag` prints it.

use super::{Client, SlurmError};

/// `name: number`, line by line, among much else.
pub(super) struct Counts(String);

impl Client {
    pub(super) async fn counts(&self) -> Result<Counts, SlurmError> {
        let answer = self.run("sdiag", [] as [&str; 0]).await?;
        Ok(Counts(String::from_utf8_lossy(&answer).into_owned()))
    }
}

impl Counts {
    /// Of versions that do not tell it, none.
    pub fn of(&self, name: &str) -> u64 {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(found, _)| found.trim() == name);
        let count = found.and_then(|(_, count)| count.trim().parse().ok());
        count.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_its_own_name() {
        let counts = Counts("Server thread count: 1\nDBD Agent queue size: 7\nx\n".into());
        assert_eq!(counts.of("DBD Agent queue size"), 7);
        assert_eq!((counts.of("Agent queue size"), counts.of("x")), (0, 0));
    }
}
