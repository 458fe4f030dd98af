use app::model::live::Kind;
use openpcs_agent::random::random_hex;

use super::*;
use crate::db::placement::{self, Owner, Placement};
use crate::service::fixture;

struct Place {
    service: Service,
    cluster: ClusterRow,
    group: ComputeNodeGroupRow,
    _dir: tempfile::TempDir,
}

/// A cluster with a controller's place, a group, and an instance `i-1` of it that the provider has started.
async fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let service = fixture::service(dir.path()).await;
    fixture::fill(&service).await;
    let cluster = (*service.find_cluster("abc").await.unwrap()).clone();
    let pool = service.parts.db.pool();
    let group = resource::find(pool, Some(&cluster.id), "group").await;
    let group: ComputeNodeGroupRow = group.unwrap().unwrap();
    let mut write = service.parts.db.write().await.unwrap();
    let owner = Owner {
        kind: Kind::Cluster,
        cluster_id: &cluster.id,
        id: &cluster.id,
    };
    let controller = Placement::at(std::net::Ipv4Addr::LOCALHOST.into(), "here", vec![40_000]);
    placement::put(&mut write, owner, &controller)
        .await
        .unwrap();
    let row = InstanceRow {
        id: "own-1".into(),
        cluster_id: cluster.id.clone(),
        compute_node_group_id: group.id.clone(),
        node_name: "group-1".into(),
        bootstrap_hash: bootstrap_hash(&service.parts.seal.bootstrap_id("own-1")),
        launched_at: 1,
        ..InstanceRow::default()
    };
    instance::insert(&mut write, &row).await.unwrap();
    instance::set_launched(&mut write, "own-1", "i-1")
        .await
        .unwrap();
    write.commit().await.unwrap();
    Place {
        service,
        cluster,
        group,
        _dir: dir,
    }
}

impl Place {
    fn claim(&self, provider_id: &str) -> Claim {
        Claim {
            cluster_id: self.cluster.id.clone(),
            provider_id: provider_id.into(),
            address: "10.0.0.7".parse().unwrap(),
            claim_id: random_hex(16),
            has_restarted: false,
        }
    }

    fn call(&self, claim: &Claim) -> ClaimCall {
        let key = self.service.parts.seal.agent_key(&self.group.id);
        let sealed = sealed::seal(&key, &sealed::claim(&self.group.id), claim);
        ClaimCall {
            compute_node_group_id: self.group.id.clone(),
            sealed: sealed.unwrap(),
        }
    }

    /// As by the door, but for telling Slurm: there is none.
    async fn ask(&self, claim: &Claim) -> Result<Claimed> {
        let it = self.service.recognise(self.call(claim)).await?;
        let answer = self.service.grant(it).await?;
        let key = self.service.parts.seal.agent_key(&self.group.id);
        let purpose = sealed::claimed(&self.group.id, &claim.claim_id);
        Ok(sealed::open(&key, &purpose, &answer.sealed).unwrap())
    }

    async fn row(&self) -> InstanceRow {
        let pool = self.service.parts.db.pool();
        let row = instance::find(pool, &self.cluster.id, "own-1").await;
        row.unwrap().unwrap()
    }
}

fn is_retryable(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Throttling { .. })
}

fn is_for_good<T>(answer: Result<T>) -> bool {
    answer.is_err_and(|error| error.kind == ErrorKind::AccessDenied)
}

#[tokio::test]
async fn a_claim_makes_a_node_and_a_lost_answer_is_given_again() {
    let place = place().await;
    let claim = place.claim("i-1");
    let claimed = place.ask(&claim).await.unwrap();
    assert_eq!(
        (claimed.node_name.as_str(), claimed.slurm_version.as_str()),
        ("group-1", "24.11")
    );
    assert_eq!(claimed.endpoints[0].port, "40000");
    assert!(!claimed.shared_secret.is_empty());
    let row = place.row().await;
    assert!(row.registered_at.is_some());
    assert_eq!(row.address.as_deref(), Some("10.0.0.7"));
    let again = place.ask(&claim).await.unwrap();
    assert_eq!(again.bootstrap_id, claimed.bootstrap_id);
    let names = |step: &app::model::node::BootStep| step.name.clone();
    let steps: Vec<_> = place.row().await.steps.iter().map(names).collect();
    assert_eq!(steps, ["registered"]);
    // Its bearer is good for the names of all nodes.
    let hosts = place.service.node_hosts(&claimed.bootstrap_id, None).await;
    assert_eq!(
        hosts.unwrap().lines,
        format!(
            "127.0.0.1 {}\n10.0.0.7 group-1\n",
            crate::live::host::short_name()
        )
    );
}

#[tokio::test]
async fn a_second_claim_of_the_same_instance_is_refused() {
    let place = place().await;
    place.ask(&place.claim("i-1")).await.unwrap();
    assert!(is_for_good(place.ask(&place.claim("i-1")).await));
}

#[tokio::test]
async fn an_instance_that_restarts_is_the_same_node_and_boots_once_more() {
    let place = place().await;
    let mut claim = place.claim("i-1");
    // It restarted before it was a node.
    claim.has_restarted = true;
    let first = place.ask(&claim).await.unwrap();
    let mut write = place.service.parts.db.write().await.unwrap();
    instance::set_ready(&mut write, &place.row().await)
        .await
        .unwrap();
    write.commit().await.unwrap();
    let again = place.ask(&claim).await.unwrap();
    assert_eq!(
        (again.node_name, again.bootstrap_id),
        (first.node_name, first.bootstrap_id)
    );
    let row = place.row().await;
    assert!(row.registered_at.is_some() && row.ready_at.is_none());
    let steps: Vec<&str> = row.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["restarted"]);

    let mut stranger = place.claim("i-1");
    stranger.has_restarted = true;
    assert!(is_for_good(place.ask(&stranger).await));
    let mut write = place.service.parts.db.write().await.unwrap();
    instance::set_reason(&mut write, &row, &app::explain::Cause::Vanished)
        .await
        .unwrap();
    write.commit().await.unwrap();
    assert!(is_for_good(place.ask(&claim).await), "it is about to end");
}

#[tokio::test]
async fn an_instance_that_is_not_known_yet_may_ask_again_and_one_that_ended_not() {
    let place = place().await;
    let unknown = place.ask(&place.claim("i-2")).await.map(drop);
    assert!(is_retryable(&unknown.unwrap_err()));
    // By the door all is asked for again while Slurm does not answer, and nothing is noted.
    let claim = place.claim("i-1");
    let silent = place.service.claim_instance(place.call(&claim), None).await;
    assert!(is_retryable(&silent.unwrap_err()));
    assert_eq!(place.row().await.registered_at, None);
    let mut write = place.service.parts.db.write().await.unwrap();
    let row = place.row().await;
    instance::set_ended(&mut write, &row).await.unwrap();
    write.commit().await.unwrap();
    assert!(is_for_good(place.ask(&claim).await));
}

#[tokio::test]
async fn only_the_groups_own_key_opens_a_claim() {
    let place = place().await;
    let good = place.call(&place.claim("i-1"));
    let mut tampered = good.clone();
    tampered.sealed.insert(40, 'A');
    let mut of_another = good.clone();
    of_another.compute_node_group_id = "pcs_other".into();
    // One who has the key of another group says that it is of this one's cluster.
    let key = place.service.parts.seal.agent_key("pcs_other");
    let mut other_group = good.clone();
    other_group.compute_node_group_id = "pcs_other".into();
    other_group.sealed =
        sealed::seal(&key, &sealed::claim("pcs_other"), &place.claim("i-1")).unwrap();
    for call in [tampered, of_another, other_group] {
        assert!(is_for_good(place.service.claim_instance(call, None).await));
    }
    let mut nowhere = place.claim("i-1");
    nowhere.address = "0.0.0.0".parse().unwrap();
    assert!(place.ask(&nowhere).await.is_err());
    assert!(place.service.recognise(good).await.is_ok());
}

#[tokio::test]
async fn a_claim_comes_from_where_the_provider_says_that_the_instance_is() {
    let place = place().await;
    let claim = place.claim("i-1");
    let (own, other): (IpAddr, IpAddr) = (claim.address, "10.0.0.8".parse().unwrap());
    let mapped = "::ffff:10.0.0.7".parse().unwrap();
    for (peer, known, is_right) in [
        (Some(own), vec![own], true),
        (Some(mapped), vec![own], true),
        (Some(other), vec![own, other], true),
        (Some(other), vec![own], false),
        // It would have Slurm call another one.
        (Some(other), vec![other], false),
        (None, vec![own], false),
    ] {
        let answer = origin(&claim, peer, &known);
        assert_eq!(answer.is_ok(), is_right, "{peer:?} {known:?}");
        assert!(is_right || is_for_good(answer));
    }
    assert!(is_retryable(&origin(&claim, Some(own), &[]).unwrap_err()));
    let it = place.service.recognise(place.call(&claim)).await.unwrap();
    let told = place
        .service
        .tell_of_refusal(&it, Some(other), &[own])
        .await;
    told.unwrap();
    assert_eq!(place.row().await.steps[0].name, CLAIM_REFUSED);
}
