//! An AWS account of a test's own: moto answers the calls, and each of its instances is a machine with a network, a root
//! file system and a host name of its own that boots from its user data. What only AWS has is not shown by it.
//!
//! All of it is in a network of the test's own, where the server and the clients are too: the thread that asks for it
//! moves there. It needs root, and a kernel that lets root make networks: a container's may not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use app::model::catalogue::*;
use nix::sched::{CloneFlags, unshare};
use serde_json::Value;
use tempfile::TempDir;

use super::{Server, VERSION, aws, processes, wait_until};

/// Where the account is.
pub const MOTO: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);
/// Of this host in the network of the VPC: where its gateway would be.
const GATEWAY: &str = "10.77.0.1";
const VPC: &str = "10.77.0.0/16";
const SUBNET: &str = "10.77.0.0/20";
pub const REGION: &str = "us-east-1";

pub struct Ec2 {
    machines: TempDir,
    /// What nodes fetch.
    agents: TempDir,
    moto: Child,
    cloud: Option<Child>,
    /// This host's address in the VPC.
    gateway: String,
    /// What the account has, by the names that the tutorial uses.
    catalogue: Catalogue,
}

impl Ec2 {
    /// Or why there can be none on this host.
    pub async fn start() -> Result<Ec2, String> {
        let mut ec2 = Self::unfurnished(GATEWAY).await?;
        ec2.furnish();
        Ok(ec2)
    }

    /// An account that has nothing yet, whose VPC will have its gateway there.
    pub async fn unfurnished(gateway: &str) -> Result<Ec2, String> {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|error| format!("no network: {error}"))?;
        for line in [
            "link set lo up".to_owned(),
            "link add pcs0 type bridge".to_owned(),
            format!("addr add {gateway}/16 dev pcs0"),
            "link set pcs0 up".to_owned(),
        ] {
            let done = Command::new("ip").args(line.split(' ')).status();
            if !done.unwrap().success() {
                return Err(format!("`ip {line}` fails"));
            }
        }
        let moto = Command::new(tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "5000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("moto answers", async || {
            let connected = tokio::net::TcpStream::connect(MOTO).await;
            connected.map(|_| ()).map_err(|error| error.to_string())
        })
        .await;
        Ok(Ec2 {
            machines: TempDir::with_prefix("openpcs-ec2-").unwrap(),
            agents: TempDir::with_prefix("openpcs-agents-").unwrap(),
            moto,
            cloud: None,
            gateway: gateway.to_owned(),
            catalogue: Catalogue::default(),
        })
    }

    /// What the guide has people make before their first cluster.
    fn furnish(&mut self) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let vpc = self.aws(&["ec2", "create-vpc", "--cidr-block", VPC]);
        let vpc = text(&vpc["Vpc"]["VpcId"]);
        let modify = ["ec2", "modify-vpc-attribute", "--enable-dns-hostnames"];
        self.aws(&[&modify[..], &["--vpc-id", &vpc]].concat());
        let subnet = ["ec2", "create-subnet", "--vpc-id", &vpc, "--cidr-block"];
        let subnet = self.aws(&[&subnet[..], &[SUBNET]].concat());
        let group = "cluster-getstarted-sg";
        let create = ["ec2", "create-security-group", "--group-name", group];
        let made = self.aws(&[&create[..], &["--description", "pcs", "--vpc-id", &vpc]].concat());
        let security_group = text(&made["GroupId"]);
        let role = "AWSPCS-getstarted-role";
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let create = ["iam", "create-role", "--role-name", role];
        self.aws(&[&create[..], &["--assume-role-policy-document", trust]].concat());
        let name = ["--instance-profile-name", role];
        let profile = self.aws(&[&["iam", "create-instance-profile"][..], &name].concat());
        let add = ["iam", "add-role-to-instance-profile", "--role-name", role];
        self.aws(&[&add[..], &name].concat());
        let query = ["--query", "Images[:2].ImageId"];
        let filter = ["--filters", "Name=name,Values=al2023*x86_64*"];
        let images = self.aws(&[&["ec2", "describe-images"][..], &filter, &query].concat());
        let templates = ["login-getstarted-lt", "compute-getstarted-lt"];
        let templates = templates.map(|name| {
            let data = format!(r#"{{"SecurityGroupIds":["{security_group}"]}}"#);
            let create = [
                "ec2",
                "create-launch-template",
                "--launch-template-name",
                name,
            ];
            let made = self.aws(&[&create[..], &["--launch-template-data", &data]].concat());
            let id = text(&made["LaunchTemplate"]["LaunchTemplateId"]);
            LaunchTemplate {
                id,
                name: name.into(),
                versions: vec![],
            }
        });
        let image = |(name, id): (&str, &Value)| Image {
            id: text(id),
            name: format!("aws-pcs-sample_ami-{name}-x86_64-slurm-{VERSION}"),
            architecture: "x86_64".into(),
            slurm_version: VERSION.into(),
            state: "available".into(),
        };
        let images = ["amzn2", "al2023"]
            .into_iter()
            .zip(images.as_array().unwrap());
        self.catalogue = Catalogue {
            subnets: vec![Subnet {
                id: text(&subnet["Subnet"]["SubnetId"]),
                name: "hpc-networking:PublicSubnetA".into(),
                vpc_id: vpc.clone(),
                cidr: SUBNET.into(),
                availability_zone: text(&subnet["Subnet"]["AvailabilityZone"]),
                zone_type: "availability-zone".into(),
                free_addresses: 4_000,
                public: false,
            }],
            security_groups: vec![SecurityGroup {
                id: security_group.clone(),
                name: group.into(),
                vpc_id: vpc.clone(),
                description: String::new(),
                inbound: vec![],
            }],
            launch_templates: templates.to_vec(),
            instance_profiles: vec![InstanceProfile {
                arn: text(&profile["InstanceProfile"]["Arn"]),
                name: role.into(),
                role_name: role.into(),
                role_path: "/".into(),
            }],
            images: images.map(image).collect(),
            ..Catalogue::default()
        };
    }

    /// Switches the machines on. They share the directory, as by a network file system.
    pub fn run_machines(&mut self, shared: &Path) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/harness/ec2/cloud.py");
        let cloud = Command::new(tool("python3"))
            .arg(here)
            .arg(endpoint())
            .arg(self.machines.path())
            .arg(scheduler_root())
            .arg(shared)
            .envs(environment())
            .stdin(Stdio::null())
            .spawn();
        self.cloud = Some(cloud.unwrap());
    }

    /// Switches them off.
    pub fn end_machines(&mut self) {
        if let Some(mut cloud) = self.cloud.take() {
            cloud.kill().unwrap();
            cloud.wait().unwrap();
        }
    }

    /// What there is to make clusters of.
    pub fn catalogue(&self) -> Catalogue {
        self.catalogue.clone()
    }

    /// A server for this account.
    pub fn server(&self, database_url: Option<String>) -> Server {
        let agents = self.agents.path().to_str().unwrap();
        let package = ["package-slurm", VERSION, "--agents-dir", agents];
        let made = Command::new(env!("CARGO_BIN_EXE_openpcs"))
            .args(package)
            .output();
        let made = made.unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut server = Server::new(database_url);
        server.option("--agents-dir", agents);
        // As by a network file system: see `run_machines`.
        let home = server.home();
        server.option("--shared-dir", home.to_str().unwrap());
        server.option("--provider", "aws");
        server.option("--advertise", &self.gateway);
        // The same when it is started again: instances know it.
        server.option("--nodes-port", "8766");
        server.environment("AWS_ENDPOINT_URL", &endpoint());
        for (name, value) in environment() {
            server.environment(name, value);
        }
        server
    }

    /// The real AWS CLI against this account.
    pub fn aws(&self, arguments: &[&str]) -> Value {
        cli(&endpoint(), arguments)
    }

    /// A shell of a person who has this account and that server: EC2, IAM and STS are the account's, clusters and their
    /// secrets the server's.
    pub fn shell(&self, server: &Server, script: &str) -> Command {
        let mut shell = server.program("bash");
        shell.args(["-e", "-o", "pipefail", "-c", script]);
        shell.env("PATH", server.path_with_aws());
        for service in ["EC2", "IAM", "STS"] {
            shell.env(format!("AWS_ENDPOINT_URL_{service}"), endpoint());
        }
        for service in ["PCS", "SECRETS_MANAGER"] {
            shell.env(format!("AWS_ENDPOINT_URL_{service}"), server.endpoint());
        }
        let key = server.access_key();
        shell.env("AWS_ACCESS_KEY_ID", key.id);
        shell.env("AWS_SECRET_ACCESS_KEY", key.secret);
        shell.env("AWS_DEFAULT_REGION", REGION);
        shell.envs([("AWS_PAGER", ""), ("AWS_CONFIG_FILE", "/dev/null")]);
        shell.envs([("AWS_EC2_METADATA_DISABLED", "true")]);
        shell
    }

    /// A shell of that user on a machine, as by Session Manager. Its files are at `home`, its programs those of Slurm too.
    pub fn session(&self, instance: &str, user: &str, home: &str, script: &str) -> Command {
        let machine = machine_of(instance).unwrap_or_else(|| panic!("no machine {instance}"));
        let mut shell = Command::new("nsenter");
        shell.args(["--target", &machine.to_string()]);
        shell.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--root"]);
        shell.args(["setpriv", "--reuid", user, "--regid", user, "--init-groups"]);
        shell.args(["bash", "-e", "-c", script]);
        let slurm = Path::new(&scheduler_root()).join(format!("slurm-{VERSION}/bin"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", slurm.display());
        shell.env_clear().env("PATH", path).env("HOME", home);
        shell
    }

    /// The ids of instances in that state, with the private addresses.
    pub fn instances(&self, state: &str) -> Vec<(String, String)> {
        let filter = format!("Name=instance-state-name,Values={state}");
        let query = "Reservations[].Instances[].[InstanceId,PrivateIpAddress]";
        let found = self.aws(&[
            "ec2",
            "describe-instances",
            "--filters",
            &filter,
            "--query",
            query,
        ]);
        serde_json::from_value(found).unwrap()
    }

    /// The ids of those that run and were bought as Spot.
    pub fn bought_as_spot(&self) -> Vec<String> {
        let running = "Name=instance-state-name,Values=running";
        let query = "Reservations[].Instances[?InstanceLifecycle=='spot'][].InstanceId";
        let describe = ["ec2", "describe-instances", "--filters", running];
        let found = self.aws(&[&describe[..], &["--query", query]].concat());
        serde_json::from_value(found).unwrap()
    }

    /// What the machines wrote on their consoles.
    pub fn consoles(&self) -> String {
        let mut all = String::new();
        for machine in std::fs::read_dir(self.machines.path()).unwrap().flatten() {
            let text = std::fs::read(machine.path().join("console")).unwrap_or_default();
            let name = machine.file_name();
            all += &format!("{}:\n{}\n", name.display(), String::from_utf8_lossy(&text));
        }
        all
    }
}

impl Drop for Ec2 {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.consoles());
        }
        for child in self.cloud.iter_mut().chain([&mut self.moto]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the real AWS CLI is told there.
pub(super) fn cli(endpoint: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(tool("../../venv/bin/aws"));
    command
        .args(["--endpoint-url", endpoint, "--output", "json"])
        .args(arguments)
        .envs(environment())
        .envs([("AWS_PAGER", ""), ("AWS_CONFIG_FILE", "/dev/null")]);
    let output = aws::run(&command);
    let (out, error) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "aws {arguments:?}: {error}");
    serde_json::from_slice(out).unwrap_or(Value::Null)
}

fn endpoint() -> String {
    format!("http://{MOTO}")
}

pub(super) fn tool(name: &str) -> std::path::PathBuf {
    let tools = std::env::var("OPENPCS_TOOLS").unwrap_or_else(|_| "/opt/openpcs".into());
    Path::new(&tools).join("moto/bin").join(name)
}

fn scheduler_root() -> String {
    std::env::var("OPENPCS_SCHEDULER_ROOT").unwrap_or_else(|_| "/opt/openpcs/scheduler".into())
}

/// The first process of the machine with that id: the one that `unshare` started in its namespaces.
fn machine_of(instance: &str) -> Option<i32> {
    let all = processes(Path::new(instance)).into_iter();
    let mut of_it =
        all.filter(|(_, line)| line.contains("machine.py") && !line.contains("unshare"));
    of_it.next().map(|(pid, _)| pid.as_raw())
}

fn environment() -> [(&'static str, &'static str); 5] {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}
