//! `AllowGroups`: a group that the host does not know lets nobody in, and Slurm only says so in its log.

use nix::unistd::Group;

/// Why the value cannot be had on this host, as the end of a sentence.
pub fn problem(value: &str) -> Option<String> {
    let unknown = value
        .split(',')
        .filter(|name| !name.eq_ignore_ascii_case("ALL"))
        .find(|name| matches!(Group::from_name(name), Ok(None)))?;
    Some(format!(
        "names the group {unknown:?}, which this host does not know. Correct it, or add the group first."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_must_be_known() {
        assert_eq!(problem("ALL"), None);
        assert_eq!(problem("root,daemon"), None);
        let said = problem("root,no-such-group");
        assert!(said.is_some_and(|said| said.contains("no-such-group")));
    }
}
