//! The server is killed between every two calls to EC2: the next one has the same rows and nothing else, and must neither
//! lose an instance nor start one twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openpcs_provider::{Batch, Launched, Progress, Provider};
use openpcs_provider_aws::client::{Client, loader};
use openpcs_provider_aws::{Aws, Settings};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::ec2::client;
use crate::lossy::{asked, read_request};
use crate::provider::{CLUSTER, GROUP, Lab};

const NODES: usize = 3;

/// Where a process is killed: before EC2 hears of its last call, or before it hears EC2's answer.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Before(usize),
    After(usize),
}

/// A door that passes calls on until the cut, and nothing after it; with the number of calls that came.
async fn door(moto: SocketAddr, cut: Cut) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::<AtomicUsize>::default();
    let counted = calls.clone();
    tokio::spawn(async move {
        // One after the other: a killed process has made no call beside its last.
        while let Ok((client, _)) = listener.accept().await {
            let _ = pass(client, moto, cut, &counted).await;
        }
    });
    (address, calls)
}

async fn pass(
    mut from: TcpStream,
    moto: SocketAddr,
    cut: Cut,
    calls: &AtomicUsize,
) -> std::io::Result<()> {
    let request = read_request(&mut from).await?;
    let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
    let (passed, answered) = match cut {
        Cut::Before(last) => (call < last, call < last),
        Cut::After(last) => (call <= last, call < last),
    };
    if !passed {
        return Ok(());
    }
    let answer = asked(moto, &request).await?;
    if answered {
        from.write_all(&answer).await?;
        from.shutdown().await?;
    }
    Ok(())
}

/// A process of the server: what it has in memory is its own. It asks once: a killed one tries nothing again.
async fn process(lab: &Lab, address: SocketAddr) -> Aws {
    let once = loader()
        .test_credentials()
        .region(aws_config::Region::new("us-east-1"))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(format!("http://{address}"));
    let client = Client::load(once).await.unwrap();
    let settings = Settings {
        endpoint: "http://10.0.0.1:8080".into(),
        ..Settings::default()
    };
    Aws::new(client, settings, lab.rows.clone())
}

/// What the group owns, if the process got so far.
async fn ensured(lab: &Lab, process: &Aws) -> Option<String> {
    match process.ensure(&lab.owner).await {
        Ok(Progress::Done(owned)) => Some(owned),
        _ => None,
    }
}

/// Those that it could be told of.
async fn launched(lab: &Lab, process: &Aws, batch: &Batch) -> usize {
    let launched: Vec<Launched> = process.launch(batch).await.launched;
    lab.rows.note(&launched);
    launched.iter().filter(|it| it.result.is_ok()).count()
}

async fn templates(lab: &Lab) -> usize {
    let answer = client(lab.moto.address)
        .describe_launch_templates()
        .send()
        .await;
    answer.unwrap().launch_templates().len()
}

/// From nothing to instances, by a process that is killed there, if it gets so far, and by the next one.
async fn start(lab: &Lab, cut: Cut) -> bool {
    let (address, calls) = door(lab.moto.address, cut).await;
    let first = process(lab, address).await;
    let batch = match ensured(lab, &first).await {
        Some(owned) => {
            let batch = lab.rows_of(owned, NODES);
            launched(lab, &first, &batch).await;
            Some(batch)
        }
        None => None,
    };
    let was_killed = calls.load(Ordering::SeqCst) >= last(cut);
    let next = process(lab, lab.moto.address).await;
    let owned = ensured(lab, &next).await.unwrap();
    let batch = batch.unwrap_or_else(|| lab.rows_of(owned, NODES));
    assert_eq!(launched(lab, &next, &batch).await, NODES, "{cut:?}");
    assert_eq!(
        lab.live().await.len(),
        NODES,
        "{cut:?}: as many as were asked for"
    );
    assert_eq!(templates(lab).await, 1, "{cut:?}");
    let inventory = next.inventory(CLUSTER).await.unwrap();
    let mut seen: Vec<String> = inventory.instances.into_iter().map(|it| it.id).collect();
    seen.sort();
    let asked: Vec<String> = batch
        .nodes
        .iter()
        .map(|it| it.instance_id.clone())
        .collect();
    assert_eq!(seen, asked, "{cut:?}: none is an orphan");
    was_killed
}

/// From instances to nothing, in the same way.
async fn end(lab: &Lab, cut: Cut) -> bool {
    let whole = process(lab, lab.moto.address).await;
    let owned = ensured(lab, &whole).await.unwrap();
    let batch = lab.rows_of(owned, NODES);
    launched(lab, &whole, &batch).await;
    let ids: Vec<String> = batch
        .nodes
        .iter()
        .map(|it| it.instance_id.clone())
        .collect();
    let (address, calls) = door(lab.moto.address, cut).await;
    let first = process(lab, address).await;
    let ended = first.terminate(CLUSTER, &ids).await;
    if ended.iter().all(Result::is_ok) {
        let _ = first.release(CLUSTER, GROUP).await;
    }
    let was_killed = calls.load(Ordering::SeqCst) >= last(cut);
    let next = process(lab, lab.moto.address).await;
    assert!(
        next.terminate(CLUSTER, &ids)
            .await
            .iter()
            .all(Result::is_ok),
        "{cut:?}"
    );
    assert_eq!(
        next.release(CLUSTER, GROUP).await.unwrap(),
        Progress::Done(()),
        "{cut:?}"
    );
    assert_eq!(lab.live().await.len(), 0, "{cut:?}");
    assert_eq!(templates(lab).await, 0, "{cut:?}");
    was_killed
}

fn last(cut: Cut) -> usize {
    match cut {
        Cut::Before(call) | Cut::After(call) => call,
    }
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_call_loses_nothing_and_starts_nothing_twice() {
    let mut lab = Lab::start().await;
    let mut calls = 0;
    for way in [Cut::Before, Cut::After] {
        for at in 1.. {
            lab.reset().await;
            if !start(&lab, way(at)).await {
                break;
            }
            calls += 1;
        }
        for at in 1.. {
            lab.reset().await;
            if !end(&lab, way(at)).await {
                break;
            }
            calls += 1;
        }
    }
    assert!(calls >= 16, "{calls} calls: a launch and an end have more");
}
