//! Why a node is not to be used, as Slurm takes it.

/// Slurm's reason texts are one line; a longer one is cut.
const LONGEST: usize = 200;

/// One line, not too long.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("a\nb"), "a b");
        assert_eq!(one_line(&"x".repeat(1000)).len(), LONGEST);
    }
}
