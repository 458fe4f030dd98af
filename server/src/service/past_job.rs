//! Jobs that ended, over all time: the list, page by page, and one of them. The database knows them, and nobody else is
//! asked: neither Slurm, nor another server on whose host the cluster runs. A cluster may be deleted.

use std::collections::HashMap;

use app::explain::{efficiency, refusal};
use app::list::past_job::{PastColumn, state_labels, states};
use app::list::{self, Head};
use app::model::echo::clip;
use app::model::error::{Error, Result};
use app::model::operation::Operation;
use app::model::page::{Operator, PageOf, PageRequest, Property};
use app::model::past_job::*;
use app::port::Ctx;

use super::Service;
use super::job_find::RESOURCE_TYPE;
use super::past_search::{FEW, PATIENCE, Searched, Window, search};
use crate::auth::policy::Authorize as _;
use crate::db::cluster::ClusterRow;
use crate::db::past_cluster::{self, PastCluster};
use crate::db::past_job::{Column, Found, Place, Test, Wanted};
use crate::db::{job, past_job, resource};
use crate::fault::internal;

/// Values offered for a property, and how many jobs are asked for them.
const MOST_OFFERS: i64 = 12;
const OFFERED_OF: i64 = 20_000;
/// Of those that are found so many are counted behind the page that is shown: to count all of a million takes longer than
/// to find those that are read.
const MOST_COUNTED: i64 = 5000;
/// Between the parts of a place in the list.
const SEPARATOR: char = '/';

/// The clusters that somebody may look at, by their ids.
#[derive(Default)]
pub(super) struct Clusters(HashMap<String, PastCluster>);

impl Clusters {
    fn one(id: &str, name: &str, deleted_at: Option<i64>) -> Clusters {
        let cluster = PastCluster {
            id: id.into(),
            name: name.into(),
            deleted_at,
            ..PastCluster::default()
        };
        Clusters([(id.to_owned(), cluster)].into())
    }

    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.0.keys().cloned().collect();
        ids.sort();
        ids
    }

    fn named(&self, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let all = self.0.values();
        let meant =
            all.filter(|cluster| is_meant(&cluster.name.to_lowercase()) || is_meant(&cluster.id));
        meant.map(|cluster| cluster.id.clone()).collect()
    }

    pub(super) fn row(&self, found: Found) -> PastRow {
        let cluster = self.0.get(&found.cluster_id);
        PastRow {
            cluster_name: cluster.map(|one| one.name.clone()).unwrap_or_default(),
            cluster_deleted_at: cluster.and_then(|one| one.deleted_at).unwrap_or_default(),
            cluster_id: found.cluster_id,
            job: found.job,
        }
    }
}

/// A question, understood.
pub(super) struct Asked {
    pub clusters: Clusters,
    pub wanted: Wanted,
    /// The property that is being typed.
    typed: Option<Property>,
}

impl Service {
    pub(super) async fn past_jobs(
        &self,
        ctx: &Ctx,
        of: PastJobsOf,
        page: PageRequest,
    ) -> Result<PastJobs> {
        let mut asked = self.asked_of_past(ctx, &of, &page).await?;
        let pool = self.parts.db.pool();
        let total = past_job::count(pool, &asked.wanted)
            .await
            .map_err(internal)?;
        asked.wanted.of_few = total <= FEW;
        let is_all = asked.wanted.is_all();
        let size = page.size as i64;
        let window = |at: i64| {
            let behind = at.saturating_add(1).saturating_mul(size);
            Window {
                skip: at.saturating_mul(size),
                rows: size + 1,
                most: behind.saturating_add(if is_all { 1 } else { MOST_COUNTED }),
            }
        };
        let search = async |at| {
            let found = search(pool, &asked.wanted, window(at), PATIENCE).await;
            found.map_err(internal)
        };
        let mut at = i64::try_from(page.page).unwrap_or(i64::MAX);
        let mut searched = search(at).await?;
        let count = |searched: &Searched| if is_all { total } else { searched.count };
        let last_page = (count(&searched).max(1) - 1) / size;
        if at > last_page {
            at = last_page;
            searched = search(at).await?;
        }
        let found = count(&searched);
        let is_more = !is_all && (found >= window(at).most || searched.until.is_some());
        let pages = (found.max(1) - 1) / size + 1;
        let Searched {
            mut rows, until, ..
        } = searched;
        let has_more = rows.len() > page.size;
        rows.truncate(page.size);
        let until = until.filter(|_| !has_more);
        let searched_to = until.as_ref().map(|place| place.ended_at);
        let last = rows.last().map(Found::place).filter(|_| has_more);
        let next = last.or(until).map(|place| token(&place));
        let offers = self.offers(ctx, &asked).await?;
        let rows = rows.into_iter().map(|found| asked.clusters.row(found));
        let page = PageOf {
            rows: rows.collect(),
            page: at as usize,
            pages: pages as usize,
            found: found as usize,
            is_more,
            total: total as usize,
            unsearched: 0,
            offers,
            chosen: vec![],
            chosen_of: page.chosen,
        };
        Ok(PastJobs {
            page,
            next,
            searched_to,
        })
    }

    pub(super) async fn past_job(
        &self,
        ctx: &Ctx,
        cluster: &str,
        id: &str,
    ) -> Result<PastJobDetail> {
        let clusters = self.past_cluster(ctx, Operation::GetJob, cluster).await?;
        let pool = self.parts.db.pool();
        for (cluster_id, cluster) in &clusters.0 {
            let found = past_job::find(pool, cluster_id, id)
                .await
                .map_err(internal)?;
            let Some((past, steps)) = found else { continue };
            let own = job::find(pool, cluster_id, &past.id)
                .await
                .map_err(internal)?;
            let has_page = cluster.deleted_at.is_none() && own.is_some();
            return Ok(PastJobDetail {
                cpu_percent: past.cpu_percent(),
                memory_percent: past.memory_percent(),
                time_percent: past.time_percent(),
                remedies: efficiency::remedies(&past, ctx.language),
                row: clusters.row(Found {
                    cluster_id: cluster_id.clone(),
                    id: id.to_owned(),
                    job: past,
                }),
                steps,
                has_page,
            });
        }
        let values = [("cluster", clip(cluster)), ("job", clip(id))];
        let message = refusal(ctx.language, |t| t.no_past_job, &values);
        Err(Error::not_found(RESOURCE_TYPE, id, message))
    }

    /// Whose jobs are wanted, and which.
    pub(super) async fn asked_of_past(
        &self,
        ctx: &Ctx,
        of: &PastJobsOf,
        page: &PageRequest,
    ) -> Result<Asked> {
        let t = ctx.language.text();
        let columns = PastColumn::all(of.cluster_identifier.is_none()).into_iter();
        let heads: Vec<Head> = columns.map(|column| column.field(t).head).collect();
        let clusters = match &of.cluster_identifier {
            Some(one) => self.past_cluster(ctx, Operation::ListJobs, one).await?,
            None => self.past_clusters(ctx).await?,
        };
        list::check(&heads, page)?;
        let after = of.after.as_deref().map(place).transpose()?;
        let typed = list::parse(&heads, &page.filter);
        let tester = Tester {
            ctx,
            clusters: &clusters,
        };
        let mut tests: Vec<Test> = page.properties.iter().map(|one| tester.test(one)).collect();
        match &typed {
            Some(property) if property.value.is_empty() => {}
            Some(property) => tests.push(tester.test(property)),
            None => tests.extend(tester.words(page.filter.trim())),
        }
        let wanted = Wanted {
            clusters: clusters.ids(),
            from: of.from,
            to: of.to,
            tests,
            after,
            ..Wanted::default()
        };
        Ok(Asked {
            clusters,
            wanted,
            typed,
        })
    }

    /// The one of that name or id; of those that were deleted, that of this id, and of this name if none has it now.
    async fn past_cluster(
        &self,
        ctx: &Ctx,
        operation: Operation,
        identifier: &str,
    ) -> Result<Clusters> {
        let arn = |id: &str| self.parts.arns.cluster(id);
        if let Some(row) = self.passed(ctx, operation, identifier, arn).await? {
            return Ok(Clusters::one(&row.id, &row.name, None));
        }
        let deleted = past_cluster::deleted(self.parts.db.pool()).await;
        let mut deleted = deleted.map_err(internal)?;
        deleted.retain(|one| {
            let is_it = one.id == identifier || one.name == identifier;
            is_it && ctx.may(operation, &arn(&one.id))
        });
        if deleted.is_empty() {
            let values = [("cluster", clip(identifier))];
            let message = refusal(ctx.language, |t| t.no_past_cluster, &values);
            return Err(Error::not_found("CLUSTER", identifier, message));
        }
        let pairs = deleted.into_iter().map(|one| (one.id.clone(), one));
        Ok(Clusters(pairs.collect()))
    }

    /// All that somebody may look at, who may list clusters at all.
    async fn past_clusters(&self, ctx: &Ctx) -> Result<Clusters> {
        ctx.authorize(Operation::ListClusters, &self.parts.arns.cluster("*"))?;
        let pool = self.parts.db.pool();
        let rows: Vec<ClusterRow> = resource::list(pool, None).await.map_err(internal)?;
        let alive = rows.into_iter().filter(|row| !row.is_given_up());
        let alive = alive.map(|row| PastCluster {
            id: row.id,
            name: row.name,
            ..PastCluster::default()
        });
        let deleted = past_cluster::deleted(pool).await.map_err(internal)?;
        let mut all = HashMap::new();
        for cluster in deleted.into_iter().chain(alive) {
            let arn = self.parts.arns.cluster(&cluster.id);
            match ctx.authorize(Operation::ListJobs, &arn) {
                Ok(()) => drop(all.insert(cluster.id.clone(), cluster)),
                // Of what is gone nobody need be told that they may not see it.
                Err(_) if cluster.deleted_at.is_some() => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(Clusters(all))
    }

    /// What could stand behind the property that is being typed.
    async fn offers(&self, ctx: &Ctx, asked: &Asked) -> Result<Vec<Property>> {
        let Some(typed) = &asked.typed else {
            return Ok(vec![]);
        };
        let start = typed.value.to_lowercase();
        let column = column(&typed.column);
        let values = match column {
            Column::State => state_labels(ctx.language.text()),
            Column::Cluster => {
                let all = asked.clusters.0.values();
                let mut names: Vec<String> = all.map(|one| one.name.clone()).collect();
                names.sort();
                names.dedup();
                names
            }
            Column::Id | Column::Name => vec![],
            Column::User | Column::Account | Column::Queue => {
                let (pool, mut wanted) = (self.parts.db.pool(), asked.wanted.clone());
                wanted.tests = vec![Test::Contains(column, start.clone())];
                if !wanted.of_few {
                    let until = past_job::place_of(pool, &wanted, OFFERED_OF).await;
                    wanted.until = until.map_err(internal)?;
                }
                let found = past_job::values(pool, &wanted, column, MOST_OFFERS);
                found.await.map_err(internal)?
            }
        };
        let values = values.into_iter();
        let values = values.filter(|value| value.to_lowercase().contains(&start));
        let offer = |value| Property {
            value,
            ..typed.clone()
        };
        Ok(values.map(offer).take(MOST_OFFERS as usize).collect())
    }
}

/// Makes tests of what was asked for in the reader's words.
struct Tester<'a> {
    ctx: &'a Ctx,
    clusters: &'a Clusters,
}

impl Tester<'_> {
    fn test(&self, property: &Property) -> Test {
        let column = column(&property.column);
        let value = property.value.trim().to_lowercase();
        let contains = property.operator == Operator::Contains;
        let means = |words: &str| match contains {
            true => words.contains(&value),
            false => words == value,
        };
        let values = match column {
            Column::Cluster => self.clusters.named(means),
            Column::State => states(self.ctx.language.text(), means),
            _ if contains => return Test::Contains(column, value),
            _ => vec![value],
        };
        match property.operator {
            Operator::IsNot => Test::IsNot(column, values),
            Operator::Is | Operator::Contains => Test::Is(column, values),
        }
    }

    /// What has these words anywhere.
    fn words(&self, words: &str) -> Option<Test> {
        let columns = ["id", "name", "user", "account", "queue", "state", "cluster"];
        let anywhere = columns.map(|column| {
            self.test(&Property {
                column: column.into(),
                operator: Operator::Contains,
                value: words.into(),
            })
        });
        (!words.is_empty()).then(|| Test::Any(anywhere.into()))
    }
}

/// Of a column that the list was checked to have.
fn column(key: &str) -> Column {
    match key {
        "id" => Column::Id,
        "cluster" => Column::Cluster,
        "state" => Column::State,
        "queue" => Column::Queue,
        "user" => Column::User,
        "account" => Column::Account,
        _ => Column::Name,
    }
}

pub(super) fn token(place: &Place) -> String {
    let Place {
        ended_at,
        cluster_id,
        id,
    } = place;
    format!("{ended_at}{SEPARATOR}{cluster_id}{SEPARATOR}{id}")
}

fn place(token: &str) -> Result<Place> {
    let mut parts = token.splitn(3, SEPARATOR);
    let place = (|| {
        let ended_at = parts.next()?.parse().ok()?;
        let (cluster_id, id) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Place {
            ended_at,
            cluster_id,
            id,
        })
    })();
    let why = "Give the `next` of an answer, unchanged, or none for the first page.";
    place.ok_or_else(|| Error::field("of.after", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_the_place_again() {
        let there = Place {
            ended_at: 1_795_873_967_000,
            cluster_id: "pcs_a".into(),
            id: "12_[4-9%2]/x".into(),
        };
        assert_eq!(place(&token(&there)).unwrap(), there);
        for odd in ["", "1", "1/a", "x/a/b"] {
            assert!(place(odd).is_err(), "{odd}");
        }
    }
}
