//! Reading the audit trail: as AWS CloudTrail answers it, and for the console.

use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::trail::*;
use app::port::{Ctx, Trail};
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::audit::chain;
use crate::db::audit::record::{resource_type, whole, whole_arn};
use crate::db::audit::search::{Kept, Key, Wanted, anywhere, newest};
use crate::fault::internal;

/// The longest value of an attribute, in characters.
const LONGEST_VALUE: usize = 2_000;
const KEYS: &str =
    "AccessKeyId, EventId, EventName, EventSource, ReadOnly, ResourceName, ResourceType, Username";

#[async_trait]
impl Trail for Service {
    async fn lookup_events(
        &self,
        ctx: &Ctx,
        input: LookupEventsRequest,
    ) -> Result<LookupEventsResponse> {
        ctx.authorize(Operation::LookupEvents, "*")?;
        let limit = input.max_results.unwrap_or(MOST_EVENTS);
        let wanted = self.by_end(wanted(input)?);
        self.recorder.flush().await;
        let mut rows = newest(self.parts.db.pool(), &wanted, limit + 1)
            .await
            .map_err(internal)?;
        let is_more = rows.len() as i64 > limit;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| is_more);
        Ok(LookupEventsResponse {
            next_token: next.map(|row| row.number.to_string()),
            events: rows.iter().map(|row| self.looked_up(row)).collect(),
        })
    }

    async fn list_trail(&self, ctx: &Ctx, of: TrailOf) -> Result<TrailPage> {
        ctx.authorize(Operation::LookupEvents, "*")?;
        check(&of)?;
        self.recorder.flush().await;
        let wanted = self.by_end(Wanted { of, key: None });
        let mut rows = newest(self.parts.db.pool(), &wanted, MOST_ROWS as i64 + 1)
            .await
            .map_err(internal)?;
        let is_more = rows.len() > MOST_ROWS;
        rows.truncate(MOST_ROWS);
        Ok(TrailPage {
            next: rows.last().filter(|_| is_more).map(|row| row.number),
            rows: rows.into_iter().map(|row| self.row(row)).collect(),
        })
    }

    async fn verify_trail(&self, ctx: &Ctx) -> Result<TrailCheck> {
        ctx.authorize(Operation::LookupEvents, "*")?;
        let (check, _) = chain::verify(&self.parts.db).await.map_err(internal)?;
        Ok(check)
    }
}

impl Service {
    /// A resource of a cluster is looked for by the end of its ARN, which all that was kept of it has.
    fn by_end(&self, mut wanted: Wanted) -> Wanted {
        let beginning = self.parts.arns.cluster("");
        if let Some(rest) = wanted.of.resource.strip_prefix(&beginning) {
            wanted.of.resource = format!("cluster/{rest}");
        }
        wanted
    }

    fn looked_up(&self, row: &Kept) -> LookedUp {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let resource = (!matches!(row.resource_arn.as_str(), "" | "*")).then(|| LookedUpResource {
            resource_type: resource_type(&row.resource_arn).map(Into::into),
            resource_name: whole_arn(&row.resource_arn, &self.parts.arns),
        });
        LookedUp {
            event_id: row.id.clone(),
            event_name: row.operation.clone(),
            read_only: row.read_only.to_string(),
            access_key_id: text(&row.access_key),
            event_time: (row.at / 1000) as f64,
            event_source: row.event_source.clone(),
            username: text(&row.user_name),
            resources: resource.into_iter().collect(),
            cloud_trail_event: whole(&row.record, &self.parts.arns).to_string(),
        }
    }

    fn row(&self, row: Kept) -> TrailRow {
        let record = whole(&row.record, &self.parts.arns);
        TrailRow {
            number: row.number,
            at: row.at,
            user: match row.user_name.is_empty() {
                true => row.principal,
                false => row.user_name,
            },
            operation: row.operation,
            source: row.event_source,
            resource_arn: whole_arn(&row.resource_arn, &self.parts.arns),
            read_only: row.read_only,
            error_code: row.error_code,
            record: format!("{record:#}"),
        }
    }
}

/// Refuses what AWS refuses, each under the member that its exception is named after.
fn wanted(input: LookupEventsRequest) -> Result<Wanted> {
    let refuse = |member: &str, why: &str| Err(Error::field(member, why));
    if !(1..=MOST_EVENTS).contains(&input.max_results.unwrap_or(MOST_EVENTS)) {
        return refuse("MaxResults", "Ask for 1 to 50 events.");
    }
    if input.event_category.is_some() {
        return refuse(
            "EventCategory",
            "There are no Insights events here. Leave EventCategory out.",
        );
    }
    let ms = |seconds: Option<f64>| seconds.map(|seconds| (seconds * 1000.0) as i64);
    let (from, to) = (ms(input.start_time), ms(input.end_time));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return refuse(
            "StartTime",
            "The start time is after the end time. Exchange them.",
        );
    }
    let before = input.next_token.map(|token| token.parse::<i64>());
    let Ok(before) = before.transpose() else {
        return refuse(
            "NextToken",
            "This is no token of this operation. Use the one of the last answer, or none.",
        );
    };
    let mut wanted = Wanted::default();
    match input.lookup_attributes.as_slice() {
        [] => {}
        [one] => look_up(&mut wanted, one)?,
        _ => return refuse("LookupAttributes", "Give one attribute at most."),
    }
    let of = TrailOf {
        from,
        // As AWS, up to the second and with it.
        to: to.map(|to| to.saturating_add(1_000)),
        before,
        ..wanted.of
    };
    Ok(Wanted { of, ..wanted })
}

fn look_up(wanted: &mut Wanted, one: &LookupAttribute) -> Result<()> {
    let refuse = |why: String| Err(Error::field("LookupAttributes", why));
    let value = one.attribute_value.clone();
    if !(1..=LONGEST_VALUE).contains(&value.chars().count()) {
        return refuse(format!("A value has 1 to {LONGEST_VALUE} characters."));
    }
    match one.attribute_key.as_str() {
        "EventId" => wanted.key = Some((Key::Id, value)),
        "EventName" => wanted.of.operation = value,
        "Username" => wanted.of.user = value,
        "EventSource" => wanted.key = Some((Key::Source, value)),
        "AccessKeyId" => wanted.key = Some((Key::AccessKey, value)),
        "ResourceName" => wanted.of.resource = value,
        "ResourceType" => match pattern(&value) {
            Some(pattern) => wanted.key = Some((Key::ResourceArn, pattern)),
            // Nothing has that.
            None => wanted.key = Some((Key::Id, String::new())),
        },
        "ReadOnly" => match value.to_lowercase().as_str() {
            word @ ("true" | "false") => wanted.of.read_only = word.into(),
            _ => return refuse("ReadOnly is true or false.".into()),
        },
        _ => return refuse(format!("There is no such attribute. Use one of: {KEYS}.")),
    }
    Ok(())
}

/// Of the ARNs of resources of that type, whose ids have no slash.
fn pattern(resource_type: &str) -> Option<String> {
    let part = match resource_type {
        "AWS::PCS::ComputeNodeGroup" => "/computenodegroup/",
        "AWS::PCS::Queue" => "/queue/",
        "AWS::PCS::Cluster" => return Some("%cluster/pcs!___________".into()),
        "AWS::SecretsManager::Secret" => ":secret:",
        "AWS::IAM::User" => ":user/",
        "AWS::IAM::AccessKey" => ":access-key/",
        _ => return None,
    };
    Some(anywhere(part))
}

fn check(of: &TrailOf) -> Result<()> {
    let texts = [
        ("resource", &of.resource),
        ("user", &of.user),
        ("operation", &of.operation),
    ];
    for (name, text) in texts {
        if text.chars().count() > LONGEST_VALUE {
            return Err(Error::field(
                name,
                format!("Use at most {LONGEST_VALUE} characters."),
            ));
        }
    }
    for (name, word, known) in [
        ("outcome", &of.outcome, ["allowed", "refused"]),
        ("readOnly", &of.read_only, ["true", "false"]),
    ] {
        if !word.is_empty() && !known.contains(&word.as_str()) {
            let [one, other] = known;
            return Err(Error::field(
                name,
                format!("Say {one}, {other} or nothing."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use app::model::error::ErrorKind;

    use super::*;

    fn refused(input: LookupEventsRequest) -> String {
        match wanted(input).map(drop).unwrap_err().kind {
            ErrorKind::Validation { fields, .. } => fields[0].name.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_aws_refuses_is_refused_by_its_member() {
        let none = LookupEventsRequest::default;
        let attribute = |key: &str, value: &str| LookupAttribute {
            attribute_key: key.into(),
            attribute_value: value.into(),
        };
        for (input, member) in [
            (
                LookupEventsRequest {
                    max_results: Some(0),
                    ..none()
                },
                "MaxResults",
            ),
            (
                LookupEventsRequest {
                    max_results: Some(51),
                    ..none()
                },
                "MaxResults",
            ),
            (
                LookupEventsRequest {
                    event_category: Some("insight".into()),
                    ..none()
                },
                "EventCategory",
            ),
            (
                LookupEventsRequest {
                    start_time: Some(2.0),
                    end_time: Some(1.0),
                    ..none()
                },
                "StartTime",
            ),
            (
                LookupEventsRequest {
                    next_token: Some("x".into()),
                    ..none()
                },
                "NextToken",
            ),
            (
                LookupEventsRequest {
                    lookup_attributes: vec![attribute("x", "y")],
                    ..none()
                },
                "LookupAttributes",
            ),
            (
                LookupEventsRequest {
                    lookup_attributes: vec![attribute("ReadOnly", "y")],
                    ..none()
                },
                "LookupAttributes",
            ),
            (
                LookupEventsRequest {
                    lookup_attributes: vec![attribute("EventId", "")],
                    ..none()
                },
                "LookupAttributes",
            ),
            (
                LookupEventsRequest {
                    lookup_attributes: vec![attribute("EventId", "a"); 2],
                    ..none()
                },
                "LookupAttributes",
            ),
        ] {
            assert_eq!(refused(input), member);
        }
    }
}
