//! Pools of EC2: a type in a subnet, bought in one way. Which ones a launch asks for, and which ones an error is about:
//! EC2 names one, and means more where a subnet is full or a quota is reached. Pure functions.

use std::collections::BTreeMap;

use app::model::attempt::{Pool, PoolError, PoolTrouble};

use crate::calls::fleet::{FleetError, Named};
use crate::errors::{Class, class};

/// The pools of a launch.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub pools: &'a [Pool],
    /// The zones of the group's subnets.
    pub zones: &'a BTreeMap<String, String>,
}

impl Asked<'_> {
    /// Those that EC2 names, as far as it does.
    pub fn named(&self, named: &Named) -> Vec<Pool> {
        let is_it = |pool: &&Pool| {
            let is_of_type = |of_type: &String| *of_type == pool.instance_type;
            let is_in_subnet = |subnet: &String| pool.place.as_ref() == Some(subnet);
            let zone = pool.place.as_ref().and_then(|place| self.zones.get(place));
            // A zone that is not known may be any.
            let is_in_zone = |named: &String| zone.is_none_or(|zone| zone == named);
            named.instance_type.as_ref().is_none_or(is_of_type)
                && match &named.subnet {
                    // The launch template names it, and EC2 says which it is.
                    Some(subnet) => pool.place.is_none() || is_in_subnet(subnet),
                    None => named.zone.as_ref().is_none_or(is_in_zone),
                }
        };
        self.pools.iter().filter(is_it).cloned().collect()
    }

    /// What an error says of the pools.
    pub fn error(&self, error: &FleetError) -> PoolError {
        let code = error.code.as_deref();
        let mut named = self.named(&error.named);
        if named.is_empty() {
            named.extend(self.strange(&error.named));
        }
        let pools = match class(code) {
            Class::Quota => self.of_quota(code, &named),
            _ if code == Some("InsufficientFreeAddressesInSubnet") => self.of_places(&named),
            _ => named,
        };
        PoolError {
            pools,
            trouble: trouble(code, &error.message),
            code: error.code.clone(),
            message: error.message.clone(),
        }
    }

    /// Of an error of the whole call.
    pub fn whole(&self, code: Option<&str>, message: &str) -> PoolError {
        PoolError {
            pools: self.pools.to_vec(),
            trouble: match class(code) {
                Class::Capacity => PoolTrouble::Capacity,
                Class::Quota => PoolTrouble::Quota,
                // What is wrong with the launch is not the pools' fault.
                Class::Throttled | Class::Refused | Class::Unknown => PoolTrouble::None,
            },
            code: code.map(str::to_owned),
            message: message.into(),
        }
    }

    /// One that was not asked for, as EC2 names it: for people.
    fn strange(&self, named: &Named) -> Option<Pool> {
        Some(Pool {
            instance_type: named.instance_type.clone()?,
            place: named.subnet.clone().or_else(|| named.zone.clone()),
            purchase: self.pools.first()?.purchase,
        })
    }

    fn of_places(&self, named: &[Pool]) -> Vec<Pool> {
        self.such(|pool| named.iter().any(|one| one.place == pool.place))
    }

    /// EC2 counts processors by families of types; all else it counts of all types together.
    fn of_quota(&self, code: Option<&str>, named: &[Pool]) -> Vec<Pool> {
        if !code.is_some_and(|code| COUNTS_PROCESSORS.contains(&code)) {
            return self.pools.to_vec();
        }
        self.such(|pool| {
            let family = quota_family(&pool.instance_type);
            let mut named = named.iter();
            named.any(|one| quota_family(&one.instance_type) == family)
        })
    }

    fn such(&self, is_it: impl Fn(&Pool) -> bool) -> Vec<Pool> {
        let all = self.pools.iter().filter(|pool| is_it(pool));
        all.cloned().collect()
    }
}

const COUNTS_PROCESSORS: [&str; 3] = [
    "VcpuLimitExceeded",
    "InstanceLimitExceeded",
    "MaxSpotInstanceCountExceeded",
];

/// The types of a quota of processors have the same. EC2 user guide, "Amazon EC2 instance type quotas": the standard ones
/// (A, C, D, H, I, M, R, T, Z) are counted together, G with VT, each other family by itself.
fn quota_family(instance_type: &str) -> &str {
    let end = instance_type.find(|c: char| !c.is_ascii_lowercase());
    let letters = &instance_type[..end.unwrap_or(instance_type.len())];
    match letters {
        "a" | "c" | "d" | "h" | "i" | "im" | "is" | "m" | "r" | "t" | "z" => "standard",
        "vt" => "g",
        other => other,
    }
}

fn trouble(code: Option<&str>, message: &str) -> PoolTrouble {
    match class(code) {
        Class::Capacity => PoolTrouble::Capacity,
        Class::Quota => PoolTrouble::Quota,
        Class::Refused if is_unsupported(code, message) => PoolTrouble::Unsupported,
        Class::Throttled | Class::Refused | Class::Unknown => PoolTrouble::None,
    }
}

/// The zone does not have the type. `InvalidFleetConfiguration` is said of much else too, and only its words tell
/// (hashicorp/packer pull request 9946).
fn is_unsupported(code: Option<&str>, message: &str) -> bool {
    match code {
        Some("Unsupported") => true,
        Some("InvalidFleetConfiguration") => message.contains("requested Availability Zone"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use app::model::attempt::listed;
    use app::model::group_settings::PurchaseOption;

    use super::*;

    fn pool(of_type: &str, place: Option<&str>) -> Pool {
        Pool {
            instance_type: of_type.into(),
            place: place.map(str::to_owned),
            purchase: PurchaseOption::Ondemand,
        }
    }

    fn named(of_type: Option<&str>, subnet: Option<&str>, zone: Option<&str>) -> Named {
        Named {
            instance_type: of_type.map(str::to_owned),
            subnet: subnet.map(str::to_owned),
            zone: zone.map(str::to_owned),
        }
    }

    fn zones() -> BTreeMap<String, String> {
        let zones = [("s-a", "zone-a"), ("s-b", "zone-b")];
        zones.map(|(a, b)| (a.to_owned(), b.to_owned())).into()
    }

    const NONE: &str = "InsufficientInstanceCapacity";

    #[test]
    fn an_error_is_about_the_pools_that_it_means() {
        let pools = ["c6i.large", "m5.large", "p5.48xlarge"]
            .map(|of_type| ["s-a", "s-b"].map(|place| pool(of_type, Some(place))));
        let (pools, zones) = (pools.concat(), zones());
        let asked = Asked {
            pools: &pools,
            zones: &zones,
        };
        let c6i = Some("c6i.large");
        let standard = "c6i.large in s-a, c6i.large in s-b, m5.large in s-a, m5.large in s-b";
        let all = listed(&pools);
        for (code, named, expected, trouble) in [
            (
                NONE,
                named(c6i, Some("s-a"), None),
                "c6i.large in s-a",
                PoolTrouble::Capacity,
            ),
            (
                NONE,
                named(c6i, None, Some("zone-b")),
                "c6i.large in s-b",
                PoolTrouble::Capacity,
            ),
            (
                NONE,
                named(c6i, None, None),
                "c6i.large in s-a, c6i.large in s-b",
                PoolTrouble::Capacity,
            ),
            (NONE, named(None, None, None), &all, PoolTrouble::Capacity),
            (
                NONE,
                named(Some("c7i.large"), None, None),
                "c7i.large",
                PoolTrouble::Capacity,
            ),
            // No type finds an address in a subnet that is full.
            (
                "InsufficientFreeAddressesInSubnet",
                named(c6i, Some("s-a"), None),
                "c6i.large in s-a, m5.large in s-a, p5.48xlarge in s-a",
                PoolTrouble::Capacity,
            ),
            (
                "VcpuLimitExceeded",
                named(c6i, Some("s-a"), None),
                standard,
                PoolTrouble::Quota,
            ),
            (
                "MaxSpotInstanceCountExceeded",
                named(Some("p5.48xlarge"), None, None),
                "p5.48xlarge in s-a, p5.48xlarge in s-b",
                PoolTrouble::Quota,
            ),
            (
                "VolumeLimitExceeded",
                named(c6i, Some("s-a"), None),
                &all,
                PoolTrouble::Quota,
            ),
            (
                "Unsupported",
                named(c6i, Some("s-a"), None),
                "c6i.large in s-a",
                PoolTrouble::Unsupported,
            ),
            (
                "RequestLimitExceeded",
                named(c6i, Some("s-a"), None),
                "c6i.large in s-a",
                PoolTrouble::None,
            ),
            (
                "UnauthorizedOperation",
                named(c6i, Some("s-a"), None),
                "c6i.large in s-a",
                PoolTrouble::None,
            ),
        ] {
            let error = FleetError {
                named,
                code: Some(code.into()),
                message: "no".into(),
            };
            let told = asked.error(&error);
            assert_eq!(
                (listed(&told.pools).as_str(), told.trouble),
                (expected, trouble),
                "{error:?}"
            );
        }
    }

    #[test]
    fn the_launch_templates_own_subnet_is_any() {
        let pools = [pool("c6i.large", None)];
        let asked = Asked {
            pools: &pools,
            zones: &zones(),
        };
        assert_eq!(asked.named(&named(None, Some("s-z"), None)), pools);
    }

    #[test]
    fn an_error_of_the_call_is_of_all_pools_or_of_none() {
        let pools = [
            pool("c6i.large", Some("s-a")),
            pool("m5.large", Some("s-a")),
        ];
        let asked = Asked {
            pools: &pools,
            zones: &zones(),
        };
        for (code, trouble) in [
            (Some("MaxFleetCountExceeded"), PoolTrouble::Quota),
            (Some(NONE), PoolTrouble::Capacity),
            (Some("UnauthorizedOperation"), PoolTrouble::None),
            // Of the launch as it is asked for, perhaps.
            (Some("Unsupported"), PoolTrouble::None),
            (Some("RequestLimitExceeded"), PoolTrouble::None),
            (None, PoolTrouble::None),
        ] {
            let told = asked.whole(code, "no");
            assert_eq!((told.trouble, told.pools.len()), (trouble, 2), "{code:?}");
        }
    }

    #[test]
    fn types_are_counted_by_families() {
        for (of_type, family) in [
            ("c6i.large", "standard"),
            ("im4gn.large", "standard"),
            ("hpc7a.96xlarge", "hpc"),
            ("p5.48xlarge", "p"),
            ("vt1.3xlarge", "g"),
            ("g6.xlarge", "g"),
            ("u-6tb1.metal", "u"),
            ("trn1.2xlarge", "trn"),
            ("", ""),
        ] {
            assert_eq!(quota_family(of_type), family, "{of_type}");
        }
    }

    #[test]
    fn a_type_that_the_zone_lacks_is_told_from_a_launch_that_is_wrong() {
        let lacks = "Your requested instance type (c6i.large) is not supported in your requested Availability Zone";
        let fleet = Some("InvalidFleetConfiguration");
        assert_eq!(trouble(fleet, lacks), PoolTrouble::Unsupported);
        assert_eq!(trouble(fleet, "no image"), PoolTrouble::None);
    }
}
