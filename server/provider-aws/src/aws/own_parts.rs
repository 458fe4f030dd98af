//! What the service puts on each instance: who its node is of, a unit of systemd, and the script that fetches and starts
//! the agent.

use openpcs_provider::Owner;
use serde_json::json;

use super::settings::{AgentBuild, Settings};
use crate::user_data::{File, OwnParts};

const AGENT: &str = "/opt/openpcs/bin/openpcs-agent";

/// Its children are slurmd and the jobs, which outlive an agent that is replaced; slurmd makes the cgroups of its jobs
/// itself, and a program that uses EFA locks memory. Our script starts it the first time, at the end of cloud-init, and systemd
/// after a reboot: by then cloud-init has linked the instance's own directory, which an image of this disk lacks elsewhere.
const UNIT: &str = "[Unit]
Description=Node agent of OpenPCS
Wants=network-online.target
After=network-online.target
ConditionPathExists=/var/lib/cloud/instance/openpcs

[Service]
ExecStart=/opt/openpcs/bin/openpcs-agent node
Restart=no
KillMode=process
Delegate=yes
TasksMax=infinity
LimitNOFILE=131072
LimitMEMLOCK=infinity
LimitSTACK=infinity

[Install]
WantedBy=multi-user.target
";

pub fn own_parts(owner: &Owner, settings: &Settings) -> OwnParts {
    let node = json!({
        "endpoint": settings.endpoint,
        "clusterId": owner.cluster_id,
        "computeNodeGroupId": owner.compute_node_group_id,
        "key": owner.key,
    });
    let file = |path: &str, mode, content: String| File {
        path: path.into(),
        mode,
        content: content.into_bytes(),
    };
    OwnParts {
        files: vec![
            file("/etc/openpcs/node.json", "0600", format!("{node}\n")),
            file(
                "/etc/systemd/system/openpcs-agent.service",
                "0644",
                UNIT.into(),
            ),
        ],
        start: start(&settings.endpoint, &settings.agents, AGENT),
    }
}

/// The script, with what it is to know before it.
fn start(endpoint: &str, agents: &[AgentBuild], agent: &str) -> String {
    let want = |architecture: &str| {
        let mut known = agents.iter();
        let build = known.find(|build| build.architecture == architecture);
        quoted(build.map_or("", |build| &build.sha256))
    };
    format!(
        "#!/bin/sh\n# Starts the agent of OpenPCS: the server's, fetched where the image has another one or none.\n\
         endpoint={}\nagent={}\ncase \"$(uname -m)\" in\nx86_64) arch=x86_64 want={} ;;\n\
         aarch64 | arm64) arch=arm64 want={} ;;\n*) arch='' want='' ;;\nesac\n\n{}",
        quoted(endpoint.trim_end_matches('/')),
        quoted(agent),
        want("x86_64"),
        want("arm64"),
        include_str!("start.sh")
    )
}

/// One word for the shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
#[path = "own_parts_tests.rs"]
mod tests;
