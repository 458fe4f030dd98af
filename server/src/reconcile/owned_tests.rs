//! What a group owns is made once and removed once, whatever the provider answers, forgets to answer, or when the server
//! was killed.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::db::now;
use crate::plan::node::{Seen, Step, in_force, plan};
use crate::provider::fault::{Faults, Faulty};
use crate::service::fixture;

/// Longer than anything is put off.
const LATER_MS: i64 = 3_600_000;

/// A cluster with a group in force, at a provider whose groups own something.
struct World {
    parts: Parts,
    cloud: Arc<Faulty>,
    faults: PathBuf,
    cluster: ClusterRow,
    group: ComputeNodeGroupRow,
    _dir: TempDir,
}

impl World {
    async fn new(faults: Faults) -> World {
        let dir = tempfile::tempdir().unwrap();
        let service = fixture::service(dir.path()).await;
        fixture::fill(&service).await;
        let mut parts = service.parts.clone();
        let file = dir.path().join("faults.json");
        let cloud = Arc::new(Faulty::new(parts.provider.clone(), file.clone()));
        parts.provider = cloud.clone();
        let pool = parts.db.pool();
        let found: Option<ClusterRow> = resource::find(pool, None, "abc").await.unwrap();
        let cluster = found.unwrap();
        let found = resource::find(pool, Some(&cluster.id), "group").await;
        let group = found.unwrap().unwrap();
        let mut world = World {
            parts,
            cloud,
            faults: file,
            cluster,
            group,
            _dir: dir,
        };
        world.now_with(faults);
        world.in_force(1).await;
        world
    }

    fn now_with(&self, faults: Faults) {
        let faults = Faults {
            owns: true,
            ..faults
        };
        faults.write(&self.faults).unwrap();
    }

    /// Slurm has taken the group's settings of that generation.
    async fn in_force(&mut self, generation: i64) {
        self.group.spec.launch_generation = generation;
        self.group.applied_spec = Some(self.group.spec.clone());
        self.becomes(Status::Active).await;
    }

    async fn becomes(&mut self, status: Status) {
        self.group.status = status;
        let mut write = self.parts.db.write().await.unwrap();
        let is_written = resource::update(&mut write, &self.group, false).await;
        assert!(is_written.unwrap());
        write.commit().await.unwrap();
    }

    async fn steps(&self, at: i64) -> Vec<Step> {
        let pool = self.parts.db.pool();
        let groups = resource::list(pool, Some(&self.cluster.id)).await.unwrap();
        let seen = Seen {
            profile: self.parts.provider.profile(),
            owned: of_cluster(&self.parts, &self.cluster.id).await.unwrap(),
            now: at,
            ..Seen::default()
        };
        plan(&in_force(&groups), &seen)
    }

    /// Runs, each when all is due again, until nothing is left to do; how many it took.
    async fn settle(&self) -> usize {
        for run in 0..20 {
            let steps = self.steps(now() + LATER_MS).await;
            if steps.is_empty() {
                return run;
            }
            for step in steps {
                let done = match step {
                    Step::Ensure { group_id } => {
                        ensure(&self.parts, &self.cluster, &[group_id]).await
                    }
                    Step::Release { group_id } => {
                        release(&self.parts, &self.cluster.id, &[group_id]).await
                    }
                    other => panic!("{other:?}"),
                };
                done.unwrap();
            }
        }
        panic!("it goes on for ever: {:?}", self.row().await);
    }

    async fn row(&self) -> Option<OwnedRow> {
        let found = owned_resource::find(self.parts.db.pool(), &self.group.id);
        found.await.unwrap()
    }

    /// What the provider has, and that the database knows it.
    async fn owns(&self, generation: i64) {
        let made = format!("{}:{generation}", self.group.id);
        assert_eq!(self.cloud.owned(), std::slice::from_ref(&made));
        let row = self.row().await.unwrap();
        assert_eq!(
            (row.ready_generation, row.made),
            (Some(generation), Some(made))
        );
        assert_eq!((row.ask_again_at, row.failures, row.error), (None, 0, None));
    }

    async fn is_released(&mut self) {
        self.becomes(Status::Deleting).await;
        self.settle().await;
        assert_eq!((self.cloud.owned(), self.row().await), (vec![], None));
    }
}

#[tokio::test]
async fn no_answer_of_the_provider_makes_it_twice_or_leaves_it() {
    let off = Faults::default;
    let table = [
        (off(), 1),
        (
            Faults {
                slow_ensures: 2,
                ..off()
            },
            3,
        ),
        (
            Faults {
                failed_ensures: 2,
                ..off()
            },
            3,
        ),
        (
            Faults {
                lost_ensures: 1,
                lost_releases: 2,
                ..off()
            },
            2,
        ),
    ];
    for (faults, runs) in table {
        let mut world = World::new(faults.clone()).await;
        assert_eq!(world.settle().await, runs, "{faults:?}");
        world.owns(1).await;
        // Settings changed.
        world.in_force(2).await;
        assert_eq!(world.settle().await, 1);
        world.owns(2).await;
        world.is_released().await;
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_asked_again_ever_later() {
    let world = World::new(Faults {
        failed_ensures: 3,
        ..Faults::default()
    })
    .await;
    let id = [world.group.id.clone()];
    for (failures, after_ms) in [(1, 1_000), (2, 2_000), (3, 4_000)] {
        let before = now();
        ensure(&world.parts, &world.cluster, &id).await.unwrap();
        let row = world.row().await.unwrap();
        assert_eq!(row.failures, failures);
        let asked_at = row.ask_again_at.unwrap() - after_ms;
        assert!((before..=now()).contains(&asked_at), "{failures}");
        let error = row.error.unwrap();
        assert!(error.starts_with("UnauthorizedOperation: "), "{error}");
        assert_eq!(world.steps(before).await, Vec::<Step>::new());
    }
    world.settle().await;
    world.owns(1).await;
}

#[tokio::test]
async fn a_server_that_is_killed_in_between_forgets_nothing() {
    let id = |world: &World| [world.group.id.clone()];
    // Before the provider was asked, and before its answer was written down; then it goes on, or the group goes.
    for was_asked in [false, true] {
        for goes_on in [false, true] {
            let mut world = World::new(Faults::default()).await;
            let owners = intended(&world.parts, &world.cluster, &id(&world)).await;
            if was_asked {
                let owner = &owners.unwrap()[0];
                world.parts.provider.ensure(owner).await.unwrap();
            }
            assert!(world.row().await.is_some());
            if goes_on {
                world.settle().await;
                world.owns(1).await;
            }
            world.is_released().await;
        }
    }
    // While it was removed.
    let mut world = World::new(Faults::default()).await;
    world.settle().await;
    world.becomes(Status::Deleting).await;
    let mut write = world.parts.db.write().await.unwrap();
    let group_id = &world.group.id;
    owned_resource::intend_release(&mut write, group_id)
        .await
        .unwrap();
    write.commit().await.unwrap();
    let provider = &world.parts.provider;
    provider.release(&world.cluster.id, group_id).await.unwrap();
    world.is_released().await;
}

#[tokio::test]
async fn nothing_is_made_for_a_group_that_goes() {
    let mut world = World::new(Faults::default()).await;
    world.becomes(Status::Deleting).await;
    // As a run that began before.
    let id = [world.group.id.clone()];
    ensure(&world.parts, &world.cluster, &id).await.unwrap();
    assert_eq!((world.cloud.owned(), world.row().await), (vec![], None));
}
