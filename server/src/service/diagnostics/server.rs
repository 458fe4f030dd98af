//! What is collected of the server and its host.

use std::fmt::Write as _;

use app::port::{Console, Ctx, Servers, Systems};

use super::bundle::Bundle;
use crate::live::last_lines;
use crate::service::Service;

/// What the kernel says, by the file that says it.
const OF_HOST: [(&str, &str); 5] = [
    ("/etc/os-release", "The distribution"),
    ("/proc/version", "The kernel"),
    ("/proc/meminfo", "Memory"),
    ("/proc/loadavg", "Load"),
    ("/proc/self/mountinfo", "File systems"),
];
/// Of the process that asks.
const OF_SERVER: [(&str, &str); 2] = [
    ("/proc/self/limits", "The server's limits"),
    ("/proc/self/cgroup", "The server's control group"),
];

impl Service {
    pub(super) async fn collect_server(&self, ctx: &Ctx, bundle: &mut Bundle) {
        let system = self.system(ctx).await;
        let about = "Versions, reconcilers, database, host, as the page System has them";
        bundle.answer("server/system.json", about, system);
        let mut options = String::new();
        for (name, value) in &self.itself.options {
            // Writing to a String cannot fail.
            let _ = writeln!(options, "{name} {value}");
        }
        let about = "What the server was started with";
        bundle.put("server/options.txt", about, &options);
        collect_host(bundle).await;
        collect(&OF_SERVER, bundle).await;
        let about = "The last lines of the server's log";
        bundle.put("server/log.txt", about, &last_lines::text());
        let servers = self.list_servers(ctx).await;
        bundle.answer(
            "server/servers.json",
            "The servers of the database",
            servers,
        );
        let aside = self.set_aside(ctx).await;
        let about = "What is on disk and the database does not know";
        bundle.answer("server/set-aside.json", about, aside);
        self.collect_metrics(bundle).await;
    }

    async fn collect_metrics(&self, bundle: &mut Bundle) {
        let (name, about) = ("server/metrics.txt", "What /metrics tells");
        match self.metrics_text().await {
            Ok(text) => bundle.put(name, about, &text),
            Err(error) => bundle.lacks(name, about, error),
        }
    }
}

pub(super) async fn collect_host(bundle: &mut Bundle) {
    collect(&OF_HOST, bundle).await;
}

async fn collect(files: &[(&str, &str)], bundle: &mut Bundle) {
    for (path, about) in files {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = format!("server/host/{name}.txt");
        match tokio::fs::read_to_string(path).await {
            Ok(text) => bundle.put(&name, about, &text),
            Err(error) => bundle.lacks(&name, about, error),
        }
    }
}
