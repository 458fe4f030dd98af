//! Has slurmctld or slurmdbd say who calls what of it: each call is a line of its log that begins with `AUDIT_RPCS:`.

use app::model::log::AUDIT_SINCE;

use super::line::Line;

const FLAGS: &str = "DebugFlags";
const AUDIT: &str = "AuditRPCs";
/// The levels at which Slurm leaves lines of debug flags out.
const QUIET: [&str; 4] = ["quiet", "fatal", "error", "info"];

/// `level`: the parameter that says how much the daemon logs. A version that does not know the flag does not start with it.
pub fn audit(parameters: &mut Line, version: &str, level: &str) {
    if version < AUDIT_SINCE {
        return;
    }
    let flags = parameters.get(FLAGS).into_iter().chain([AUDIT]);
    let flags = flags.collect::<Vec<_>>().join(",");
    parameters.set(FLAGS, flags);
    if parameters.get(level).is_none_or(|set| QUIET.contains(&set)) {
        parameters.set(level, "verbose");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_stays_as_far_as_it_can() {
        for (version, set, wanted) in [
            (
                "24.11",
                &[][..],
                "DebugFlags=AuditRPCs SlurmctldDebug=verbose\n",
            ),
            (
                "25.11",
                &[("DebugFlags", "DB_JOB"), ("SlurmctldDebug", "debug2")][..],
                "DebugFlags=DB_JOB,AuditRPCs SlurmctldDebug=debug2\n",
            ),
            (
                "24.11",
                &[("SlurmctldDebug", "error")][..],
                "SlurmctldDebug=verbose DebugFlags=AuditRPCs\n",
            ),
            (
                "23.11",
                &[("SlurmctldDebug", "error")][..],
                "SlurmctldDebug=error\n",
            ),
        ] {
            let mut parameters = Line::default();
            for (name, value) in set {
                parameters.set(name, *value);
            }
            audit(&mut parameters, version, "SlurmctldDebug");
            assert_eq!(parameters.write(), wanted, "{version}");
        }
    }
}
