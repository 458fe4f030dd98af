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

/// Events that are read at once where many are looked through.
const CHUNK: i64 = 1000;
/// The most that are looked through for one question, the newest: 20,000 take 0.2 s of a core and 20 MB.
const MOST_SEARCHED: usize = 20_000;
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
        let page = match by_time(&page) {
            Some(order) => timeline.page(&page, order).await,
            None => timeline.search(&page, &fields, MOST_SEARCHED).await,
        };
        page.map_err(internal)
    }
}

/// The order of a timeline, which the database has it in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
}

/// Whether all of it is asked for in the order of time.
fn by_time(asked: &PageRequest) -> Option<Order> {
    let is_all = asked.filter.trim().is_empty() && asked.properties.is_empty();
    match &asked.sort {
        _ if !is_all => None,
        None => Some(Order::NewestFirst),
        Some(sort) if sort.column != EventColumn::Time.key() => None,
        Some(sort) if sort.descending => Some(Order::NewestFirst),
        Some(_) => Some(Order::OldestFirst),
    }
}

/// Which rows of the newest first are those of a page: how many stand before them, and how many they are.
fn place_of(page: usize, size: usize, total: usize, order: Order) -> (usize, usize) {
    let before = page * size;
    let count = size.min(total.saturating_sub(before));
    match order {
        Order::NewestFirst => (before, count),
        Order::OldestFirst => (total.saturating_sub(before + count), count),
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
        let (pool, id) = (self.parts.db.pool(), of.resource_id);
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
        let (pool, id) = (self.parts.db.pool(), Some(cluster.id.as_str()));
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
            self.service.parts.db.pool(),
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
    async fn page(&self, asked: &PageRequest, order: Order) -> sqlx::Result<PageOf<Event>> {
        let (pool, cluster) = (self.service.parts.db.pool(), &self.cluster.id);
        let total = self.count().await?;
        let pages = total.div_ceil(asked.size).max(1);
        let page = asked.page.min(pages - 1);
        let (behind, count) = place_of(page, asked.size, total, order);
        let [behind, count] = [behind, count].map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let from = event::place(pool, cluster, self.part, behind).await?;
        let rows = self.older(&from, count).await?;
        let mut events = told(&rows, self.language);
        if behind > 0 {
            self.end(&rows, &mut events).await?;
        }
        if order == Order::OldestFirst {
            events.reverse();
        }
        Ok(PageOf {
            rows: self.named(events),
            page,
            pages,
            found: total,
            is_more: false,
            total,
            unsearched: 0,
            offers: vec![],
            chosen: vec![],
            chosen_of: asked.chosen.clone(),
        })
    }

    async fn count(&self) -> sqlx::Result<usize> {
        let all = event::count(self.service.parts.db.pool(), &self.cluster.id, self.part).await?;
        Ok(usize::try_from(all).unwrap_or_default())
    }

    /// Words are found and rows are sorted in the reader's language: they are read, the newest of them.
    async fn search(
        &self,
        asked: &PageRequest,
        fields: &[Field<Event>],
        most: usize,
    ) -> sqlx::Result<PageOf<Event>> {
        let mut rows: Vec<EventRow> = vec![];
        while rows.len() < most {
            let than = rows.last().map_or_else(Cursor::newest, Cursor::of);
            let more = self.older(&than, CHUNK).await?;
            if more.is_empty() {
                break;
            }
            rows.extend(more);
        }
        let total = match rows.len() < most {
            true => rows.len(),
            false => self.count().await?.max(rows.len()),
        };
        let unsearched = total - rows.len();
        let events = self.named(told(&rows, self.language));
        let page = list::page(&events, fields, asked, |_| 1).map(Clone::clone);
        Ok(PageOf {
            total,
            unsearched,
            ..page
        })
    }

    /// What began on a page may have ended on one before it.
    async fn end(&self, rows: &[EventRow], events: &mut [Event]) -> sqlx::Result<()> {
        let pool = self.service.parts.db.pool();
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

    use super::super::fixture::{fill, service};
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
    fn pages_in_either_order_are_the_whole_timeline() {
        for (total, size) in [(0_usize, 3), (1, 3), (3, 3), (7, 3), (9, 3), (5, 200)] {
            let pages = total.div_ceil(size).max(1);
            let of = |order: Order| -> Vec<usize> {
                let places = (0..pages).map(|page| place_of(page, size, total, order));
                let rows = |(before, count)| (before..before + count).collect::<Vec<usize>>();
                let mut all: Vec<Vec<usize>> = places.map(rows).collect();
                if order == Order::OldestFirst {
                    all.iter_mut().for_each(|page| page.reverse());
                }
                all.concat()
            };
            let newest: Vec<usize> = (0..total).collect();
            let oldest: Vec<usize> = (0..total).rev().collect();
            assert_eq!(of(Order::NewestFirst), newest, "{total} by {size}");
            assert_eq!(of(Order::OldestFirst), oldest, "{total} by {size}");
        }
    }

    #[tokio::test]
    async fn a_search_goes_no_further_than_it_may_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let service = service(dir.path()).await;
        fill(&service).await;
        let cluster = service.find_cluster("abc").await.unwrap();
        let node = |n: usize| What::NodeUp {
            node: format!("group-{n}"),
        };
        let mut write = service.parts.db.write().await.unwrap();
        for n in 0..2_500 {
            let name = format!("group-{n}");
            event::insert(&mut write, &cluster.id, Kind::Node, &name, "", &node(n))
                .await
                .unwrap();
        }
        write.commit().await.unwrap();
        let timeline = Timeline {
            service: &service,
            cluster: &cluster,
            part: Part::All,
            names: HashMap::new(),
            language: Language::English,
        };
        let fields = EventColumn::ALL.map(|column| column.field(Language::English.text()));
        let total = timeline.count().await.unwrap();
        // What was done to the cluster came before all of these.
        for (most, is_found, unsearched) in [(20_000, true, 0), (2_000, false, total - 2_000)] {
            let asked = PageRequest {
                filter: "Resource : cluster".into(),
                ..PageRequest::default()
            };
            let page = timeline.search(&asked, &fields, most).await.unwrap();
            assert_eq!((page.found > 0, page.total), (is_found, total), "{most}");
            assert_eq!(page.unsearched, unsearched, "{most}");
        }
    }

    #[test]
    fn a_row_of_before_keeps_its_message() {
        let mut old = row(1, "a-1", What::NodeUp { node: "a-1".into() });
        (old.what, old.message) = (None, "Node a-1 came up.".into());
        let told = told(&[old], Language::SimplifiedChinese);
        assert_eq!(told[0].message, "Node a-1 came up.");
    }
}
