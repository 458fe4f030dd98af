//! What a cloud has of a cluster that nobody runs any more goes with the cluster.

use std::path::PathBuf;
use std::sync::Arc;

use openpcs_provider::{Batch, NodeLaunch};

use super::*;
use crate::db::instance;
use crate::provider::fault::{Faults, Faulty};
use crate::service::fixture;

/// A cluster with a group that owns something, one instance that has a row and one that has none.
struct World {
    parts: Parts,
    cloud: Arc<Faulty>,
    faults: PathBuf,
    cluster: ClusterRow,
    _dir: tempfile::TempDir,
}

async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let service = fixture::service(dir.path()).await;
    fixture::fill(&service).await;
    let mut parts = service.parts.clone();
    let faults = dir.path().join("faults.json");
    let cloud = Arc::new(Faulty::new(parts.provider.clone(), faults.clone()));
    parts.provider = cloud.clone();
    let found: Option<ClusterRow> = resource::find(parts.db.pool(), None, "abc").await.unwrap();
    let world = World {
        parts,
        cloud,
        faults,
        cluster: found.unwrap(),
        _dir: dir,
    };
    world.now_with(Faults {
        stuck_boots: 2,
        ..Faults::default()
    });
    world.launch().await;
    world
}

impl World {
    fn now_with(&self, faults: Faults) {
        let faults = Faults {
            owns: true,
            ..faults
        };
        faults.write(&self.faults).unwrap();
    }

    async fn launch(&self) {
        let (parts, id) = (&self.parts, &self.cluster.id);
        let found = resource::find(parts.db.pool(), Some(id), "group").await;
        let mut group: ComputeNodeGroupRow = found.unwrap().unwrap();
        group.applied_spec = Some(group.spec.clone());
        let mut write = parts.db.write().await.unwrap();
        assert!(resource::update(&mut write, &group, false).await.unwrap());
        let row = InstanceRow {
            id: "own-1".into(),
            cluster_id: id.clone(),
            compute_node_group_id: group.id.clone(),
            node_name: "group-1".into(),
            launched_at: 1,
            ..InstanceRow::default()
        };
        instance::insert(&mut write, &row).await.unwrap();
        write.commit().await.unwrap();
        owned::ensure(parts, &self.cluster, std::slice::from_ref(&group.id))
            .await
            .unwrap();
        let owned = owned::of_cluster(parts, id).await.unwrap();
        let node = |name: &str| NodeLaunch {
            instance_id: name.into(),
            node_name: name.into(),
            bootstrap_id: String::new(),
            proof_key: String::new(),
            slurmd_port: 0,
        };
        let batch = Batch {
            token: "token".into(),
            cluster_id: id.clone(),
            compute_node_group_id: group.id,
            instance_type: row.instance_type,
            settings: group.spec.settings,
            slurm_version: "24.11".into(),
            owned: owned[0].made.clone(),
            nodes: vec![node("own-1"), node("stranger")],
            resting: vec![],
            lease: None,
        };
        let launched = parts.provider.launch(&batch).await.launched;
        assert!(launched.iter().all(|it| it.result.is_ok()), "{launched:?}");
    }

    async fn there(&self) -> (usize, usize) {
        let inventory = self.parts.provider.inventory(&self.cluster.id).await;
        let instances = inventory.map_or(usize::MAX, |it| it.instances.len());
        (instances, self.cloud.owned().len())
    }

    async fn is_known(&self) -> bool {
        let pool = self.parts.db.pool();
        let found: Option<ClusterRow> = resource::find(pool, None, &self.cluster.id).await.unwrap();
        found.is_some()
    }
}

#[tokio::test]
async fn what_a_cloud_has_of_a_forgotten_cluster_goes_before_its_rows() {
    let mut world = world().await;
    clear(&world.parts, &world.cluster.id).await.unwrap();
    assert_eq!(world.there().await, (2, 1), "nobody wants it deleted");
    world.cluster.status = Status::Deleting;
    let mut write = world.parts.db.write().await.unwrap();
    let is_written = resource::update(&mut write, &world.cluster, false).await;
    assert!(is_written.unwrap());
    write.commit().await.unwrap();

    world.now_with(Faults::default());
    clear(&world.parts, &world.cluster.id).await.unwrap();
    assert!(world.is_known().await, "its end is asked for, no more");
    for _ in 0..20 {
        clear(&world.parts, &world.cluster.id).await.unwrap();
        if !world.is_known().await {
            break;
        }
    }
    assert!(!world.is_known().await);
    assert_eq!(world.there().await, (0, 0));
}
