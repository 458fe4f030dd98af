//! `make bench`: how soon jobs start and how many, how long submissions wait for an upgrade, how fast API and console answer,
//! what idling costs. Every figure stands beside a baseline of the same run; no figure fails the run. One by name:
//! `cargo bench -p openpcs-server --bench openpcs -- idle`.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot measure says so and ends"
)]

#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    clippy::unwrap_used,
    clippy::panic,
    reason = "the harness is the integration tests': its ways to fail and its unused parts are theirs"
)]
#[path = "../tests/it/harness/mod.rs"]
mod harness;

mod aws;
mod aws_door;
mod backlog;
mod busy_cluster;
mod cluster_list;
mod cold_start;
mod get_cluster;
mod idle;
mod live;
mod logs;
mod logs_search;
mod look;
mod metric;
mod node_plan;
mod past_jobs;
mod records;
mod site;
mod stock;
mod times;
mod trail;
mod upgrade;
mod warm_jobs;

fn main() {
    // The baseline of `get_cluster` is a server of its own: this program, started again.
    if let Some(answer) = std::env::var_os(get_cluster::BARE) {
        return get_cluster::serve_bare(&answer);
    }
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        let mut names = asked.iter().filter(|a| !a.starts_with('-')).peekable();
        names.peek().is_none() || names.any(|a| a == name)
    };
    let runtime = tokio::runtime::Runtime::new().expect("the benchmarks need a tokio runtime");
    runtime.block_on(async {
        if wanted("get_cluster") {
            get_cluster::run().await;
        }
        if wanted("cluster_list") {
            cluster_list::run().await;
        }
        if wanted("live") {
            live::run().await;
        }
        if wanted("idle") {
            idle::run().await;
        }
        if wanted("look") {
            look::run().await;
        }
        if wanted("node_plan") {
            node_plan::run();
        }
        if wanted("metric") {
            metric::run().await;
        }
        if wanted("trail") {
            trail::run().await;
        }
        if wanted("logs") {
            logs::run(&asked).await;
        }
        if wanted("logs_search") {
            logs_search::run(&asked).await;
        }
        if wanted("cold_start") {
            cold_start::run().await;
        }
        if wanted("warm_jobs") {
            warm_jobs::run().await;
        }
        if wanted("site") {
            site::run().await;
        }
        if wanted("records") {
            records::run().await;
        }
        if wanted("past_jobs") {
            past_jobs::run().await;
        }
        if wanted("backlog") {
            backlog::run().await;
        }
        if wanted("busy_cluster") {
            busy_cluster::run().await;
        }
        if wanted("upgrade") {
            upgrade::run().await;
        }
        // The last: it moves into a network of its own.
        if wanted("aws") {
            aws::run().await;
        }
    });
}
