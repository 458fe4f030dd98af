//! The log API of AWS, answered from what this server keeps: for whoever may read what the cluster's daemons log. Deleted
//! clusters are asked for by their ids, as long as their lines are kept.

use std::collections::BTreeMap;

use app::model::error::{Error, Result};
use app::model::log::{Log, LogLevel};
use app::model::log_line::*;
use app::model::operation::Operation;
use app::port::{Ctx, LogLines};
use async_trait::async_trait;

use super::Service;
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterSpec;
use crate::db::{past_cluster, resource};
use crate::fault::internal;
use crate::logs::search::{Page, Search};
use crate::logs::store::{Line, LogStore, Stream};

/// Events of one answer, and the most of a description.
const EVENTS: i64 = 10_000;
const GROUPS: i64 = 50;
/// Of an answer's lines, in bytes, as AWS has it.
const BYTES: usize = 1 << 20;
/// As `reconcile::log` keeps them.
const DAYS: i64 = 30;

#[async_trait]
impl LogLines for Service {
    async fn describe_log_groups(
        &self,
        ctx: &Ctx,
        input: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse> {
        ctx.authorize(Operation::DescribeLogGroups, &self.parts.arns.cluster("*"))?;
        let limit = within("limit", input.limit, GROUPS)?;
        let rows = resource::list::<ClusterSpec>(self.parts.db.pool(), None).await;
        let groups = rows
            .map_err(internal)?
            .into_iter()
            .map(|row| self.log_group(&row.id, row.created_at));
        let mut groups: Vec<LogGroup> = groups.collect();
        groups.extend(self.deleted_groups().await.map_err(internal)?);
        groups.sort_by(|a, b| a.log_group_name.cmp(&b.log_group_name));
        let pattern = input
            .log_group_name_pattern
            .unwrap_or_default()
            .to_lowercase();
        groups.retain(|group| {
            let name = &group.log_group_name;
            let begins = |prefix: &String| name.starts_with(prefix.as_str());
            let is_after = |token: &String| name > token;
            input.log_group_name_prefix.as_ref().is_none_or(begins)
                && input.next_token.as_ref().is_none_or(is_after)
                && name.to_lowercase().contains(&pattern)
        });
        let has_more = groups.len() > limit;
        groups.truncate(limit);
        let last = groups.last().map(|group| group.log_group_name.clone());
        Ok(DescribeLogGroupsResponse {
            log_groups: groups,
            next_token: last.filter(|_| has_more),
        })
    }

    async fn describe_log_streams(
        &self,
        ctx: &Ctx,
        input: DescribeLogStreamsRequest,
    ) -> Result<DescribeLogStreamsResponse> {
        let group = input.log_group_name.or(input.log_group_identifier);
        let (id, store) = self
            .log_of(ctx, Operation::DescribeLogStreams, group)
            .await?;
        let arn = self.log_group(&id, 0).log_group_arn;
        // Of jobs that ended there is one for all versions.
        let mut spans = BTreeMap::<String, (i64, i64)>::new();
        for (stream, first, last) in store.streams().await.map_err(internal)? {
            let name = stream_of(&id, stream.log, &stream.version);
            let span = spans.entry(name).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
        let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
        spans.retain(|name, _| name.starts_with(prefix));
        let streams = spans.into_iter().map(|(name, (first, last))| LogStream {
            arn: format!("{arn}:log-stream:{name}"),
            log_stream_name: name,
            first_event_timestamp: first,
            last_event_timestamp: last,
        });
        let mut streams: Vec<LogStream> = streams.collect();
        if input.order_by.as_deref() == Some("LastEventTime") {
            streams.sort_by_key(|one| one.last_event_timestamp);
        }
        if input.descending == Some(true) {
            streams.reverse();
        }
        streams.truncate(within("limit", input.limit, GROUPS)?);
        Ok(DescribeLogStreamsResponse {
            log_streams: streams,
        })
    }

    async fn get_log_events(
        &self,
        ctx: &Ctx,
        input: GetLogEventsRequest,
    ) -> Result<GetLogEventsResponse> {
        let group = input.log_group_name.or(input.log_group_identifier);
        let (id, store) = self.log_of(ctx, Operation::GetLogEvents, group).await?;
        let found = log_of(&id, &input.log_stream_name);
        let (log, version) = found.ok_or_else(|| no_stream(&input.log_stream_name))?;
        let (from, to) = (
            input.start_time.unwrap_or(0),
            input.end_time.unwrap_or(i64::MAX),
        );
        let limit = within("limit", input.limit, EVENTS)?;
        let way = match input.next_token.as_deref() {
            Some(token) => Way::parse(token)?,
            None if input.start_from_head == Some(true) => {
                Way::Forward(store.before_time(from).await.map_err(internal)?)
            }
            None => Way::Backward(i64::MAX),
        };
        let (after, before) = match way {
            Way::Forward(after) => (Some(after), None),
            Way::Backward(before) => (None, Some(before)),
        };
        let search = Search {
            text: String::new(),
            level: LogLevel::Debug,
            from,
            to,
            logs: vec![log],
            version: version.map(str::to_owned),
            before,
            after,
            lines: limit,
        };
        // With where the next page begins where this one has no line.
        let Page { mut lines, next } = store.search(&search).await.map_err(internal)?;
        if after.is_some() {
            lines.reverse();
            bounded(&mut lines);
        } else {
            bounded(&mut lines);
            lines.reverse();
        }
        let (first, last) = match (lines.first(), lines.last(), way) {
            (Some(first), Some(last), _) => (first.seq, last.seq),
            (_, _, Way::Forward(after)) => (after + 1, next.unwrap_or(after)),
            (_, _, Way::Backward(before)) => (
                next.unwrap_or(before),
                before
                    .saturating_sub(1)
                    .min(store.newest().await.map_err(internal)?),
            ),
        };
        Ok(GetLogEventsResponse {
            events: lines.into_iter().map(event_of).collect(),
            next_forward_token: Way::Forward(last).token(),
            next_backward_token: Way::Backward(first).token(),
        })
    }

    async fn filter_log_events(
        &self,
        ctx: &Ctx,
        input: FilterLogEventsRequest,
    ) -> Result<FilterLogEventsResponse> {
        let group = input.log_group_name.or(input.log_group_identifier);
        let (id, store) = self.log_of(ctx, Operation::FilterLogEvents, group).await?;
        let words = pattern(input.filter_pattern.as_deref().unwrap_or_default())?;
        let limit = within("limit", input.limit, EVENTS)?;
        let (from, to) = (
            input.start_time.unwrap_or(0),
            input.end_time.unwrap_or(i64::MAX),
        );
        let after = match input.next_token.as_deref().map(Way::parse).transpose()? {
            Some(Way::Forward(after)) => after,
            Some(Way::Backward(_)) => return Err(bad_token()),
            None => store.before_time(from).await.map_err(internal)?,
        };
        let prefix = input.log_stream_name_prefix.unwrap_or_default();
        let name = |stream: &Stream| stream_of(&id, stream.log, &stream.version);
        let search = Search {
            text: words.join(" "),
            level: LogLevel::Debug,
            from,
            to,
            logs: Log::ALL.into(),
            version: None,
            before: None,
            after: Some(after),
            lines: limit,
        };
        let Page {
            mut lines,
            mut next,
        } = store.search(&search).await.map_err(internal)?;
        lines.reverse();
        if bounded(&mut lines) {
            next = lines.last().map(|line| line.seq);
        }
        // The index finds a word also where it is written otherwise, and where another begins with it.
        lines.retain(|line| {
            let stream = name(&line.stream);
            let names = input.log_stream_names.as_ref();
            words.iter().all(|word| line.text.contains(word))
                && stream.starts_with(&prefix)
                && names.is_none_or(|names| names.contains(&stream))
        });
        let events = lines.into_iter().map(|line| FilteredLogEvent {
            log_stream_name: name(&line.stream),
            timestamp: line.at,
            ingestion_time: line.at,
            event_id: format!("{:056}", line.seq),
            message: line.text,
        });
        Ok(FilterLogEventsResponse {
            events: events.collect(),
            searched_log_streams: vec![],
            next_token: next.map(|after| Way::Forward(after).token()),
        })
    }
}

impl Service {
    fn log_group(&self, cluster_id: &str, created_at: i64) -> LogGroup {
        let name = group_of(cluster_id);
        let arns = &self.parts.arns;
        let arn = format!(
            "arn:aws:logs:{}:{}:log-group:{name}",
            arns.region, arns.account
        );
        LogGroup {
            creation_time: created_at,
            retention_in_days: DAYS,
            metric_filter_count: 0,
            arn: format!("{arn}:*"),
            log_group_arn: arn,
            log_group_class: "STANDARD".to_owned(),
            log_group_name: name,
        }
    }

    /// Of deleted clusters of which this host has lines; when they were created is not known any more.
    async fn deleted_groups(&self) -> anyhow::Result<Vec<LogGroup>> {
        let mut groups = vec![];
        for cluster in past_cluster::all_deleted(self.parts.db.pool()).await? {
            let Some(store) = self.parts.logs.kept(&cluster.id).await? else {
                continue;
            };
            let begins = store
                .streams()
                .await?
                .iter()
                .map(|(_, first, _)| *first)
                .min();
            groups.extend(begins.map(|at| self.log_group(&cluster.id, at)));
        }
        Ok(groups)
    }

    /// The id of the cluster of that log group, and its lines.
    async fn log_of(
        &self,
        ctx: &Ctx,
        operation: Operation,
        group: Option<String>,
    ) -> Result<(String, LogStore)> {
        let group = group.unwrap_or_default();
        let cluster = cluster_of(&group).unwrap_or_default();
        let refusal = match self.observed_cluster(ctx, operation, cluster).await {
            Ok(row) => {
                let store = self.parts.logs.of(&row.id).await.map_err(internal)?;
                return Ok((row.id.clone(), store));
            }
            Err(refusal) => refusal,
        };
        let past = past_cluster::find(self.parts.db.pool(), cluster).await;
        let is_deleted = past
            .map_err(internal)?
            .is_some_and(|past| past.deleted_at.is_some());
        if !is_deleted {
            return Err(refusal);
        }
        ctx.authorize(operation, &self.parts.arns.cluster(cluster))?;
        let store = self.parts.logs.kept(cluster).await.map_err(internal)?;
        Ok((cluster.to_owned(), store.ok_or(refusal)?))
    }
}

/// As many of the first as one answer may have; whether there were more.
fn bounded(lines: &mut Vec<Line>) -> bool {
    let mut left = BYTES;
    let fits = lines.iter().take_while(|line| {
        let fits = line.text.len() <= left;
        left = left.saturating_sub(line.text.len());
        fits
    });
    let fits = fits.count().max(1);
    let has_more = fits < lines.len();
    lines.truncate(fits);
    has_more
}

fn event_of(line: Line) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: line.at,
        ingestion_time: line.at,
        message: line.text,
    }
}

/// Where a page begins.
#[derive(Clone, Copy)]
enum Way {
    /// After that line.
    Forward(i64),
    /// Before that one.
    Backward(i64),
}

impl Way {
    fn parse(token: &str) -> Result<Way> {
        let (way, seq) = token.split_once('/').ok_or_else(bad_token)?;
        let seq = seq.parse().map_err(|_| bad_token())?;
        match way {
            "f" => Ok(Way::Forward(seq)),
            "b" => Ok(Way::Backward(seq)),
            _ => Err(bad_token()),
        }
    }

    fn token(self) -> String {
        match self {
            Way::Forward(seq) => format!("f/{seq}"),
            Way::Backward(seq) => format!("b/{seq}"),
        }
    }
}

fn bad_token() -> Error {
    Error::field(
        "nextToken",
        "The token is none of this operation's: give one of an earlier answer, or none.",
    )
}

fn no_stream(name: &str) -> Error {
    let message = "The specified log stream does not exist. `aws logs describe-log-streams` lists those of a cluster.";
    Error::not_found("LOG_STREAM", name, message)
}

fn within(name: &str, given: Option<i64>, most: i64) -> Result<usize> {
    let limit = given.unwrap_or(most);
    let fits = (1..=most).contains(&limit).then_some(limit);
    let limit = fits.and_then(|limit| usize::try_from(limit).ok());
    limit.ok_or_else(|| Error::field(name, format!("The limit must be from 1 to {most}.")))
}

/// The words of a filter pattern: those with characters other than letters, digits and `_` are in quotation marks.
fn pattern(text: &str) -> Result<Vec<String>> {
    let unknown = || {
        Error::field(
            "filterPattern",
            "Only words that must all be there are understood, and phrases in quotation marks: put a word with other \
             characters than letters, digits and _ into quotation marks.",
        )
    };
    let mut words = vec![];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, left) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(unknown)?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        let is_plain = word.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_plain && !rest.starts_with('"') {
            return Err(unknown());
        }
        words.push(word.to_owned());
        rest = left.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_words_and_phrases() {
        assert_eq!(
            pattern(" error \"node c-1\" x_1").unwrap(),
            ["error", "node c-1", "x_1"]
        );
        assert!(pattern("").unwrap().is_empty());
        for other in ["{ $.a = 1 }", "[a]", "?error", "-error", "%x%", "\"open"] {
            assert!(pattern(other).is_err(), "{other}");
        }
    }
}
