//! What a fleet's answer means for the nodes that were asked for. Pure functions.

use app::model::attempt::{Pool, PoolError, listed};
use openpcs_provider::{Asked as Said, LaunchError, Launched, Outcome};

use super::pools::Asked;
use crate::calls::CallError;
use crate::calls::fleet::Answer;
use crate::errors::{Class, class};

/// After EC2 has said that there are too many requests.
const THROTTLED_MS: i64 = 5_000;

/// Those of a fleet go to the nodes in order; the nodes that are left over are told why there is none for them. `taken`: the
/// instances that are a node's already, for EC2 answers the same again under the same token.
pub fn of_answer(
    lacking: &[String],
    answer: &Answer,
    asked: &Asked<'_>,
    taken: impl Fn(&str) -> bool,
) -> Outcome {
    let mut errors: Vec<PoolError> = vec![];
    for error in &answer.errors {
        let told = asked.error(error);
        // A quota is told of each pool, and is of all.
        if !errors.contains(&told) {
            errors.push(told);
        }
    }
    let mut lacking: Vec<&String> = lacking.iter().collect();
    lacking.sort_unstable();
    let mut new = answer.instance_ids.iter().filter(|id| !taken(id));
    let launched = lacking.into_iter().map(|id| Launched {
        instance_id: id.clone(),
        result: match new.next() {
            Some(ec2) => Ok(ec2.clone()),
            None => Err(most_telling(&errors)),
        },
    });
    let gave = answer.gave.iter().flat_map(|named| asked.named(named));
    Outcome {
        launched: launched.collect(),
        asked: Said {
            pools: asked.pools.to_vec(),
            strategy: None,
            gave: gave.collect(),
            errors,
        },
    }
}

/// All of a call that failed as a whole.
pub fn of_error(lacking: &[String], error: &CallError, asked: &Asked<'_>) -> Outcome {
    let words = error.to_string();
    let said_of_all = match error.is(&[MISMATCH]) {
        // Asked for before in other words: what became of that is not known yet.
        true => LaunchError::Unknown {
            message: words.clone(),
        },
        false => said(error.class(), ANYWHERE, words.clone()),
    };
    Outcome {
        launched: all(lacking, &said_of_all),
        asked: Said {
            pools: asked.pools.to_vec(),
            strategy: None,
            gave: vec![],
            errors: vec![asked.whole(error.code.as_deref(), &words)],
        },
    }
}

/// Where all pools are meant.
const ANYWHERE: &str = "the group's types and subnets";

/// What EC2 says of a token under which something else was asked for.
pub const MISMATCH: &str = "IdempotentParameterMismatch";

pub fn all(ids: &[String], error: &LaunchError) -> Vec<Launched> {
    let launched = |id: &String| Launched {
        instance_id: id.clone(),
        result: Err(error.clone()),
    };
    ids.iter().map(launched).collect()
}

/// Of the pools' errors the one that lets most be hoped for: what is asked again soon, then what is to be had later.
fn most_telling(errors: &[PoolError]) -> LaunchError {
    const ORDER: [Class; 5] = [
        Class::Throttled,
        Class::Unknown,
        Class::Capacity,
        Class::Quota,
        Class::Refused,
    ];
    for of in ORDER {
        let mut of_class = errors.iter().filter(|it| class(it.code.as_deref()) == of);
        let Some(first) = of_class.next() else {
            continue;
        };
        let code = first.code.as_deref().unwrap_or("no code");
        let message = format!("{code}: {}", first.message);
        let mut pools: Vec<&Pool> = first.pools.iter().collect();
        for pool in of_class.flat_map(|it| &it.pools) {
            if !pools.contains(&pool) {
                pools.push(pool);
            }
        }
        let named = match pools.is_empty() {
            true => ANYWHERE.to_owned(),
            false => listed(pools),
        };
        return said(of, &named, message);
    }
    LaunchError::Capacity {
        pool: ANYWHERE.into(),
        message: "EC2 started fewer instances than it was asked for, and does not say why.".into(),
    }
}

fn said(class: Class, pool: &str, message: String) -> LaunchError {
    match class {
        Class::Capacity => LaunchError::Capacity {
            pool: pool.into(),
            message,
        },
        Class::Throttled => LaunchError::Throttled {
            after_ms: THROTTLED_MS,
            message,
        },
        Class::Quota => LaunchError::Quota { message },
        Class::Refused => LaunchError::Refused { message },
        Class::Unknown => LaunchError::Unknown { message },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use app::model::group_settings::PurchaseOption;

    use super::*;
    use crate::calls::fleet::{FleetError, Named};

    fn error(of_type: &str, code: &str) -> FleetError {
        FleetError {
            named: named(of_type),
            code: Some(code.into()),
            message: "no".into(),
        }
    }

    fn named(of_type: &str) -> Named {
        Named {
            instance_type: Some(of_type.into()),
            ..Named::default()
        }
    }

    fn answer(ids: &[&str], errors: &[FleetError]) -> Answer {
        Answer {
            instance_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            gave: ids.iter().map(|_| named("q")).collect(),
            errors: errors.to_vec(),
        }
    }

    fn pools() -> [Pool; 3] {
        ["p", "q", "r"].map(|of_type| Pool {
            instance_type: of_type.into(),
            place: None,
            purchase: PurchaseOption::Ondemand,
        })
    }

    fn told(launched: &[Launched]) -> Vec<String> {
        let told = launched.iter().map(|it| {
            let result = match &it.result {
                Ok(id) => id.clone(),
                Err(LaunchError::Capacity { pool, .. }) => format!("capacity {pool}"),
                Err(LaunchError::Throttled { .. }) => "throttled".into(),
                Err(LaunchError::Quota { .. }) => "quota".into(),
                Err(LaunchError::Refused { .. }) => "refused".into(),
                Err(LaunchError::Unknown { .. }) => "unknown".into(),
            };
            format!("{}={result}", it.instance_id)
        });
        told.collect()
    }

    #[test]
    fn what_came_is_used_and_the_rest_is_told_why_not() {
        let lacking = ["b".to_owned(), "a".to_owned()];
        let none = "InsufficientInstanceCapacity";
        for (answer, expected) in [
            (answer(&["i-1", "i-2"], &[]), ["a=i-1", "b=i-2"]),
            // Errors beside enough instances.
            (
                answer(&["i-1", "i-2"], &[error("p", none)]),
                ["a=i-1", "b=i-2"],
            ),
            (
                answer(&["i-1"], &[error("p", none)]),
                ["a=i-1", "b=capacity p"],
            ),
            // Of another node already.
            (
                answer(&["i-0", "i-1"], &[error("p", none)]),
                ["a=i-1", "b=capacity p"],
            ),
            // More than were asked for are nobody's.
            (answer(&["i-1", "i-2", "i-3"], &[]), ["a=i-1", "b=i-2"]),
            (
                answer(
                    &[],
                    &[
                        error("p", "Unsupported"),
                        error("q", none),
                        error("r", none),
                    ],
                ),
                ["a=capacity q, r", "b=capacity q, r"],
            ),
            (
                answer(&[], &[error("p", none), error("q", "RequestLimitExceeded")]),
                ["a=throttled", "b=throttled"],
            ),
            (
                answer(&[], &[error("p", "VcpuLimitExceeded")]),
                ["a=quota", "b=quota"],
            ),
            (
                answer(&[], &[error("p", "Unsupported")]),
                ["a=refused", "b=refused"],
            ),
            (
                answer(&[], &[error("p", "New")]),
                ["a=unknown", "b=unknown"],
            ),
            (
                answer(&[], &[]),
                [
                    "a=capacity the group's types and subnets",
                    "b=capacity the group's types and subnets",
                ],
            ),
        ] {
            let (pools, zones) = (pools(), BTreeMap::new());
            let asked = Asked {
                pools: &pools,
                zones: &zones,
            };
            let outcome = of_answer(&lacking, &answer, &asked, |id| id == "i-0");
            assert_eq!(told(&outcome.launched), expected, "{answer:?}");
            assert_eq!(outcome.asked.pools, pools);
            assert_eq!(outcome.asked.errors.len(), answer.errors.len());
            let gave = outcome.asked.gave.iter();
            assert!(gave.clone().all(|pool| *pool == pools[1]));
            assert_eq!(gave.count(), answer.instance_ids.len());
        }
    }

    #[test]
    fn a_call_that_fails_fails_for_all() {
        for (code, expected) in [
            (Some("InvalidSubnetID.NotFound"), "a=refused"),
            (Some("RequestLimitExceeded"), "a=throttled"),
            (Some("MaxFleetCountExceeded"), "a=quota"),
            (
                Some("InsufficientInstanceCapacity"),
                "a=capacity the group's types and subnets",
            ),
            (Some(MISMATCH), "a=unknown"),
            (None, "a=unknown"),
        ] {
            let error = CallError {
                call: "CreateFleet",
                code: code.map(str::to_owned),
                message: "no".into(),
            };
            let (pools, zones) = (pools(), BTreeMap::new());
            let asked = Asked {
                pools: &pools,
                zones: &zones,
            };
            let outcome = of_error(&["a".into()], &error, &asked);
            assert_eq!(told(&outcome.launched), [expected]);
            assert_eq!(outcome.asked.errors[0].pools, pools);
        }
    }
}
