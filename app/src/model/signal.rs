//! Signals by name, as Linux numbers them on the architectures that Slurm runs on.

/// The signal that slurmstepd gives to what it could not start; a script can also raise it itself.
pub const FILES_NOT_OPENED: i64 = 53;

/// From 1.
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// "SIGKILL (9)"; one without a name by its number alone.
pub fn named(signal: i64) -> String {
    let at = usize::try_from(signal).ok().and_then(|n| n.checked_sub(1));
    match at.and_then(|at| NAMES.get(at)) {
        Some(name) => format!("{name} ({signal})"),
        None => signal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_its_name() {
        for (signal, name) in [
            (1, "SIGHUP (1)"),
            (9, "SIGKILL (9)"),
            (11, "SIGSEGV (11)"),
            (15, "SIGTERM (15)"),
            (31, "SIGSYS (31)"),
            (0, "0"),
            (53, "53"),
            (-9, "-9"),
            (i64::MIN, "-9223372036854775808"),
        ] {
            assert_eq!(named(signal), name);
        }
    }
}
