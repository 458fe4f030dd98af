//! Programs that drive Slurm for people, each as people run it, from a cold group.

use std::path::Path;
use std::process::Output;

use aws_sdk_pcs::types::*;

use crate::harness::*;

const CLUSTER: &str = "clients";

/// A file and what runs it, after the directory of the clients' programs; `{queue}` and `{dir}` are filled in.
const CLIENTS: [(&str, &str, &str); 6] = [
    (
        "submitit_map.py",
        include_str!("clients/submitit_map.py"),
        "python {dir}/submitit_map.py {queue} {dir}",
    ),
    (
        "dask_pool.py",
        include_str!("clients/dask_pool.py"),
        "python {dir}/dask_pool.py {queue} {dir}",
    ),
    (
        "parsl_apps.py",
        include_str!("clients/parsl_apps.py"),
        "python {dir}/parsl_apps.py {queue} {dir}",
    ),
    (
        "psij_job.py",
        include_str!("clients/psij_job.py"),
        "python {dir}/psij_job.py {queue} {dir}",
    ),
    (
        "Snakefile",
        include_str!("clients/Snakefile"),
        "snakemake --quiet --executor slurm --jobs 4 --slurm-init-seconds-before-status-checks 5 \
         --default-resources slurm_partition={queue} runtime=3 mem_mb=100 cpus_per_task=1",
    ),
    (
        "nextflow_calls.sh",
        include_str!("clients/nextflow_calls.sh"),
        "bash {dir}/nextflow_calls.sh {queue}",
    ),
];

#[tokio::test]
async fn the_clients_of_slurm_work() {
    let plane = TestPlane::start(Database::OfRun).await;
    let slurm = ClusterSlurmConfigurationRequest::builder()
        .scale_down_idle_time_in_seconds(60)
        .accounting(accounting_on())
        .build();
    let cluster = plane.new_cluster(CLUSTER).slurm_configuration(slurm);
    cluster.send().await.unwrap();
    plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    let group = plane.group(CLUSTER, "compute-1", 0, 4).await;
    plane.queue(CLUSTER, "demo", &group.id).await;
    // MPI programs are started by PMIx.
    let kinds = plane.connect(CLUSTER, &["srun", "--mpi=list"]);
    assert!(kinds.lines().any(|kind| kind.trim() == "pmix"), "{kinds}");
    let root = plane.connect(CLUSTER, &["mktemp", "-d"]).trim().to_owned();
    // Beside each other, as on a cluster.
    std::thread::scope(|scope| {
        let runs = CLIENTS.map(|client| {
            let (plane, root) = (&plane, &root);
            (client.0, scope.spawn(move || run(plane, root, client)))
        });
        for (name, run) in runs {
            if let Err(output) = run.join().unwrap() {
                panic!("{name}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    });
    plane.connect(CLUSTER, &["rm", "-rf", &root]);
    plane.finish().await;
}

fn run(
    plane: &TestPlane,
    root: &str,
    (name, text, command): (&str, &str, &str),
) -> Result<String, Output> {
    let tools = std::env::var("OPENPCS_TOOLS").unwrap_or_else(|_| "/opt/openpcs".into());
    let programs = Path::new(&tools).join("clients/bin");
    assert!(
        programs.is_dir(),
        "{} is missing: run `make setup-test`",
        programs.display()
    );
    let dir = format!("{root}/{name}.d");
    let command = command.replace("{queue}", "demo").replace("{dir}", &dir);
    let script = format!(
        "mkdir {dir} && cd {dir} && cat > {name} <<'END'\n{text}END\nexport HOME={dir} PATH={}:$PATH\n{command}",
        programs.display()
    );
    plane.try_connect(CLUSTER, &["bash", "-c", &script])
}
