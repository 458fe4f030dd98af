//! What a job writes is found wherever it goes, what became of it is told truly, and nodes know each other by name.

use app::model::job::OutputKind;
use app::paths;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

const CLUSTER: &str = "outputs";

/// Patterns of sbatch(1), also those that the controller does not resolve.
const PATTERNS: [&str; 9] = [
    "slurm.%N.%j.out",
    "worker-%J.out",
    "part-%t.%n.out",
    "step-%s.out",
    "%x/%05j.out",
    "plain%%j.out",
    "made/later/%u-%j.txt",
    r"a\%j.out",
    "%12j",
];

#[tokio::test]
async fn what_a_job_writes_is_found_and_what_became_of_it_is_told() {
    let plane = TestPlane::start(Database::OfRun).await;
    let cluster = plane.cluster(CLUSTER, 3).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 2).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let jobs = Jobs {
        visitor: Visitor::sign_in(&plane).await,
        dir: plane.connect(CLUSTER, &["mktemp", "-d"]).trim().to_owned(),
        cluster: cluster.id,
        plane: &plane,
    };
    jobs.nodes_know_each_other_by_name().await;
    jobs.patterns_are_resolved().await;
    jobs.a_failure_is_shown_where_it_is_told().await;
    jobs.long_lines_are_bounded_and_all_of_it_can_be_had().await;
    jobs.what_became_of_it_is_told().await;
    // A job that was cancelled may still write.
    wait_until("the directory of outputs is gone", async || {
        let removed = plane.try_connect(CLUSTER, &["rm", "-rf", &jobs.dir]);
        removed.map(drop).map_err(|output| format!("{output:?}"))
    })
    .await;
    plane.finish().await;
}

struct Jobs<'a> {
    plane: &'a TestPlane,
    visitor: Visitor,
    cluster: String,
    /// Where the job user may write.
    dir: String,
}

impl Jobs<'_> {
    fn submit(&self, options: &[&str], command: &str) -> String {
        let options: Vec<&str> = ["-D", &self.dir].iter().chain(options).copied().collect();
        self.plane.sbatch(CLUSTER, &options, command)
    }

    async fn ask(&self, function: &str, input: Value) -> Value {
        let path = format!("/console/{function}");
        let answer = self.visitor.post(&path, input.to_string()).await;
        assert_eq!(answer.status(), 200, "{function} {input}");
        answer.json().await.unwrap()
    }

    async fn output(&self, job: &str) -> Value {
        let input = json!({"clusterIdentifier": self.cluster, "jobId": job});
        self.ask("job-output", json!({ "input": input })).await
    }

    async fn detail(&self, job: &str) -> Value {
        let input = json!({"cluster_identifier": self.cluster, "job_id": job, "language": "en"});
        self.ask("get-job", input).await
    }

    /// Once the page says so: what is looked up may come a moment later.
    async fn explained(&self, job: &str, code: &str) -> Value {
        wait_until(&format!("job {job} is explained as {code}"), async || {
            let detail = self.detail(job).await;
            let found = detail["explanation"]["code"].as_str().unwrap_or_default();
            match found.split(' ').next() == Some(code) {
                true => Ok(detail),
                false => Err(detail.to_string()),
            }
        })
        .await
    }

    /// As programs find their partners that are told the first node's name.
    async fn nodes_know_each_other_by_name(&self) {
        let program = format!("{}/reduce.py", self.dir);
        let reduce = r"
import torch, torch.distributed as group
group.init_process_group('gloo')
ones = torch.ones(1)
group.all_reduce(ones)
print(f'{int(ones)} ranks, of them {group.get_rank()}', flush=True)
";
        let write = format!("cat > {program} <<'END'\n{reduce}END\n");
        self.plane.connect(CLUSTER, &["bash", "-c", &write]);
        // Without the two options an older torchrun stumbles over a newer Python's flags.
        let command = format!(
            "export MASTER_ADDR=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -1) OMP_NUM_THREADS=1
             srun torchrun --redirects 2 --tee 2 --nnodes 2 --nproc_per_node 1 --rdzv_id $SLURM_JOB_ID --rdzv_backend c10d \
             --rdzv_endpoint $MASTER_ADDR:$((20000 + SLURM_JOB_ID % 5000)) {program}"
        );
        let options = ["-N2", "--ntasks-per-node=1", "--error=torchrun.err"];
        let job = self.submit(&options, &command);
        self.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        let output = self.output(&job).await;
        let mut lines: Vec<&str> = output["text"].as_str().unwrap().lines().collect();
        lines.sort();
        assert_eq!(lines, ["2 ranks, of them 0", "2 ranks, of them 1"]);
        // On the login shell too, and of nodes that came later.
        let later = self.plane.group(CLUSTER, "later", 0, 1).await;
        self.plane.connect(CLUSTER, &["getent", "hosts", "later-1"]);
        self.plane.delete_group(CLUSTER, &later.id).await;
        let gone = self
            .plane
            .try_connect(CLUSTER, &["getent", "hosts", "later-1"]);
        assert!(gone.is_err(), "{gone:?}");
    }

    async fn patterns_are_resolved(&self) {
        let say = "echo I am job $SLURM_JOB_ID";
        let name = ["-J", "two words"];
        let submit = |pattern: &&str| self.submit(&["-o", pattern, name[0], name[1]], say);
        let all: Vec<String> = PATTERNS.iter().map(submit).collect();
        let array = self.submit(&["--array=3,12%2", "-o", "arr/%A_%4a_%b.out"], say);
        // A name need not be text.
        let odd = format!(
            r"cd {} && mkdir $'w\xe9' && cd $'w\xe9' && sbatch --parsable -p demo -o $'\xff%j.out' -e $'\xfe%j.err' \
              --wrap 'echo odd; echo err >&2'",
            self.dir
        );
        let odd = self.plane.connect(CLUSTER, &["bash", "-c", &odd]);
        for job in &all {
            self.plane.wait_job(CLUSTER, job, "COMPLETED").await;
            let output = self.output(job).await;
            assert_eq!(output["text"], format!("I am job {job}\n"), "{output}");
        }
        let odd = odd.trim();
        self.plane.wait_job(CLUSTER, odd, "COMPLETED").await;
        for (kind, text, name) in [("stdout", "odd\n", "out"), ("stderr", "err\n", "err")] {
            let input = json!({"clusterIdentifier": self.cluster, "jobId": odd, "kind": kind});
            let output = self.ask("job-output", json!({ "input": input })).await;
            assert_eq!(output["text"], text, "{output}");
            let path = output["path"].as_str().unwrap();
            let ending = format!("/w\u{fffd}/\u{fffd}{odd}.{name}");
            assert!(path.ends_with(&ending), "{path}");
        }
        for task in ["3", "12"] {
            let id = format!("{array}_{task}");
            self.plane.wait_job(CLUSTER, &id, "COMPLETED").await;
            let path = self.output(&id).await["path"].to_string();
            let ending = format!("/arr/{array}_{task:0>4}_{}.out\"", &task[task.len() - 1..]);
            assert!(path.ends_with(&ending), "{path}");
        }
    }

    async fn a_failure_is_shown_where_it_is_told(&self) {
        let options = ["-o", "good.%j", "-e", "bad.%j"];
        let failed = self.submit(&options, "echo fine; echo because >&2; exit 3");
        let good = self.submit(&options, "echo fine; echo by the way >&2");
        self.plane.wait_job(CLUSTER, &failed, "FAILED").await;
        self.plane.wait_job(CLUSTER, &good, "COMPLETED").await;
        let output = self.output(&failed).await;
        assert_eq!(
            (&output["kind"], &output["text"]),
            (&json!("stderr"), &json!("because\n"))
        );
        assert_eq!(self.output(&good).await["text"], "fine\n");
        let detail = self.explained(&failed, "NonZeroExitCode").await;
        let remedy = detail["explanation"]["remedy"].to_string();
        assert!(remedy.contains(&format!("bad.{failed}")), "{remedy}");

        for (option, path) in [
            ("-o", "/proc/nope/out"),
            ("-e", "/proc/nope/err"),
            ("-i", "/nope.in"),
        ] {
            let unopened = self.submit(&[option, path], "true");
            self.plane.wait_job(CLUSTER, &unopened, "FAILED").await;
            let detail = self.explained(&unopened, "FilesNotOpened").await;
            let meaning = detail["explanation"]["meaning"].to_string();
            let named = format!("could not open {path}.");
            assert!(meaning.contains(&named), "{meaning}");
        }
        // The same signal, by the script itself.
        let own = self.submit(&["-o", "own.%j", "-e", "/dev/null"], "kill -53 $$");
        self.plane.wait_job(CLUSTER, &own, "FAILED").await;
        self.explained(&own, "RaisedSignal").await;
    }

    async fn long_lines_are_bounded_and_all_of_it_can_be_had(&self) {
        let command = r"head -c 300000 /dev/zero | tr '\0' x; echo; echo '<b>last</b>'";
        let job = self.submit(&["-o", "long.%j"], command);
        self.plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        let end = self.output(&job).await;
        let text = end["text"].as_str().unwrap();
        assert!(
            text.len() > 60_000 && text.ends_with("x\n<b>last</b>\n"),
            "{}",
            text.len()
        );
        let before = json!({
            "clusterIdentifier": self.cluster, "jobId": job, "kind": "stdout", "before": end["from"],
        });
        let earlier = self.ask("job-output", json!({ "input": before })).await;
        assert_eq!(earlier["to"], end["from"]);
        let path = paths::job_output_file(&self.cluster, &job, OutputKind::Stdout);
        let file = self
            .visitor
            .request(Method::GET, &path)
            .send()
            .await
            .unwrap();
        let header = |name: &str| file.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/octet-stream");
        assert!(
            header("content-disposition")
                .contains(&format!("attachment; filename*=UTF-8''long.{job}"))
        );
        assert_eq!(file.bytes().await.unwrap().len(), 300_013);
        let none = paths::job_output_file(&self.cluster, &job, OutputKind::Stderr);
        let other = paths::job_output_file(&self.cluster, "999999", OutputKind::Stdout);
        for (path, status) in [(none, 200), (other, 404)] {
            let answer = self
                .visitor
                .request(Method::GET, &path)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), status, "{path}");
        }
    }

    async fn what_became_of_it_is_told(&self) {
        let first = self.submit(&["--hold"], "exit 3");
        let after = format!("--dependency=afterok:{first}");
        let never = self.submit(&[&after], "true");
        let ended = self.submit(&[&after, "--kill-on-invalid-dep=yes"], "true");
        self.plane
            .connect(CLUSTER, &["scontrol", "release", &first]);
        self.plane.wait_job(CLUSTER, &first, "FAILED").await;
        self.explained(&never, "DependencyNeverSatisfied").await;
        let told = (json!(first), json!(3));
        wait_until("the job that it depends on is told", async || {
            let detail = self.detail(&never).await;
            let other = &detail["dependencies"][0];
            match (&other["job"], &other["exitCode"]) == (&told.0, &told.1) {
                true => Ok(()),
                false => Err(detail.to_string()),
            }
        })
        .await;
        self.explained(&ended, "DependencyCancelled").await;

        let act = json!({"clusterIdentifier": self.cluster, "jobId": never, "action": "cancel"});
        self.ask("act-on-job", json!({ "input": act })).await;
        let detail = self.explained(&never, "CancelledBy").await;
        let meaning = detail["explanation"]["meaning"].to_string();
        assert!(meaning.contains("admin"), "{meaning}");
        // The same of a task that was cancelled with all of its array.
        let array = self.submit(&["--array=1-2"], "sleep 600");
        let task = format!("{array}_1");
        self.plane.wait_job(CLUSTER, &task, "RUNNING").await;
        let act = json!({"clusterIdentifier": self.cluster, "jobId": array, "action": "cancel"});
        self.ask("act-on-job", json!({ "input": act })).await;
        self.explained(&task, "CancelledBy").await;
        let held = self.submit(&["--hold"], "true");
        self.plane.connect(CLUSTER, &["scancel", &held]);
        self.explained(&held, "Cancelled").await;
    }
}
