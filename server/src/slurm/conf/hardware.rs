//! What each node of a group has for Slurm to give to jobs.

/// Slurm runs one task on each CPU: that is a core (N10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardware {
    pub cpus: i64,
    pub memory_mib: i64,
    pub gpus: i64,
}

impl Hardware {
    /// What both have.
    pub fn least(self, other: Hardware) -> Hardware {
        Hardware {
            cpus: self.cpus.min(other.cpus),
            memory_mib: self.memory_mib.min(other.memory_mib),
            gpus: self.gpus.min(other.gpus),
        }
    }

    /// What a `slurm.conf` of ours says of the nodes of a group; none when it has no nodes of it.
    pub fn in_conf(slurm_conf: &str, group: &str) -> Option<Hardware> {
        let start = format!("NodeName={group}-");
        // `a-1` may be the first node of group a, `a-1-1` is none of it.
        let is_of_group = |line: &&str| {
            let rest = line.strip_prefix(&start);
            let numbers = rest.and_then(|rest| rest.split(' ').next());
            numbers.is_some_and(|n| n.starts_with('[') || n.bytes().all(|b| b.is_ascii_digit()))
        };
        let line = slurm_conf.lines().find(is_of_group)?;
        let value = |name: &str| {
            let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.find(|(known, _)| *known == name).map(|(_, v)| v)
        };
        let gpus = value("Gres").and_then(|gres| gres.strip_prefix("gpu:")?.parse().ok());
        Some(Hardware {
            cpus: value("CPUs")?.parse().ok()?,
            memory_mib: value("RealMemory")?.parse().ok()?,
            gpus: gpus.unwrap_or_default(),
        })
    }
}
