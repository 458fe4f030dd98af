//! Looks for past jobs for as long as a reader waits: a filter that finds next to nothing among millions would read them
//! all. So the list is looked through in stretches of so many jobs, whatever is wanted of them, and where the time is over
//! the answer says how far that was.

use std::time::{Duration, Instant};

use crate::db::connection::Pool;
use crate::db::past_job::{self, Found, Place, Wanted};

/// As long as a page may take, less what else there is to do for it.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// Clusters of no more jobs are read whole.
pub(super) const FEW: i64 = 5_000;
/// Jobs of the first stretch, for most lists are filled by it, and of the longest one, whose end is not waited for in vain.
const FIRST: i64 = 2_000;
const LONGEST: i64 = 32_000;

/// What was found.
#[derive(Default)]
pub(super) struct Searched {
    pub rows: Vec<Found>,
    /// How many there are, those of no row as well: no more than were to be counted.
    pub count: i64,
    /// The last job that was looked at when the time was over; none: there was time enough.
    pub until: Option<Place>,
}

/// What is wanted of a search.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Rows, after so many that are left out.
    pub skip: i64,
    pub rows: i64,
    /// More are not counted.
    pub most: i64,
}

/// One stretch is looked through however little time there is: who goes on where it ended comes to an end.
pub(super) async fn search(
    pool: &Pool,
    wanted: &Wanted,
    window: Window,
    patience: Duration,
) -> sqlx::Result<Searched> {
    let begun = Instant::now();
    let mut searched = Searched::default();
    let mut stretch = wanted.clone();
    let mut jobs = FIRST;
    loop {
        stretch.until = match wanted.of_few {
            true => None,
            false => past_job::place_of(pool, &stretch, jobs).await?,
        };
        searched.add(pool, &stretch, window).await?;
        let Some(until) = stretch.until.take() else {
            return Ok(searched);
        };
        if searched.count >= window.most {
            return Ok(searched);
        }
        if begun.elapsed() >= patience {
            searched.until = Some(until);
            return Ok(searched);
        }
        stretch.after = Some(until);
        jobs = (jobs * 4).min(LONGEST);
    }
}

impl Searched {
    /// What that stretch has of it.
    async fn add(&mut self, pool: &Pool, stretch: &Wanted, window: Window) -> sqlx::Result<()> {
        let more = past_job::count_to(pool, stretch, window.most - self.count).await?;
        let missing = window.rows - self.rows.len() as i64;
        if missing > 0 && self.count + more > window.skip {
            let before = (window.skip - self.count).max(0);
            let rows = past_job::list(pool, stretch, before, missing).await?;
            self.rows.extend(rows);
        }
        self.count += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use crate::db::past_job::{Column, Test};

    /// So many jobs of one cluster, and beside them a few of another; each thousandth has a name of its own.
    async fn database(dir: &tempfile::TempDir, jobs: i64) -> Db {
        let url = format!("sqlite://{}/test.db?mode=rwc", dir.path().display());
        let db = Db::connect(&url).await.unwrap();
        let mut writer = db.writer().await.unwrap();
        let fill = "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) \
                    insert into past_job (cluster_id, id, ended_at, name, user_name, account, queue, state, accounted, record, steps) \
                    select case when i % 100 = 7 then 'small' else 'large' end, i, i * 1000, \
                    case when i % 1000 = 0 then 'rare' else 'common' end, 'ann', '', 'demo', 'COMPLETED', 1, \
                    '{\"endedAt\":' || i * 1000 || '}', '[]' from n";
        let fill = sqlx::query(fill).bind(jobs);
        fill.execute(&mut *writer).await.unwrap();
        drop(writer);
        db
    }

    fn wanted(cluster: &str, name: Option<&str>) -> Wanted {
        let test = |name: &str| Test::Is(Column::Name, vec![name.to_owned()]);
        Wanted {
            clusters: vec![cluster.to_owned()],
            tests: name.map(test).into_iter().collect(),
            ..Wanted::default()
        }
    }

    fn ids(searched: &Searched) -> Vec<i64> {
        let ids = searched.rows.iter().map(|row| row.id.parse().unwrap());
        ids.collect()
    }

    const WINDOW: Window = Window {
        skip: 0,
        rows: 3,
        most: 5,
    };
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn with_time_enough_it_is_as_one_list() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir, 12_000).await;
        let rare = wanted("large", Some("rare"));
        for (skip, rows, count) in [
            (0, vec![12_000, 11_000, 10_000], 5),
            (1, vec![11_000, 10_000, 9_000], 5),
            (4, vec![8_000], 5),
        ] {
            let window = Window { skip, ..WINDOW };
            let found = search(db.pool(), &rare, window, LONG).await.unwrap();
            assert_eq!((ids(&found), found.count), (rows, count), "{skip}");
            assert_eq!(found.until, None);
        }
        let all = Window {
            rows: 100,
            most: 100,
            ..WINDOW
        };
        let found = search(db.pool(), &rare, all, LONG).await.unwrap();
        assert_eq!((found.rows.len(), found.count), (12, 12));
        // Few among many.
        for of_few in [true, false] {
            let small = Wanted {
                of_few,
                ..wanted("small", None)
            };
            let found = search(db.pool(), &small, WINDOW, LONG).await.unwrap();
            assert_eq!(ids(&found), [11_907, 11_807, 11_707]);
            assert_eq!(found.count, 5);
        }
    }

    #[tokio::test]
    async fn without_time_it_says_how_far_it_came_and_goes_on_from_there() {
        let dir = tempfile::tempdir().unwrap();
        let db = database(&dir, 9_000).await;
        let mut rare = wanted("large", Some("rare"));
        let (mut all, mut answers) = (vec![], 0);
        loop {
            let found = search(db.pool(), &rare, WINDOW, Duration::ZERO)
                .await
                .unwrap();
            all.extend(ids(&found));
            answers += 1;
            let Some(until) = found.until else { break };
            assert_eq!(until.id, (9_001 - FIRST * answers).to_string());
            rare.after = Some(until);
        }
        assert_eq!(answers, 5);
        assert_eq!(all, (1..=9).rev().map(|n| n * 1000).collect::<Vec<i64>>());
    }
}
