//! The timeline: of a cluster, or of one group, queue, node or job.

use std::collections::HashMap;

use app::i18n::Language;
use app::list::event::EventColumn;
use app::list::{self, Field, Head};
use app::model::error::{Error, Result};
use app::model::event::{Event, EventsOf};
use app::model::live::Kind;
use app::model::operation::Operation;
use app::model::page::{PageOf, PageRequest};
use app::port::{Ctx, Events};
use async_trait::async_trait;

use super::Service;
use crate::db::cluster::ClusterRow;
use crate::db::compute_node_group::{ComputeNodeGroupRow, ComputeNodeGroupSpec};
use crate::db::event::{self, Cursor, EventRow, Part};
use crate::db::queue::{QueueRow, QueueSpec};
use crate::db::resource;
use crate::fault::internal;

/// Events that are read at once where all are looked through.
const CHUNK: i64 = 1000;
/// Later events of the same resource among which the end of what began is looked for.
const LATER: i64 = 20;

#[async_trait]
impl Events for Service {
    async fn list_events(
        &self,
        ctx: &Ctx,
        of: EventsOf,
        page: PageRequest,
    ) -> Result<PageOf<Event>> {
        let cluster = self
            .cluster_for(ctx, Operation::ListEvents, &of.cluster_identifier)
            .await?;
        let fields = EventColumn::ALL.map(|column| column.field(ctx.language.text()));
        let heads: Vec<Head> = fields.iter().map(|field| field.head).collect();
        list::check(&heads, &page)?;
        let about = self.about(&cluster, of).await?;
        let timeline = Timeline {
            service: self,
            part: about.part(),
            names: self.names_in(&cluster).await.map_err(internal)?,
            cluster: &cluster,
            language: ctx.language,
        };
        let is_plain = page.filter.trim().is_empty() && page.properties.is_empty();
        let page = match is_plain && page.sort.is_none() {
            true => timeline.page(&page).await,
            false => timeline.search(&page, &fields).await,
        };
        page.map_err(internal)
    }
}

/// What the events are about.
enum About {
    All,
    Of(Kind, String),
    /// A group, and what its nodes' names begin with.
    Group(String, String),
}

impl About {
    fn part(&self) -> Part<'_> {
        match self {
            About::All => Part::All,
            About::Of(kind, id) => Part::Of(*kind, id),
            About::Group(id, prefix) => Part::Group(id, prefix),
        }
    }
}

impl Service {
    /// Groups and queues by name or id; what is gone by the id that it had.
    async fn about(&self, cluster: &ClusterRow, of: EventsOf) -> Result<About> {
        if of.resource_type.is_empty() {
            return Ok(About::All);
        }
        let kind = Kind::parse(&of.resource_type).ok_or_else(|| {
            Error::field(
                "resourceType",
                "Name cluster, compute-node-group, queue, node or job.",
            )
        })?;
        let (pool, id) = (self.db.pool(), of.resource_id);
        let within = Some(cluster.id.as_str());
        Ok(match kind {
            Kind::ComputeNodeGroup => {
                let group = resource::find::<ComputeNodeGroupSpec>(pool, within, &id).await;
                let group: Option<ComputeNodeGroupRow> = group.map_err(internal)?;
                match group {
                    Some(group) => About::Group(group.id, format!("{}-", group.name)),
                    None => About::Of(kind, id),
                }
            }
            Kind::Queue => {
                let queue = resource::find::<QueueSpec>(pool, within, &id).await;
                let queue: Option<QueueRow> = queue.map_err(internal)?;
                About::Of(kind, queue.map_or(id, |queue| queue.id))
            }
            _ => About::Of(kind, id),
        })
    }

    /// Names of the cluster, its groups and its queues, by id.
    async fn names_in(&self, cluster: &ClusterRow) -> sqlx::Result<HashMap<String, String>> {
        let (pool, id) = (self.db.pool(), Some(cluster.id.as_str()));
        let groups = resource::list::<ComputeNodeGroupSpec>(pool, id).await?;
        let queues = resource::list::<QueueSpec>(pool, id).await?;
        let groups = groups.into_iter().map(|group| (group.id, group.name));
        let queues = queues.into_iter().map(|queue| (queue.id, queue.name));
        let cluster = (cluster.id.clone(), cluster.name.clone());
        Ok(groups.chain(queues).chain([cluster]).collect())
    }
}

/// A part of a cluster's timeline, for a reader.
struct Timeline<'a> {
    service: &'a Service,
    cluster: &'a ClusterRow,
    part: Part<'a>,
    names: HashMap<String, String>,
    language: Language,
}

impl Timeline<'_> {
    async fn older(&self, than: &Cursor, limit: i64) -> sqlx::Result<Vec<EventRow>> {
        event::older(
            self.service.db.pool(),
            &self.cluster.id,
            self.part,
            than,
            limit,
        )
        .await
    }

    fn named(&self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            let name = self.names.get(&event.resource_id);
            event.resource_name = name.cloned().unwrap_or_default();
        }
        events
    }

    /// As the timeline stands: only the page is read.
    async fn page(&self, asked: &PageRequest) -> sqlx::Result<PageOf<Event>> {
        let (pool, cluster) = (self.service.db.pool(), &self.cluster.id);
        let total = event::count(pool, cluster, self.part).await?;
        let total = usize::try_from(total).unwrap_or_default();
        let pages = total.div_ceil(asked.size).max(1);
        let page = asked.page.min(pages - 1);
        let [behind, size] = [page * asked.size, asked.size].map(|n| i64::try_from(n).unwrap_or(0));
        let from = event::place(pool, cluster, self.part, behind).await?;
        let rows = self.older(&from, size).await?;
        let mut events = told(&rows, self.language);
        if page > 0 {
            self.end(&rows, &mut events).await?;
        }
        Ok(PageOf {
            rows: self.named(events),
            page,
            pages,
            found: total,
            total,
            offers: vec![],
            chosen: vec![],
            chosen_of: asked.chosen.clone(),
        })
    }

    /// Words are found and rows are sorted in the reader's language: all are read.
    async fn search(
        &self,
        asked: &PageRequest,
        fields: &[Field<Event>],
    ) -> sqlx::Result<PageOf<Event>> {
        let mut rows: Vec<EventRow> = vec![];
        loop {
            let than = rows.last().map_or_else(Cursor::newest, Cursor::of);
            let more = self.older(&than, CHUNK).await?;
            if more.is_empty() {
                break;
            }
            rows.extend(more);
        }
        let events = self.named(told(&rows, self.language));
        Ok(list::page(&events, fields, asked, |_| 1).map(Clone::clone))
    }

    /// What began on a page may have ended on one before it.
    async fn end(&self, rows: &[EventRow], events: &mut [Event]) -> sqlx::Result<()> {
        let pool = self.service.db.pool();
        for (row, event) in rows.iter().zip(events) {
            let begins = row.what.as_ref().is_some_and(|what| what.begins());
            let Some(kind) = Kind::parse(&row.resource_type) else {
                continue;
            };
            if begins && event.until == 0 {
                let same = Part::Of(kind, &row.resource_id);
                let at = Cursor::of(row);
                let later = event::newer(pool, &self.cluster.id, same, &at, LATER).await?;
                event.until = end_of(row, later.iter()).unwrap_or_default();
            }
        }
        Ok(())
    }
}

/// The rows, newest first, in the reader's language, with the end of what began in them.
fn told(rows: &[EventRow], language: Language) -> Vec<Event> {
    let mut later: HashMap<&str, Vec<&EventRow>> = HashMap::new();
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let same = later.entry(row.resource_id.as_str()).or_default();
        let until = end_of(row, same.iter().rev().copied());
        events.push(row.event(language, until.unwrap_or_default()));
        same.push(row);
    }
    events
}

/// When it ended, if it is the beginning of something; of the later events of the same resource the next one first.
fn end_of<'r>(row: &EventRow, mut later: impl Iterator<Item = &'r EventRow>) -> Option<i64> {
    let begun = row.what.as_ref().filter(|what| what.begins())?;
    let end = later.find(|other| other.what.as_ref().is_some_and(|what| what.ends(begun)))?;
    Some(end.at)
}

#[cfg(test)]
mod tests {
    use app::explain::What;

    use super::*;

    fn row(at: i64, node: &str, what: What) -> EventRow {
        EventRow {
            id: at.to_string(),
            at,
            resource_type: "node".into(),
            resource_id: node.into(),
            code: String::new(),
            message: what.english(),
            what: Some(what),
            actor: event::RECONCILER.into(),
        }
    }

    #[test]
    fn what_begins_lasts_until_its_end_and_what_has_none_goes_on() {
        let starts = |node: &str| What::NodeStarts {
            node: node.into(),
            instance: format!("i-{node}"),
        };
        let rows = [
            row(30, "a-1", What::NodeUp { node: "a-1".into() }),
            row(20, "a-2", starts("a-2")),
            row(10, "a-1", starts("a-1")),
        ];
        let until: Vec<i64> = told(&rows, Language::English)
            .iter()
            .map(|e| e.until)
            .collect();
        assert_eq!(until, [0, 0, 30]);
    }

    #[test]
    fn a_row_of_before_keeps_its_message() {
        let mut old = row(1, "a-1", What::NodeUp { node: "a-1".into() });
        (old.what, old.message) = (None, "Node a-1 came up.".into());
        let told = told(&[old], Language::SimplifiedChinese);
        assert_eq!(told[0].message, "Node a-1 came up.");
    }
}
