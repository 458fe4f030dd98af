//! An EC2 that is ill: every other call is refused, fails or takes long. A group's instances come and go all the same, and
//! never more of them than were asked for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openpcs_provider::{Batch, Progress, Provider};
use openpcs_provider_aws::Aws;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::canned::{answering, http};
use crate::ec2::{Moto, client};
use crate::lossy::{asked, read_request};
use crate::offers::aws;
use crate::provider::{CLUSTER, GROUP, Lab, refusal};

const NODES: usize = 3;
/// Of a service, one after the other.
const CALLS: usize = 4;
/// What a throttled account makes so many calls wait at the least.
const PAUSE: Duration = Duration::from_millis(500);
/// Times that a reconciler comes back before it is enough.
const ROUNDS: usize = 10;

/// What every other call is answered with, instead of being passed on.
#[derive(Clone, Copy, Debug)]
enum Ill {
    Throttled,
    Failing,
    /// It is passed on, and the answer comes late.
    Slow,
}

impl Ill {
    fn answer(self) -> Option<String> {
        let (status, code) = match self {
            Ill::Throttled => (503, "RequestLimitExceeded"),
            Ill::Failing => (500, "InternalError"),
            Ill::Slow => return None,
        };
        Some(http(status, &refusal(code)))
    }
}

/// Where it is, with the number of calls that came.
async fn door(moto: SocketAddr, ill: Ill) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::<AtomicUsize>::default();
    let counted = calls.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let is_hit = counted.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            tokio::spawn(serve(client, moto, is_hit.then_some(ill)));
        }
    });
    (address, calls)
}

async fn serve(mut from: TcpStream, moto: SocketAddr, ill: Option<Ill>) -> std::io::Result<()> {
    let request = read_request(&mut from).await?;
    if let Some(answer) = ill.and_then(Ill::answer) {
        from.write_all(answer.as_bytes()).await?;
        return from.shutdown().await;
    }
    let answer = asked(moto, &request).await?;
    if ill.is_some() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    from.write_all(&answer).await?;
    from.shutdown().await
}

async fn batch(lab: &Lab, provider: &Aws) -> Batch {
    for _ in 0..ROUNDS {
        if let Ok(Progress::Done(owned)) = provider.ensure(&lab.owner).await {
            return lab.rows_of(owned, NODES);
        }
    }
    panic!("no template after {ROUNDS} rounds");
}

/// Asks until all of it is there, and tells which instances those are.
async fn launch(lab: &Lab, provider: &Aws, batch: &Batch) -> Vec<String> {
    for _ in 0..ROUNDS {
        let launched = provider.launch(batch).await.launched;
        lab.rows.note(&launched);
        let instances: Result<Vec<_>, _> = launched.into_iter().map(|it| it.result).collect();
        if let Ok(mut instances) = instances {
            instances.sort_unstable();
            return instances;
        }
    }
    panic!("no instances after {ROUNDS} rounds");
}

async fn live(lab: &Lab) -> Vec<String> {
    let live = lab.live().await;
    let mut ids: Vec<String> = live.into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    ids
}

/// Asks until nothing is left.
async fn end(provider: &Aws, batch: &Batch) {
    let ids: Vec<String> = (batch.nodes.iter())
        .map(|it| it.instance_id.clone())
        .collect();
    for _ in 0..ROUNDS {
        let ended = provider.terminate(CLUSTER, &ids).await;
        if ended.iter().all(Result::is_ok) && provider.release(CLUSTER, GROUP).await.is_ok() {
            return;
        }
    }
    panic!("not ended after {ROUNDS} rounds");
}

async fn come_and_go(ill: Ill) {
    let lab = Lab::start().await;
    let (address, calls) = door(lab.moto.address, ill).await;
    let provider = lab.provider(address).await;
    let batch = batch(&lab, &provider).await;
    let launched = launch(&lab, &provider, &batch).await;
    assert_eq!(launched.len(), NODES, "{ill:?}");
    assert_eq!(live(&lab).await, launched, "{ill:?}");
    end(&provider, &batch).await;
    assert_eq!(lab.live().await.len(), 0, "{ill:?}");
    let templates = client(lab.moto.address).describe_launch_templates();
    let templates = templates.send().await.unwrap();
    assert_eq!(templates.launch_templates().len(), 0, "{ill:?}");
    // Twice as many as a healthy EC2 is asked, and not a storm.
    let calls = calls.load(Ordering::SeqCst);
    assert!(calls <= 60, "{ill:?}: {calls} calls");
}

/// Each in an account of its own: throttled ones wait, as all who share one budget of calls do.
#[tokio::test]
async fn instances_come_and_go_whatever_every_other_call_meets() {
    tokio::join!(
        come_and_go(Ill::Throttled),
        come_and_go(Ill::Failing),
        come_and_go(Ill::Slow)
    );
}

/// A service that was never refused anything waits with the one that was.
#[tokio::test]
async fn all_services_of_an_account_have_one_budget() {
    let moto = Moto::start().await;
    let throttled = (503, refusal("RequestLimitExceeded"));
    let door = answering(moto.address, "DescribeVpcs", vec![throttled; 4]).await;
    let aws = aws(door).await;
    let ask = async || {
        let asked = Instant::now();
        for _ in 0..CALLS {
            aws.iam.list_instance_profiles().send().await.unwrap();
        }
        asked.elapsed()
    };
    // The first call of a service is slow in moto, and any may be on a busy machine.
    let mut before = ask().await;
    for _ in 0..2 {
        before = before.min(ask().await);
    }
    aws.ec2.describe_vpcs().send().await.unwrap_err();
    let after = ask().await;
    assert!(after > before + PAUSE, "{before:?}, then {after:?}");
}

/// They run out in the middle, and are good again later.
#[tokio::test]
async fn credentials_that_expire_are_told_and_nothing_is_given_up() {
    let lab = Lab::start().await;
    let whole = lab.provider(lab.moto.address).await;
    let batch = lab.batch(&whole, NODES).await;
    let expired = || (400, refusal("RequestExpired"));
    let answers = vec![expired(), expired()];
    let door = answering(lab.moto.address, "DescribeInstances", answers).await;
    let provider = lab.provider(door).await;
    // Before a fleet it is looked at what is there.
    let first = provider.launch(&batch).await.launched;
    let words: Vec<String> = (first.iter())
        .filter_map(|it| it.result.as_ref().err().map(ToString::to_string))
        .collect();
    assert_eq!(words.len(), NODES, "{first:?}");
    assert!(words[0].contains("RequestExpired"), "{words:?}");
    assert!(first.iter().all(|it| {
        let error = it.result.as_ref().err();
        error.is_some_and(|error| error.ask_again_after_ms().is_some())
    }));
    assert_eq!(lab.live().await.len(), 0);
    launch(&lab, &provider, &batch).await;
    assert_eq!(lab.live().await.len(), NODES);
}
