//! The guide's tutorial on EC2, typed into the real AWS CLI: EC2 and IAM are an emulator's (moto), `pcs` and the cluster's
//! secret this server's, Slurm and the machines real. The commands are the guide's own, with its line breaks; only the
//! words that it says are to be replaced are. A console step of the guide is the command that the same guide has for it.
//!
//! Left out, as neither the emulator nor the test's network has them:
//! - CloudFormation: what the guide's stacks make is made by the commands of its other chapters.
//! - EFS and FSx for Lustre: `/shared` is a directory of this host, mounted by the launch templates' user data.
//! - Session Manager and SSH: the shell on the login node is entered from this host, as the user whom jobs run as.
//! - `module load openmpi`, `mpicc`: in `hello`'s place is a script that says the same for each rank.
//! - `aws secretsmanager list-secrets`: a server's secrets can be read, not listed.
//!
//! `tag:aws:pcs:compute-node-group-id` is asked for as `tag:pcs:…`: AWS lets nobody but itself give a tag that begins with `aws:`.
//! The first job sleeps for a second, and not for 60.

mod printed;

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use openpcs_server::slurm::job_user;
use serde_json::{Value, json};

use crate::harness::ec2::{self, Ec2};
use crate::harness::*;

/// Of the guide's VPC.
const GATEWAY: &str = "10.3.0.1";
const HOME: &str = "/shared";

struct Person<'a> {
    ec2: &'a Ec2,
    plane: &'a TestPlane,
}

/// What the person notes for later.
struct Account {
    vpc: String,
    public: String,
    private: String,
    cluster_group: String,
    ssh_group: String,
    policy: String,
    profile: String,
    image: String,
    login_template: String,
    compute_template: String,
}

impl Person<'_> {
    /// Types a command of the guide, those words replaced; what it prints. It must succeed.
    #[track_caller]
    fn types(&self, printed: &str, replaced: &[(&str, &str)]) -> String {
        let always: [(&str, &str); 6] = [
            ("region-code", ec2::REGION),
            ("--region region", &format!("--region {}", ec2::REGION)),
            ("my-cluster", "get-started"),
            ("my-queue", "demo"),
            ("24.05", VERSION),
            ("tag:aws:pcs:", "tag:pcs:"),
        ];
        let words = replaced.iter().chain(&always);
        let typed = words.fold(printed.to_owned(), |text, (word, by)| {
            text.replace(word, by)
        });
        let mut shell = self.ec2.shell(&self.plane.server, &typed);
        ended_well(&typed, shell.current_dir(self.plane.server.root()))
    }

    #[track_caller]
    fn told(&self, printed: &str, replaced: &[(&str, &str)]) -> Value {
        serde_json::from_str(&self.types(printed, replaced)).unwrap()
    }

    /// Asks until the noun is ACTIVE.
    async fn waits(&self, printed: &str, replaced: &[(&str, &str)], noun: &str) -> Value {
        wait_until(&format!("{printed} shows ACTIVE"), async || {
            let told = self.told(printed, replaced);
            match told[noun]["status"] == "ACTIVE" {
                true => Ok(told[noun].clone()),
                false => Err(told.to_string()),
            }
        })
        .await
    }

    /// Asks until there is no such thing.
    async fn waits_until_gone(&self, printed: &str, replaced: &[(&str, &str)]) {
        // A refusal is what is waited for.
        let ask = format!("({}) 2>&1 || true", printed.trim());
        wait_until(&format!("{printed} finds nothing"), async || {
            let told = self.types(&ask, replaced);
            match told.contains("ResourceNotFoundException") {
                true => Ok(()),
                false => Err(told),
            }
        })
        .await;
    }

    /// A shell on the login node.
    fn session(&self, login: &str, script: &str) -> Command {
        self.ec2.session(login, job_user::DEFAULT, HOME, script)
    }
}

#[track_caller]
fn ended_well(typed: &str, shell: &mut Command) -> String {
    let output = shell.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{typed}\n{error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// On SQLite: the network of the test has no PostgreSQL.
#[tokio::test]
async fn the_tutorial_works_to_the_letter_on_ec2_on_sqlite() {
    let mut ec2 = match Ec2::unfurnished(GATEWAY).await {
        Ok(ec2) => ec2,
        Err(why) => return eprintln!("machines need networks of their own: {why}"),
    };
    let server = ec2.server(None);
    ec2.run_machines(&server.home());
    let plane = TestPlane::of_account(server, None, ec2.catalogue()).await;
    let person = Person {
        ec2: &ec2,
        plane: &plane,
    };
    let account = prepares(&person);
    let login = makes_a_cluster(&person, &account).await;
    works_on_it(&person, &login).await;
    deletes_it(&person).await;
    clears_the_account(&person, &account);
    ec2.end_machines();
    plane.finish().await;
}

fn prepares(person: &Person) -> Account {
    person.types("aws sts get-caller-identity", &[]);
    let network = person.types(printed::NETWORK, &[]);
    let [vpc, public, private] = network.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{network}");
    };
    let group = |name: &str, rules: &str| {
        let in_vpc = format!("--vpc-id {vpc}");
        let named: [(&str, &str); 2] = [("efa-group-name", name), ("--vpc-id vpc-id", &in_vpc)];
        let made = person.told(printed::CREATE_SECURITY_GROUP, &named);
        let id = made["GroupId"].as_str().unwrap().to_owned();
        person.types(rules, &[("efa-secgroup-id", &id)]);
        id
    };
    let cluster_group = group("cluster-getstarted-sg", printed::RULES);
    let ssh_group = group("inbound-ssh-getstarted-sg", printed::SSH_RULE);
    let role = person.types(printed::ROLE, &[]);
    let (policy, profile) = role.split_once(' ').unwrap();
    person.types("aws ec2 create-key-pair --key-name getstarted", &[]);
    Account {
        login_template: template(person, "login-getstarted-lt", [&cluster_group, &ssh_group]),
        compute_template: template(
            person,
            "compute-getstarted-lt",
            [&cluster_group, &cluster_group],
        ),
        image: image(person),
        vpc: vpc.into(),
        public: public.into(),
        private: private.into(),
        cluster_group,
        ssh_group,
        policy: policy.into(),
        profile: profile.into(),
    }
}

/// Its user data mounts `/shared`, in the archive that the guide has for it.
fn template(person: &Person, name: &str, groups: [&str; 2]) -> String {
    let user_data = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"==MYBOUNDARY==\"\n\n\
         --==MYBOUNDARY==\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n\
         #!/bin/bash\nmkdir -p /shared\nmount --bind {} /shared\n\n--==MYBOUNDARY==--\n",
        person.plane.server.home().display()
    );
    let replaced: [(&str, &str); 5] = [
        ("my-template-name", name),
        ("my-ssh-key-name", "getstarted"),
        ("sg-ExampleID1", groups[0]),
        ("sg-ExampleID2", groups[1]),
        ("base64-user-data", &BASE64.encode(user_data)),
    ];
    let made = person.told(printed::CREATE_TEMPLATE, &replaced);
    let id = made["LaunchTemplate"]["LaunchTemplateId"].as_str();
    id.unwrap().into()
}

/// AWS's sample image, which the emulator lacks: the account has its copy.
fn image(person: &Person) -> String {
    let name = format!("aws-pcs-sample_ami-amzn2-x86_64-slurm-{VERSION}-1");
    let find = "aws ec2 describe-images --filters 'Name=name,Values=amzn2*x86_64*' --query Images[0].ImageId --output text";
    let source = person.types(find, &[]);
    person.types(
        &format!(
            "aws ec2 copy-image --source-region region-code --source-image-id {source} --name {name}"
        ),
        &[],
    );
    let told = person.types(printed::FIND_IMAGE, &[("--owners amazon", "--owners self")]);
    let (found, id) = told.split_once('\t').unwrap();
    assert_eq!(found, name);
    id.into()
}

/// The instance of its login node.
async fn makes_a_cluster(person: &Person<'_>, account: &Account) -> String {
    let networking = [
        ("subnet-ExampleId1", &*account.private),
        ("sg-ExampleId1", &*account.cluster_group),
    ];
    let made = person.told(printed::CREATE_CLUSTER, &networking);
    assert_eq!(made["cluster"]["status"], "CREATING");
    let cluster = person.waits(printed::GET_CLUSTER, &[], "cluster").await;
    assert_eq!(cluster["endpoints"][0]["type"], "SLURMCTLD");
    let secret = cluster["slurmConfiguration"]["authKey"]["secretArn"].as_str();
    let secret = secret.unwrap();
    let key = person.types(printed::READ_SECRET, &[("secret-arn", secret)]);
    assert!(BASE64.decode(&key).unwrap().len() >= 32);
    // The account has it under the same address.
    let read = ["secretsmanager", "get-secret-value", "--secret-id", secret];
    assert_eq!(person.ec2.aws(&read)["SecretString"], key);
    let (login, compute) = (&account.login_template, &account.compute_template);
    creates_group(person, account, ["login", &account.public, login], [1, 1]);
    creates_group(
        person,
        account,
        ["compute-1", &account.private, compute],
        [0, 4],
    );
    let active = async |name: &'static str| {
        let named = [("my-node-group", name)];
        let group = person.waits(printed::GET_GROUP, &named, "computeNodeGroup");
        group.await["id"].as_str().unwrap().to_owned()
    };
    let compute = active("compute-1").await;
    person.types(
        printed::CREATE_QUEUE,
        &[("compute-node-group-id", &compute)],
    );
    person.waits(printed::GET_QUEUE, &[], "queue").await;
    let login = active("login").await;
    let by_id = format!(",Values={login}");
    let of_login = [(",Values=node-group-id", &*by_id)];
    let found = person.told(printed::FIND_INSTANCES, &of_login);
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0]["State"], "running");
    found[0][0]["InstanceId"].as_str().unwrap().into()
}

fn creates_group(
    person: &Person,
    account: &Account,
    [name, subnet, template]: [&str; 3],
    [least, most]: [u8; 2],
) {
    let replaced: [(&str, &str); 9] = [
        ("my-node-group", name),
        ("subnet-ExampleID1", subnet),
        ("lt-ExampleID1", template),
        ("launch-template-version", "1"),
        ("arn:InstanceProfile", &account.profile),
        ("min-instances", &least.to_string()),
        ("max-instance", &most.to_string()),
        ("t3.large", "c6i.xlarge"),
        ("ami-ExampleID1", &account.image),
    ];
    let made = person.told(printed::CREATE_GROUP, &replaced);
    assert_eq!(made["computeNodeGroup"]["status"], "CREATING");
}

/// At the login node's prompt.
async fn works_on_it(person: &Person<'_>, login: &str) {
    wait_until("the login node is ready for people", async || {
        let mut session = person.session(login, "mountpoint -q /shared && sinfo");
        match session.output().unwrap() {
            output if output.status.success() => Ok(()),
            output => Err(format!("{output:?}")),
        }
    })
    .await;
    let types = |script: &str| ended_well(script, &mut person.session(login, script));
    let lines = |text: &str| -> Vec<String> {
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines().map(line).collect()
    };
    let sinfo = [
        "PARTITION AVAIL TIMELIMIT NODES STATE NODELIST",
        "demo up infinite 4 idle~ compute-1-[1-4]",
    ];
    assert_eq!(lines(&types("sinfo")), sinfo);
    let squeue = ["JOBID PARTITION NAME USER ST TIME NODES NODELIST(REASON)"];
    assert_eq!(lines(&types("squeue")), squeue);
    let shows_nothing = async |script: &str| {
        wait_until(&format!("{script} shows no job"), async || {
            match types(script) {
                shown if lines(&shown) == squeue => Ok(()),
                shown => Err(shown),
            }
        })
        .await;
    };
    assert_eq!(types(printed::SINGLE_NODE_JOB), "Submitted batch job 1");
    shows_nothing("squeue --job 1").await;
    assert_eq!(
        types("cat /shared/single.1.out"),
        "This is job single [1] running on compute-1-1, submitted from login-1\nJob\ncomplete"
    );
    let listed = types("ls -alh /shared");
    for file in ["job.sh", "single.1.err", "single.1.out"] {
        assert!(listed.lines().any(|line| line.ends_with(file)), "{listed}");
    }
    assert_eq!(types(printed::MULTI_NODE_JOB), "Submitted batch job 2");
    shows_nothing("squeue").await;
    let told = types("cd /shared\ncat multi.out");
    let mut ranks: Vec<&str> = told.lines().collect();
    ranks.sort_unstable();
    let expected = [1, 2, 3, 4].map(|node| {
        let rank = node - 1;
        format!("Hello world from processor compute-1-{node}, rank {rank} out of 4 processors")
    });
    assert_eq!(ranks, expected);
}

async fn deletes_it(person: &Person<'_>) {
    person.types(printed::DELETE_QUEUE, &[]);
    person.waits_until_gone(printed::GET_QUEUE, &[]).await;
    let groups = ["compute-1", "login"].map(|name| [("my-node-group", name)]);
    for named in &groups {
        person.types(printed::DELETE_GROUP, named);
    }
    for named in &groups {
        person.waits_until_gone(printed::GET_GROUP, named).await;
    }
    person.types(printed::DELETE_CLUSTER, &[]);
    person.waits_until_gone(printed::GET_CLUSTER, &[]).await;
    let secrets = person.ec2.aws(&["secretsmanager", "list-secrets"]);
    assert_eq!(secrets["SecretList"], json!([]));
}

/// Nothing of the cluster's stands in the way of what the person made, and nothing is left beside it.
fn clears_the_account(person: &Person, account: &Account) {
    assert_eq!(person.ec2.instances("running"), [], "no instance is left");
    person.types(
        printed::DELETE_ROLE,
        &[("policy-arn-of-role", &account.policy)],
    );
    let made: [(&str, &str); 7] = [
        ("lt-login", &account.login_template),
        ("lt-compute", &account.compute_template),
        ("sg-ssh", &account.ssh_group),
        ("sg-cluster", &account.cluster_group),
        ("subnet-public", &account.public),
        ("subnet-private", &account.private),
        ("--vpc-id vpc-id", &format!("--vpc-id {}", account.vpc)),
    ];
    person.types(printed::DELETE_STACKS, &made);
    let templates = "aws ec2 describe-launch-templates --max-results 200";
    assert_eq!(person.told(templates, &[])["LaunchTemplates"], json!([]));
}
