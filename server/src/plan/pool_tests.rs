//! Tables: before a batch, after its answer, and how a pool fares over time.

use app::model::group_settings::PurchaseOption;
use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000_000;
const MINUTE: i64 = 60_000;

fn profile() -> Profile {
    Profile {
        pool_rest_ms: MINUTE,
        longest_pool_rest_ms: 30 * MINUTE,
        ..Profile::default()
    }
}

fn group() -> GroupSettings {
    let group = serde_json::from_value(json!({
        "instanceConfigs": [{"instanceType": "a"}, {"instanceType": "b"}],
        "scalingConfiguration": {"minInstanceCount": 0, "maxInstanceCount": 4},
        "subnetIds": ["s-1", "s-2"], "iamInstanceProfileArn": "arn",
    }));
    group.unwrap()
}

fn pool(of_type: &str, place: &str) -> Pool {
    Pool {
        instance_type: of_type.into(),
        place: Some(place.to_owned()).filter(|place| !place.is_empty()),
        purchase: PurchaseOption::Ondemand,
    }
}

fn row(of_type: &str, place: &str, in_ms: i64, probed: bool) -> PoolRow {
    PoolRow {
        pool: pool(of_type, place),
        failures: 1,
        open_until: NOW + in_ms,
        probed_at: probed.then_some(NOW - 1),
        code: Some("None".into()),
        message: "none".into(),
    }
}

fn told(choice: Choice) -> String {
    match choice {
        Choice::Wait => "wait".into(),
        Choice::Ask { resting, probes } => {
            let named = |pools: Vec<Pool>| {
                let one = |pool: &Pool| {
                    let place = pool.place.as_deref().unwrap_or("-");
                    format!("{}/{place}", pool.instance_type)
                };
                pools.iter().map(one).collect::<Vec<_>>().join(" ")
            };
            let resting = named(resting.into_iter().map(|one| one.pool).collect());
            let probes = named(probes.into_iter().map(|one| one.pool).collect());
            format!("without [{resting}] trying [{probes}]")
        }
    }
}

#[test]
fn before_a_batch() {
    let spot = |mut row: PoolRow| {
        row.pool.purchase = PurchaseOption::Spot;
        row
    };
    let all = |probed: bool| ["a", "b"].map(|of| row(of, "", MINUTE, probed)).to_vec();
    for (rows, expected) in [
        (vec![], "without [] trying []"),
        (
            vec![row("a", "s-1", MINUTE, false), row("b", "s-2", 0, false)],
            "without [a/s-1] trying [b/s-2]",
        ),
        // One batch tries it: the others still leave it out.
        (
            vec![row("a", "s-1", PROBE_MS, true)],
            "without [a/s-1] trying []",
        ),
        // Its answer did not come in time.
        (vec![row("a", "s-1", -1, true)], "without [] trying [a/s-1]"),
        // Other groups' pools.
        (
            vec![
                row("c", "s-1", 0, false),
                row("a", "s-9", 0, false),
                spot(row("a", "s-1", 0, false)),
            ],
            "without [] trying []",
        ),
        // The clock was set back.
        (
            vec![row("a", "s-1", 31 * MINUTE, false)],
            "without [] trying [a/s-1]",
        ),
        // Nothing is left: the batch fails at once, unless somebody is about to know better.
        (all(false), "without [a/- b/-] trying []"),
        (all(true), "wait"),
        (
            [all(true), vec![row("a", "s-1", 0, false)]].concat(),
            "wait",
        ),
        (
            vec![row("a", "", MINUTE, true), row("b", "s-1", MINUTE, false)],
            "without [a/- b/s-1] trying []",
        ),
    ] {
        let choice = choose(&rows, &group(), &profile(), NOW);
        assert_eq!(told(choice), expected, "{rows:?}");
    }
    let tried = choose(&[row("a", "s-1", 0, false)], &group(), &profile(), NOW);
    let Choice::Ask { probes, .. } = tried else {
        panic!("{tried:?}");
    };
    assert_eq!(
        (probes[0].open_until, probes[0].probed_at),
        (NOW + PROBE_MS, Some(NOW))
    );
}

#[test]
fn a_group_is_closed_while_all_of_its_pools_rest() {
    let all = |in_ms: [i64; 2]| [row("a", "", in_ms[0], false), row("b", "", in_ms[1], false)];
    let closed = |rows: &[PoolRow]| closed(rows, &group(), &profile(), NOW);
    let told = closed(&all([MINUTE, 5])).unwrap();
    assert_eq!(
        (told.until, told.why.as_str()),
        (NOW + 5, "a: None; b: None")
    );
    assert_eq!(closed(&all([MINUTE, 0])), None);
    assert_eq!(closed(&[]), None);
    let mut probed = all([MINUTE, 5]);
    probed[1].probed_at = Some(NOW);
    assert_eq!(closed(&probed), None);
}

fn answer(gave: bool, trouble: Option<PoolTrouble>) -> Asked {
    let pools = vec![pool("a", "s-1")];
    let error = trouble.map(|trouble| PoolError {
        pools: pools.clone(),
        trouble,
        code: None,
        message: "no".into(),
    });
    Asked {
        gave: pools.iter().filter(|_| gave).cloned().collect(),
        errors: error.into_iter().collect(),
        strategy: None,
        pools,
    }
}

#[test]
fn after_an_answer() {
    let open = row("a", "s-1", MINUTE, false);
    let due = row("a", "s-1", 0, false);
    let probed = row("a", "s-1", PROBE_MS, true);
    let capacity = Some(PoolTrouble::Capacity);
    // How often it failed, and for how many minutes it rests.
    for (known, gave, trouble, expected) in [
        (None, true, None, None),
        (None, false, None, None),
        (None, false, Some(PoolTrouble::None), None),
        (None, false, capacity, Some((1, 1))),
        // What it gave before it was empty does not count.
        (None, true, capacity, Some((1, 1))),
        (None, false, Some(PoolTrouble::Quota), Some((1, 1))),
        (None, false, Some(PoolTrouble::Unsupported), Some((1, 30))),
        // Two batches that found it empty at once are one failure.
        (Some(&open), false, capacity, None),
        (Some(&open), true, None, None),
        (Some(&due), false, capacity, Some((2, 2))),
        (Some(&due), false, None, None),
        (Some(&probed), false, capacity, Some((2, 2))),
        // Neither: the next batch tries it.
        (Some(&probed), false, None, Some((1, 0))),
        (Some(&probed), false, Some(PoolTrouble::None), Some((1, 0))),
    ] {
        let rows: Vec<PoolRow> = known.cloned().into_iter().collect();
        let changes = after(&rows, &answer(gave, trouble), &profile(), NOW);
        let told = changes.iter().map(|change| match change {
            Change::Put(row) => {
                assert_eq!(row.probed_at, None);
                (row.failures, (row.open_until - NOW) / MINUTE)
            }
            Change::Close(pool) => panic!("{pool} is closed"),
        });
        let told: Vec<(i64, i64)> = told.collect();
        assert_eq!(
            told,
            expected.into_iter().collect::<Vec<_>>(),
            "{known:?} {gave} {trouble:?}"
        );
    }
    for known in [due, probed] {
        let closed = after(&[known], &answer(true, None), &profile(), NOW);
        assert_eq!(closed, [Change::Close(pool("a", "s-1"))]);
    }
}

#[test]
fn a_pool_that_stays_empty_is_tried_less_and_less_often_and_never_given_up() {
    let mut rows: Vec<PoolRow> = vec![];
    let (mut now, mut rests) = (NOW, vec![]);
    for _ in 0..70 {
        let Choice::Ask { resting, probes } = choose(&rows, &group(), &profile(), now) else {
            panic!("nobody else tries it");
        };
        assert_eq!(resting, []);
        if !probes.is_empty() {
            rows = probes;
        }
        let empty = answer(false, Some(PoolTrouble::Capacity));
        let changes = after(&rows, &empty, &profile(), now + 1);
        let [Change::Put(row)] = &changes[..] else {
            panic!("{changes:?}");
        };
        let end = next_try(&empty, &[], std::slice::from_ref(row), &profile(), now + 1);
        assert_eq!(end, Some(row.open_until));
        rests.push((row.open_until - now - 1) / MINUTE);
        now = row.open_until;
        rows = vec![row.clone()];
    }
    assert_eq!(rests[..7], [1, 2, 4, 8, 16, 30, 30]);
    assert!(rests[7..].iter().all(|rest| *rest == 30));
}

#[test]
fn a_node_waits_only_where_all_pools_rest() {
    let empty = answer(false, Some(PoolTrouble::Capacity));
    let open = row("a", "s-1", MINUTE, false);
    let sooner = RestingPool {
        until: NOW + 5,
        ..rest_of(&row("b", "s-1", MINUTE, false))
    };
    let nowhere = Asked::default();
    for (asked, left_out, rows, expected) in [
        (&empty, vec![], vec![open.clone()], Some(NOW + MINUTE)),
        (&empty, vec![sooner.clone()], vec![open], Some(NOW + 5)),
        (&empty, vec![sooner.clone()], vec![], None),
        (&empty, vec![], vec![row("a", "s-1", 0, false)], None),
        // Nobody was asked.
        (&nowhere, vec![sooner], vec![], Some(NOW + 5)),
        (&nowhere, vec![], vec![], None),
    ] {
        let told = next_try(asked, &left_out, &rows, &profile(), NOW);
        assert_eq!(told, expected);
    }
}
