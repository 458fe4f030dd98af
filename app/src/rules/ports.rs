//! Ports at which a cluster's machines call each other, and whether its security groups let them (C7). A warning and no
//! refusal: rules may be added later, and what a range of addresses means for nodes to come is not known here.

use crate::model::catalogue::SecurityGroup;

/// A range of TCP ports, both ends of it.
pub type Ports = (u16, u16);

/// Of slurmctld, of slurmd, and of each srun that waits for its steps.
const ALWAYS: [Ports; 3] = [(6817, 6817), (6818, 6818), (60001, 63000)];
const SLURMDBD: Ports = (6819, 6819);
const SLURMRESTD: Ports = (6820, 6820);

/// Those of a cluster with accounting, and with Slurm's REST API, or without.
fn needed(has_accounting: bool, has_rest: bool) -> Vec<Ports> {
    let mut needed = ALWAYS.to_vec();
    needed.extend(has_accounting.then_some(SLURMDBD));
    needed.extend(has_rest.then_some(SLURMRESTD));
    needed.sort_unstable();
    needed
}

/// What groups do not let through, and the command that mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// As `6817, 60001-63000`.
    pub ports: String,
    pub remedy: String,
}

/// Nothing where the rules of one of these groups are not known.
pub fn lack(
    ids: &[String],
    known: &[SecurityGroup],
    has_accounting: bool,
    has_rest: bool,
) -> Option<Lack> {
    let find = |id: &String| known.iter().find(|group| group.id == *id);
    let groups: Vec<&SecurityGroup> = ids.iter().map(find).collect::<Option<_>>()?;
    let closed = closed(&groups, needed(has_accounting, has_rest));
    let first = groups.first().filter(|_| !closed.is_empty())?;
    Some(Lack {
        ports: told(&closed),
        remedy: remedy(&first.id),
    })
}

/// Those that none of the groups opens for its members or for addresses.
fn closed(groups: &[&SecurityGroup], needed: Vec<Ports>) -> Vec<Ports> {
    let of_members = |id: &String| groups.iter().any(|group| group.id == *id);
    let rules = groups.iter().flat_map(|group| &group.inbound);
    let open = rules.filter(|rule| !rule.ranges.is_empty() || rule.groups.iter().any(of_members));
    let open: Vec<Ports> = open.map(|rule| (rule.from, rule.to)).collect();
    let needed = needed.into_iter();
    needed.filter(|ports| !covers(&open, *ports)).collect()
}

/// Whether each port of these is in one of the open ranges.
pub fn covers(open: &[Ports], (from, to): Ports) -> bool {
    let mut next = u32::from(from);
    while next <= u32::from(to) {
        let of_next = |(from, to): &&Ports| (u32::from(*from)..=u32::from(*to)).contains(&next);
        match open.iter().find(of_next) {
            Some((_, last)) => next = u32::from(*last) + 1,
            None => return false,
        }
    }
    true
}

/// `6817, 60001-63000`.
pub fn told(ports: &[Ports]) -> String {
    let one = |(from, to): &Ports| match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    };
    ports.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The command that lets the members of a group call each other, as the guide has it.
fn remedy(group_id: &str) -> String {
    format!(
        "aws ec2 authorize-security-group-ingress --group-id {group_id} --protocol -1 --source-group {group_id}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalogue::InboundRule;

    fn group(id: &str, rules: &[(Ports, &str)]) -> SecurityGroup {
        let rule = |((from, to), source): &(Ports, &str)| {
            let (groups, ranges): (Vec<_>, Vec<_>) = [source.to_string()]
                .into_iter()
                .partition(|s| s.starts_with("sg-"));
            InboundRule {
                from: *from,
                to: *to,
                groups,
                ranges,
            }
        };
        SecurityGroup {
            id: id.into(),
            name: id.into(),
            vpc_id: "vpc-1".into(),
            description: String::new(),
            inbound: rules.iter().map(rule).collect(),
        }
    }

    #[test]
    fn a_group_is_asked_whether_its_members_reach_each_other() {
        let all = (0, u16::MAX);
        let closed_of = |groups: &[SecurityGroup]| {
            let groups: Vec<&SecurityGroup> = groups.iter().collect();
            told(&closed(&groups, needed(false, false)))
        };
        let needed = "6817, 6818, 60001-63000";
        for (groups, closed) in [
            (vec![], needed),
            (vec![group("sg-1", &[])], needed),
            (vec![group("sg-1", &[(all, "sg-1")])], ""),
            (vec![group("sg-1", &[(all, "10.0.0.0/16")])], ""),
            // Somebody else's.
            (vec![group("sg-1", &[(all, "sg-2")])], needed),
            // Each other's.
            (
                vec![group("sg-1", &[(all, "sg-2")]), group("sg-2", &[])],
                "",
            ),
            (vec![group("sg-1", &[((22, 22), "0.0.0.0/0")])], needed),
            (
                vec![group(
                    "sg-1",
                    &[((6817, 6818), "sg-1"), ((60001, 61000), "sg-1")],
                )],
                "60001-63000",
            ),
            (
                vec![group(
                    "sg-1",
                    &[
                        ((6000, 7000), "sg-1"),
                        ((60000, 61000), "sg-1"),
                        ((61001, u16::MAX), "sg-1"),
                    ],
                )],
                "",
            ),
        ] {
            assert_eq!(closed_of(&groups), closed, "{groups:?}");
        }
    }

    #[test]
    fn nothing_is_said_of_rules_that_are_not_known() {
        let known = [
            group("sg-1", &[]),
            group("sg-2", &[((0, u16::MAX), "sg-2")]),
        ];
        let of = |ids: &[&str]| {
            lack(
                &ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
                &known,
                true,
                true,
            )
        };
        let found = of(&["sg-1"]).unwrap();
        assert_eq!(found.ports, "6817, 6818, 6819, 6820, 60001-63000");
        assert!(found.remedy.contains("--group-id sg-1 "), "{found:?}");
        for unsaid in [&["sg-2"][..], &["sg-1", "sg-9"], &[]] {
            assert_eq!(of(unsaid), None, "{unsaid:?}");
        }
    }
}
