use app::model::notice::{Notice, NoticeKind};

use super::*;

fn event(what: What) -> Happened {
    let (code, parameters) = what.parts().unwrap();
    Happened {
        id: "e".into(),
        at: 5,
        cluster_id: "pcs_a".into(),
        resource_type: "node".into(),
        resource_id: "c-1".into(),
        code,
        parameters,
        message: what.english(),
        what: Some(what),
    }
}

fn trigger(what: What) -> Option<Trigger> {
    of_event(&event(what), "one", "http://here").map(|found| found.content.trigger)
}

#[test]
fn what_fails_is_told() {
    let node = || "c-1".to_owned();
    let cause = Cause::NoCapacity { pools: "a".into() };
    let full = What::NodeFailed {
        node: node(),
        cause,
    };
    assert_eq!(trigger(full), Some(Trigger::CapacityRefused));
    let lost = What::NodeFailed {
        node: node(),
        cause: Cause::Vanished,
    };
    assert_eq!(trigger(lost), Some(Trigger::NodeFailed));
    assert_eq!(
        trigger(What::ControllerKilled {}),
        Some(Trigger::ClusterFailed)
    );
    assert_eq!(trigger(What::NodeUp { node: node() }), None);
    let notice = Notice {
        kind: NoticeKind::Rebalance,
        until: None,
        time: String::new(),
        what: String::new(),
    };
    let noticed = What::NodeNoticed {
        node: node(),
        notice,
    };
    assert_eq!(trigger(noticed), None);
}

#[test]
fn a_destination_of_logs_that_is_down_is_told() {
    let name = || "kept".to_owned();
    let fails = What::DeliveryFails {
        name: name(),
        words: "no".into(),
    };
    let lost = What::LogLinesLost {
        name: name(),
        lines: 7,
    };
    let works = What::DeliveryWorks { name: name() };
    let unpublished = What::PublishingFails { words: "no".into() };
    for (what, code, wanted) in [
        (fails, "delivery-fails", Some(Trigger::LogDestinationDown)),
        (lost, "log-lines-lost", Some(Trigger::LogDestinationDown)),
        (works, "delivery-works", None),
        (
            unpublished,
            "publishing-fails",
            Some(Trigger::LogDestinationDown),
        ),
    ] {
        assert_eq!(event(what.clone()).code, code);
        assert_eq!(trigger(what), wanted, "{code}");
    }
    let mut unknown = event(What::ControllerKilled {});
    unknown.what = None;
    assert_eq!(of_event(&unknown, "one", ""), None);
}

fn end(state: &str) -> JobEnd {
    JobEnd {
        at: 7,
        found_at: 7,
        cluster_id: "pcs_a".into(),
        job: "12".into(),
        name: "a\nb".into(),
        user: "ada".into(),
        state: state.into(),
        submitter: "arn:aws:iam::1:user/bob".into(),
        record: r#"{"startedAt": 3}"#.into(),
    }
}

fn rule(triggers: &[Trigger]) -> Rule {
    Rule {
        id: "r".into(),
        since: 0,
        settings: RuleSettings {
            triggers: triggers.to_vec(),
            ..Default::default()
        },
    }
}

#[test]
fn a_job_is_its_users() {
    let done = of_job(&end("COMPLETED"), "one", "").unwrap();
    assert!(done.content.text.contains("a␊b"), "{}", done.content.text);
    assert_eq!(of_job(&end("CANCELLED"), "one", ""), None);
    let mut one = rule(&[Trigger::JobDone]);
    assert!(wants(&one, &done), "everybody's");
    for (user, is_theirs) in [("ada", true), ("bob", true), ("eve", false)] {
        one.settings.users = vec![user.into()];
        assert_eq!(wants(&one, &done), is_theirs, "{user}");
    }
    one.settings.users.clear();
    one.settings.at_least = Severity::Warning;
    assert!(!wants(&one, &done), "it is only information");
    let failed = of_job(&end("TIMEOUT"), "one", "").unwrap();
    assert!(!wants(&one, &failed), "the rule is not about it");
    one.settings.triggers.push(Trigger::JobFailed);
    assert!(wants(&one, &failed));
    one.settings.clusters = vec!["pcs_b".into()];
    assert!(!wants(&one, &failed));
    one.settings.clusters.push("pcs_a".into());
    assert!(wants(&one, &failed));
    one.since = 8;
    assert!(!wants(&one, &failed), "it was before the rule");
}

#[test]
fn an_id_is_of_its_parts() {
    assert_eq!(id(&["a", "b"]), id(&["a", "b"]));
    assert_ne!(id(&["ab", ""]), id(&["a", "b"]));
}

fn at(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

#[test]
fn quiet_times_are_of_the_clock_on_the_wall() {
    let night = Quiet {
        from_minute: 22 * 60,
        to_minute: 7 * 60,
        time_zone: "Europe/Berlin".into(),
    };
    let table = [
        ("2026-01-10T20:59:00Z", None),
        ("2026-01-10T21:00:00Z", Some("2026-01-11T06:00:00Z")),
        ("2026-01-11T05:59:59Z", Some("2026-01-11T06:00:00Z")),
        ("2026-01-11T06:00:00Z", None),
        // Summer time begins in this night.
        ("2026-03-28T22:00:00Z", Some("2026-03-29T05:00:00Z")),
    ];
    for (now, until) in table {
        assert_eq!(quiet_until(&night, at(now)), until.map(at), "{now}");
    }
    let noon = Quiet {
        from_minute: 12 * 60,
        to_minute: 13 * 60,
        time_zone: "Asia/Shanghai".into(),
    };
    assert_eq!(
        quiet_until(&noon, at("2026-01-10T04:30:00Z")),
        Some(at("2026-01-10T05:00:00Z"))
    );
    assert_eq!(quiet_until(&noon, at("2026-01-10T12:30:00Z")), None);
}

#[test]
fn no_more_in_an_hour_than_wanted() {
    let mut settings = RuleSettings::default();
    assert_eq!(held_until(&settings, HOUR + 5, 1_000), None, "no limit");
    settings.per_hour = 2;
    assert_eq!(held_until(&settings, HOUR + 5, 1), None);
    assert_eq!(held_until(&settings, HOUR + 5, 2), Some(2 * HOUR));
    // The full hour ends when it is quiet already.
    settings.quiet = Some(Quiet {
        from_minute: 90,
        to_minute: 180,
        time_zone: "UTC".into(),
    });
    assert_eq!(held_until(&settings, HOUR + 5, 2), Some(3 * HOUR));
    assert_eq!(held_until(&settings, HOUR + 5, 1), None);
}

#[test]
fn a_digest_has_the_first_and_counts_the_rest() {
    let contents: Vec<Content> = (0..25)
        .map(|n| Content {
            text: format!("thing {n}."),
            at: n,
            severity: if n == 3 {
                Severity::Critical
            } else {
                Severity::Info
            },
            ..Default::default()
        })
        .collect();
    let contents: Vec<&Content> = contents.iter().collect();
    let all = digest(&contents, 0);
    assert!(all.text.starts_with("25 were held back:\nthing 0."));
    assert!(all.text.ends_with("thing 19.\nand 5 more"), "{}", all.text);
    assert_eq!((all.severity, all.at), (Severity::Critical, 24));
    let text = digest(&contents[..1], 3).text;
    assert!(
        text.starts_with("1 was held back:\nthing 0.\n3 more were dropped:"),
        "{text}"
    );
}

#[test]
fn what_fails_is_tried_for_a_day() {
    assert_eq!(pause(1), 5_000);
    assert_eq!(pause(2), 10_000);
    assert_eq!(pause(100), HOUR);
    assert_eq!(again(0, 1, 0), Some(5_000));
    assert_eq!(again(0, 30, TRIED - 1), None);
}
