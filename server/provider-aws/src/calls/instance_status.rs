//! What EC2's checks find of instances, and what it plans for their hosts. Of the whole account, but only those about which
//! there is something to say: an answer is as small as the trouble is.

use std::collections::HashMap;

use app::model::notice::{Notice, NoticeKind};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::{
    EventCode, Filter, InstanceStatus, InstanceStatusEvent, InstanceStatusSummary, SummaryStatus,
};
use openpcs_provider::{Health, Impaired};

use super::CallError;

/// The actions of IAM that these calls need.
pub const ACTIONS: &[&str] = &["ec2:DescribeInstanceStatus"];

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;

/// How EC2 says that an event lies behind.
const OVER: [&str; 2] = ["[Completed]", "[Canceled]"];

/// By EC2's ids. `now`: in milliseconds since 1970.
pub async fn remarkable(client: &Client, now: i64) -> Result<HashMap<String, Health>, CallError> {
    let impaired = SummaryStatus::Impaired.as_str();
    let codes = EventCode::values();
    let mut found = HashMap::new();
    // A call's filters all have to fit, and one of these is enough.
    for (name, values) in [
        ("instance-status.status", &[impaired][..]),
        ("system-status.status", &[impaired]),
        ("event.code", codes),
    ] {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let filter = Filter::builder().name(name).set_values(Some(values));
        let call = client.describe_instance_status().filters(filter.build());
        let mut answers = call.into_paginator().page_size(PAGE).send();
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(|error| CallError::of("DescribeInstanceStatus", error))?;
            let told = answer.instance_statuses().iter();
            found.extend(told.filter_map(|status| of(status, now)));
        }
    }
    Ok(found)
}

/// With its id; none when there is nothing to say of it.
fn of(status: &InstanceStatus, now: i64) -> Option<(String, Health)> {
    let health = Health {
        impaired: impaired(status, now),
        planned: planned(status.events()),
    };
    (health != Health::default()).then_some((status.instance_id()?.to_owned(), health))
}

fn impaired(status: &InstanceStatus, now: i64) -> Option<Impaired> {
    let checks = [
        ("instance status check", status.instance_status()),
        ("system status check", status.system_status()),
    ];
    let failing = checks.into_iter().filter_map(|(name, check)| {
        let check = check.filter(|it| it.status() == Some(&SummaryStatus::Impaired))?;
        Some((since(check).unwrap_or(now), name))
    });
    let failing: Vec<(i64, &str)> = failing.collect();
    let names: Vec<&str> = failing.iter().map(|(_, name)| *name).collect();
    Some(Impaired {
        since: failing.iter().map(|(since, _)| *since).min()?,
        what: names.join(", "),
    })
}

fn since(check: &InstanceStatusSummary) -> Option<i64> {
    let since = check.details().iter().filter_map(|it| it.impaired_since());
    since.filter_map(millis).min()
}

/// The first of those that are still to come.
fn planned(events: &[InstanceStatusEvent]) -> Option<Notice> {
    let is_over = |event: &&InstanceStatusEvent| {
        let words = event.description().unwrap_or_default();
        OVER.iter().any(|over| words.starts_with(over))
    };
    let to_come = events.iter().filter(|event| !is_over(event));
    let notices = to_come.filter_map(|event| {
        let at = event.not_before();
        let time = at.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok());
        Some(Notice {
            kind: NoticeKind::Scheduled,
            until: at.and_then(millis),
            time: time.unwrap_or_default(),
            what: event.code()?.as_str().to_owned(),
        })
    });
    notices.min_by_key(|notice| notice.until.unwrap_or(i64::MAX))
}

fn millis(at: &DateTime) -> Option<i64> {
    at.to_millis().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(status: SummaryStatus, since: Option<i64>) -> InstanceStatusSummary {
        let details = aws_sdk_ec2::types::InstanceStatusDetails::builder()
            .set_impaired_since(since.map(DateTime::from_secs))
            .build();
        InstanceStatusSummary::builder()
            .status(status)
            .details(details)
            .build()
    }

    fn status(instance: InstanceStatusSummary, system: InstanceStatusSummary) -> InstanceStatus {
        InstanceStatus::builder()
            .instance_id("i-1")
            .instance_status(instance)
            .system_status(system)
            .build()
    }

    #[test]
    fn checks_that_fail_are_told_with_when_they_began_to() {
        use SummaryStatus::{Impaired as Failing, Initializing, InsufficientData, Ok};
        let (instance, system) = ("instance status check", "system status check");
        for (of_instance, of_system, expected) in [
            ((Ok, None), (Ok, None), None),
            ((Initializing, None), (InsufficientData, None), None),
            (
                (Failing, Some(5)),
                (Ok, None),
                Some((5_000, instance.to_owned())),
            ),
            ((Ok, None), (Failing, None), Some((9, system.to_owned()))),
            (
                (Failing, Some(7)),
                (Failing, Some(5)),
                Some((5_000, format!("{instance}, {system}"))),
            ),
        ] {
            let it = status(
                summary(of_instance.0, of_instance.1),
                summary(of_system.0, of_system.1),
            );
            let found = impaired(&it, 9).map(|it| (it.since, it.what));
            assert_eq!(found, expected);
            assert_eq!(of(&it, 9).is_some(), expected.is_some());
        }
    }

    #[test]
    fn of_what_is_planned_the_first_counts_that_is_to_come() {
        let event = |code: EventCode, at: i64, words: &str| {
            InstanceStatusEvent::builder()
                .code(code)
                .not_before(DateTime::from_secs(at))
                .description(words)
                .build()
        };
        let events = [
            event(EventCode::SystemReboot, 1, "[Completed] Scheduled reboot"),
            event(EventCode::InstanceStop, 90, "stops"),
            event(EventCode::InstanceRetirement, 60, "on degraded hardware"),
        ];
        let notice = planned(&events).unwrap();
        assert_eq!(
            (notice.until, notice.what.as_str(), notice.time.as_str()),
            (Some(60_000), "instance-retirement", "1970-01-01T00:01:00Z")
        );
        assert_eq!(planned(&events[..1]), None);
    }
}
