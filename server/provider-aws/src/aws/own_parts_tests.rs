use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use app::model::group_settings::GroupSettings;
use sha2::{Digest, Sha256};

use super::*;

/// A machine of its own: what the script finds in its path, and where it puts the agent.
struct Machine(PathBuf);

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Machine {
    /// Of that architecture; the server gives out `agent`, and notes who asks for what.
    fn new(name: &str, architecture: &str, agent: &str) -> Machine {
        let root = format!("openpcs it's {name} {}", std::process::id());
        let machine = Machine(std::env::temp_dir().join(root));
        let bin = machine.0.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        machine.write("given", agent);
        machine.program("uname", &format!("echo {architecture}"));
        machine.program("sleep", "exit 0");
        machine.program("setsid", "echo \"started $*\"");
        machine.program(
            "curl",
            "while [ \"$1\" != -o ]; do shift; done\nroot=${0%/bin/curl}\n\
             echo \"$3\" >>\"$root/asked\"\ncp \"$root/given\" \"$2\"",
        );
        machine
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.0.join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        executable(&path);
    }

    fn agent(&self) -> PathBuf {
        self.0.join("opt/openpcs-agent")
    }

    fn asked(&self) -> String {
        std::fs::read_to_string(self.0.join("asked")).unwrap_or_default()
    }

    fn run(&self, agents: &[AgentBuild]) -> Output {
        let agent = self.agent();
        let script = start("http://it's-$(id)/", agents, agent.to_str().unwrap());
        // The log of an agent without systemd is the machine's.
        let log = self.0.join("log");
        let script = script.replace("/var/log/openpcs-agent.log", "\"$LOG\"") + "wait\n";
        let script = script.replace("/run/systemd/system", "/nonexistent");
        self.write("start", &script);
        let path = format!("{}:/usr/bin:/bin", self.0.join("bin").display());
        let mut command = Command::new("sh");
        command.arg(self.0.join("start"));
        command.env("PATH", path).env("LOG", log).output().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }
}

fn executable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn build(architecture: &'static str, agent: &str) -> AgentBuild {
    let hash = Sha256::digest(agent.as_bytes());
    AgentBuild {
        architecture,
        sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

#[test]
fn an_image_without_the_agent_gets_it_and_starts_it() {
    for (uname, architecture) in [("x86_64", "x86_64"), ("aarch64", "arm64")] {
        let machine = Machine::new(uname, uname, "the agent");
        let agents = [build("x86_64", "the agent"), build("arm64", "the agent")];
        let ran = machine.run(&agents);
        assert!(ran.status.success(), "{ran:?}");
        let url = format!("http://it's-$(id)/instance/v1/agent/{architecture}\n");
        assert_eq!(machine.asked(), url);
        let mode = std::fs::metadata(machine.agent())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
        let started = format!("started {} node\n", machine.agent().display());
        assert_eq!(machine.log(), started);
        // The second time it is there.
        assert!(machine.run(&agents).status.success());
        assert_eq!(machine.asked(), url);
    }
}

#[test]
fn another_agent_than_the_servers_is_never_installed() {
    let machine = Machine::new("wrong", "x86_64", "not the agent");
    let ran = machine.run(&[build("x86_64", "the agent")]);
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(words.contains("gave no agent with the checksum"), "{words}");
    assert!(words.contains("cannot join its cluster"), "{words}");
    assert!(!machine.agent().exists() && machine.log().is_empty());
}

#[test]
fn without_builds_the_images_own_is_started() {
    let machine = Machine::new("own", "x86_64", "unasked");
    std::fs::create_dir_all(machine.agent().parent().unwrap()).unwrap();
    std::fs::write(machine.agent(), "the image's").unwrap();
    executable(&machine.agent());
    let ran = machine.run(&[build("arm64", "the agent")]);
    assert!(ran.status.success(), "{ran:?}");
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(
        words.contains("the server has no agent for x86_64"),
        "{words}"
    );
    assert_eq!(machine.asked(), "");
    assert!(machine.log().starts_with("started "), "{}", machine.log());
}

#[test]
fn the_key_is_for_root_alone() {
    let owner = Owner {
        cluster_id: "pcs_a".into(),
        compute_node_group_id: "pcs_b".into(),
        generation: 1,
        slurm_version: "25.05".into(),
        settings: GroupSettings::default(),
        security_group_ids: vec![],
        key: "secret".into(),
    };
    let settings = Settings {
        endpoint: "http://10.0.0.1:8080".into(),
        ..Settings::default()
    };
    let parts = own_parts(&owner, &settings);
    let node = &parts.files[0];
    assert_eq!(
        (node.path.as_str(), node.mode),
        ("/etc/openpcs/node.json", "0600")
    );
    let told: serde_json::Value = serde_json::from_slice(&node.content).unwrap();
    let expected = json!({
        "endpoint": "http://10.0.0.1:8080", "clusterId": "pcs_a", "computeNodeGroupId": "pcs_b", "key": "secret",
    });
    assert_eq!(told, expected);
    assert!(!parts.start.contains("secret"));
}
