//! One client token is one job, however often and however fast it is sent, and over a crash.

use app::model::submit::SubmitJobRequest;
use aws_sdk_pcs::types::*;
use nix::sys::signal::{Signal, kill};
use openpcs_server::slurm::job_user::JobUser;
use sha2::{Digest, Sha256};

use crate::harness::*;

const CLUSTER: &str = "once";

/// The job's id.
async fn submit(visitor: &Visitor, input: &SubmitJobRequest) -> String {
    let body = serde_json::json!({ "input": input }).to_string();
    let answer = visitor.post("/console/submit-job", body).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status} {text}");
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    answer["jobId"].as_str().unwrap().to_owned()
}

fn request(token: &str) -> SubmitJobRequest {
    SubmitJobRequest {
        cluster_identifier: CLUSTER.into(),
        queue: "demo".into(),
        name: token.into(),
        script: "#!/bin/sh\nhostname\n".into(),
        hold: true,
        client_token: Some(token.into()),
        ..SubmitJobRequest::default()
    }
}

fn jobs(plane: &TestPlane, name: &str) -> usize {
    let name = format!("--name={name}");
    plane
        .connect(CLUSTER, &["squeue", "--noheader", &name])
        .lines()
        .count()
}

/// As a crash between sbatch and the answer leaves it.
async fn forget_the_answer(plane: &TestPlane, input: &SubmitJobRequest) {
    let pool = plane.database().await;
    let hash = hex::encode(Sha256::digest(serde_json::to_vec(input).unwrap()));
    sqlx::query(
        "insert into idempotency (principal, operation, token, request_hash, response, created_at) \
         values ('arn:aws:iam::111122223333:user/admin', 'SubmitJob', $1, $2, '', 9999999999999) \
         on conflict (principal, operation, token) do update set response = ''",
    )
    .bind(input.client_token.as_deref().unwrap())
    .bind(hash)
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

/// A job script of that many bytes that ends well.
fn script_of(bytes: usize) -> String {
    let begin = "#!/bin/sh\nexit 0\n";
    let rest = bytes - begin.len();
    let line = format!("#{}\n", "x".repeat(998));
    begin.to_owned() + &line.repeat(rest / line.len()) + &"#".repeat(rest % line.len())
}

/// What is refused, in words, by the console; the script is never too long to be told so.
async fn refused(visitor: &Visitor, script: String) -> (u16, String) {
    let mut input = request("long");
    input.script = script;
    let body = serde_json::json!({ "input": input }).to_string();
    let answer = visitor.post("/console/submit-job", body).await;
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap())
}

/// Slurm takes scripts of 4 MiB, unless it is told to take longer ones.
#[tokio::test]
async fn a_script_of_ten_megabytes_is_refused_in_words_or_runs() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let ten = script_of(10_000_000);
    std::fs::write(plane.server.home().join("ten.sh"), &ten).unwrap();
    let sbatch = ["sbatch", "--partition=demo", "--output=/dev/null", "ten.sh"];

    let told = plane.try_connect(CLUSTER, &sbatch).unwrap_err();
    let words = String::from_utf8_lossy(&told.stderr);
    assert!(words.contains("Batch job submission failed"), "{words}");
    let (status, words) = refused(&visitor, ten).await;
    assert_eq!(status, 413, "{words}");
    assert!(words.contains("bytes"), "{words}");
    let (status, words) = refused(&visitor, script_of(5_000_000)).await;
    assert_eq!(status, 400, "{words}");
    assert!(
        words.contains("script") && words.contains("4194304"),
        "{words}"
    );
    let four = SubmitJobRequest {
        script: script_of(4 * 1024 * 1024 - 1),
        hold: false,
        ..request("four")
    };
    let four = submit(&visitor, &four).await;
    plane.wait_job(CLUSTER, &four, "COMPLETED").await;

    let longer = UpdateClusterSlurmConfigurationRequest::builder()
        .slurm_custom_settings(setting("SchedulerParameters", "max_script_size=16777216"));
    let update = plane.admin().update_cluster().cluster_identifier(CLUSTER);
    let update = update.slurm_configuration(longer.build());
    update.send().await.unwrap();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let told = plane.connect(CLUSTER, &sbatch);
    let job = told.trim().rsplit(' ').next().unwrap();
    plane.wait_job(CLUSTER, job, "COMPLETED").await;
    plane.finish().await;
}

#[tokio::test]
async fn one_token_is_one_job() {
    let mut plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;

    let input = request("concurrent");
    let ten = (0..10).map(|_| submit(&visitor, &input));
    let ids = futures::future::join_all(ten).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(jobs(&plane, "concurrent"), 1);

    // The server died after sbatch: the job is found again.
    forget_the_answer(&plane, &input).await;
    plane.crash().await;
    assert_eq!(submit(&visitor, &input).await, ids[0]);
    assert_eq!(jobs(&plane, "concurrent"), 1);
    assert_eq!(submit(&visitor, &input).await, ids[0]);

    let mut array = request("array");
    array.array = "1-3".into();
    let id = submit(&visitor, &array).await;
    forget_the_answer(&plane, &array).await;
    assert_eq!(submit(&visitor, &array).await, id);

    // It died before sbatch: there is no job yet.
    let early = request("early");
    forget_the_answer(&plane, &early).await;
    assert_eq!(jobs(&plane, "early"), 0);
    let id = submit(&visitor, &early).await;
    assert_eq!(
        (jobs(&plane, "early"), submit(&visitor, &early).await),
        (1, id)
    );
    // The controller died before it had saved the job: it is there again, under the same token.
    let vanishing = request("vanishing");
    let id = submit(&visitor, &vanishing).await;
    for pid in slurmctld(&plane) {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    let again = wait_until("the job is there again", async || {
        let queue = plane.try_connect(CLUSTER, &["squeue", "-h", "-o", "%A", "-n", "vanishing"]);
        match queue.as_deref().map(str::trim) {
            // Slurm saved it after all, or it was submitted again.
            Ok(found) if !found.is_empty() => Ok(found.to_owned()),
            other => Err(format!("{id}: {other:?}")),
        }
    })
    .await;
    wait_until("the token leads to it", async || {
        match submit(&visitor, &vanishing).await {
            found if found == again => Ok(()),
            found => Err(found),
        }
    })
    .await;
    assert_eq!(jobs(&plane, "vanishing"), 1);
    plane.finish().await;
}

#[tokio::test]
async fn scripts_run_as_people_paste_them() {
    let plane = TestPlane::start(Database::OfRun).await;
    plane.cluster(CLUSTER, 600).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 1).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    let visitor = Visitor::sign_in(&plane).await;
    let home = plane.server.home().display().to_string();
    let pasted = |script: &str| SubmitJobRequest {
        working_directory: home.clone(),
        script: script.into(),
        hold: false,
        client_token: None,
        ..request("pasted")
    };
    // As large as Slurm takes them, and every character one that JSON writes as two.
    let long = format!(
        "#!/bin/sh\nhostname\n#{}",
        "\"".repeat(4 * 1024 * 1024 - 64)
    );
    for script in [
        "#!/bin/bash\r\n#SBATCH -J from-windows\r\nhostname\r\n",
        "#!/bin/bash\n#SBATCH -J half-windows\r\nhostname\n",
        "\u{feff}#!/bin/bash\nhostname\n",
        "   #!/bin/bash\nhostname\n",
        "\n#!/bin/bash\nhostname\n",
        "#!/usr/bin/env python3\n#SBATCH -J in-python\nimport os; print(os.environ[\"SLURM_JOB_ID\"])\n",
        &long,
    ] {
        let job = submit(&visitor, &pasted(script)).await;
        plane.wait_job(CLUSTER, &job, "COMPLETED").await;
    }
    // Nothing is filled in but the script: a job works in its user's home, or where it says.
    let own = JobUser::find(None).unwrap().home.display().to_string();
    let beside = format!("#SBATCH --chdir={home}\n");
    for (line, directory) in [("", &own), (&*beside, &home)] {
        let script = format!("#!/bin/sh\n{line}rm slurm-$SLURM_JOB_ID.out\n");
        let untouched = SubmitJobRequest {
            working_directory: String::new(),
            ..pasted(&script)
        };
        let job = submit(&visitor, &untouched).await;
        let job = plane.wait_job(CLUSTER, &job, "COMPLETED").await;
        assert_eq!(&job["WorkDir"], directory);
    }
    for (script, words) in [
        ("#!/bin/bash\recho old mac\r", "lone carriage return"),
        (
            "#!/bin/bash\n#SBATCH --no-such\nhostname\n",
            "Slurm refused",
        ),
        (&format!("{long}{}", "#".repeat(64)), "too long"),
    ] {
        let body = serde_json::json!({ "input": pasted(script) }).to_string();
        let answer = visitor.post("/console/submit-job", body).await;
        assert!(!answer.status().is_success());
        let told = answer.text().await.unwrap();
        assert!(told.contains(words), "{words}: {told}");
    }
    plane.finish().await;
}
