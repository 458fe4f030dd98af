//! A data directory of an earlier release comes up unharmed: `landed/` was made by one that kept ports in what was wanted.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use aws_sdk_pcs::types::*;
use sqlx::Connection;

use crate::harness::*;
use crate::start::complaint;

const CLUSTER: &str = "landed";
const DATABASE: &str = include_str!("landed/openpcs.sql");
const DATA_KEY: &str = include_str!("landed/data-key.hex");
const CREDENTIALS: &str = include_str!("landed/credentials");
/// What its nodes listened on.
const NODES: &str = "Port=[19024-19026]";
/// A group of it whose instance type nobody offers any more.
const GONE: &str = "
    insert into compute_node_group
    select 'pcs_gone', cluster_id, 'gone', status, generation,
        replace(replace(spec, 'c6i.xlarge', 'c1.gone'), '[19024,19025,19026]', '[19027,19028,19029]'),
        replace(replace(applied_spec, 'c6i.xlarge', 'c1.gone'), '[19024,19025,19026]', '[19027,19028,19029]'),
        error_info, created_at, modified_at
    from compute_node_group
";

/// Whether the database knows what the types of all groups are: that release did not.
async fn knows_types(data: &Path) -> Result<(), String> {
    let url = format!("sqlite://{}?mode=ro", data.join("openpcs.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let specs = "select spec, applied_spec from compute_node_group where name <> 'gone'";
    let groups: Vec<(String, String)> = sqlx::query_as(specs)
        .fetch_all(&mut database)
        .await
        .unwrap();
    let knows = |spec: &str| spec.contains(r#""memoryMib":8192"#);
    assert!(!groups.is_empty());
    match groups
        .iter()
        .all(|(spec, applied)| knows(spec) && knows(applied))
    {
        true => Ok(()),
        false => Err(format!("{groups:?}")),
    }
}

/// As that release left it, with its daemons gone as after a restart of the host.
async fn unpack(data: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(data).unwrap();
    let put = |name: &str, content: &[u8]| {
        let file = data.join(name);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    };
    put("data-key", &hex::decode(DATA_KEY.trim()).unwrap());
    put("credentials", CREDENTIALS.as_bytes());
    put("openpcs.db", b"");
    let url = format!("sqlite://{}", data.join("openpcs.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    for sql in [DATABASE, GONE] {
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_data_directory_of_before_comes_up_unharmed() {
    let server = Server::new(None);
    unpack(&server.data()).await;
    assert!(knows_types(&server.data()).await.is_err());
    // Whoever asks changes nothing: a server of that release may run.
    let file = server.data().join("openpcs.db");
    let before = std::fs::read(&file).unwrap();
    for command in [
        &["user", "list"][..],
        &["key", "list"],
        &["set-aside", "list"],
    ] {
        let mut ask = server.openpcs();
        let text = complaint(ask.args(command).arg("--data-dir").arg(server.data()));
        assert!(text.contains("earlier release"), "{text}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert!(!server.data().join("database-id").exists());
    let plane = TestPlane::on(server, None).await;
    let cluster = plane.wait_cluster(CLUSTER, ClusterStatus::Active).await;
    wait_until("its controller answers", async || {
        let answer = plane.try_connect(CLUSTER, &["scontrol", "ping"]);
        answer.map(drop).map_err(|output| format!("{output:?}"))
    })
    .await;
    let endpoint = &plane.get_cluster(CLUSTER).await.endpoints.unwrap()[0];
    assert_eq!(endpoint.port, "19082");
    let conf = plane.server.data().join("clusters").join(cluster.id());
    let conf = std::fs::read_to_string(conf.join("controller/slurm.conf")).unwrap();
    assert!(conf.contains(NODES), "{conf}");
    knows_types(&plane.server.data()).await.unwrap();

    let job = plane.sbatch(
        CLUSTER,
        &["--nodes=3", "--output=/dev/null"],
        "srun hostname",
    );
    plane.wait_job(CLUSTER, &job, "COMPLETED").await;

    // It is told, with what to do, and is in nobody's way.
    let gone = plane
        .wait_group(CLUSTER, "gone", ComputeNodeGroupStatus::UpdateFailed)
        .await;
    let error = &gone.error_info()[0];
    assert_eq!(error.code(), Some("InstanceTypeNotOffered"));
    let message = error.message().unwrap();
    let field = "instanceConfigs[0].instanceType: the provider does not offer c1.gone any more.";
    assert!(message.starts_with(field), "{message}");

    // A node more gets a port more, and the others keep theirs.
    let update = plane.admin().update_compute_node_group();
    let update = update
        .cluster_identifier(CLUSTER)
        .compute_node_group_identifier("compute-1");
    let update = update.scaling_configuration(scaling(0, 4));
    update.send().await.unwrap();
    plane
        .wait_group(CLUSTER, "compute-1", ComputeNodeGroupStatus::Active)
        .await;
    let nodes = plane.connect(CLUSTER, &["scontrol", "show", "node", "--oneliner"]);
    let port = |line: &str| -> Option<u16> {
        let (_, rest) = line.split_once(" Port=")?;
        rest.split(' ').next()?.parse().ok()
    };
    let ports: Vec<u16> = nodes.lines().filter_map(port).collect();
    assert_eq!(ports[..3], [19024, 19025, 19026], "{nodes}");
    assert_eq!(ports.len(), 4, "{nodes}");
    plane.delete_all_of(CLUSTER).await;
    plane.finish().await;
}
