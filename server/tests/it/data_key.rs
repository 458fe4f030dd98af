//! The data key, wrapped by a key of KMS (C13): its file is of no use to whoever has it alone.

use std::process::{Command, Stdio};

use crate::harness::ec2::Ec2;
use crate::harness::*;

const GATEWAY: &str = "10.77.0.1";
/// Where no KMS answers.
const NOBODY: &str = "http://127.0.0.1:9";

/// On SQLite: the network of the test has no PostgreSQL.
#[tokio::test]
async fn a_data_key_that_kms_wrapped_opens_what_it_sealed_on_sqlite() {
    let ec2 = match Ec2::unfurnished(GATEWAY).await {
        Ok(ec2) => ec2,
        Err(why) => return eprintln!("the emulator needs a network of its own: {why}"),
    };
    let made = ec2.aws(&["kms", "create-key"]);
    let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let mut server = ec2.server(None);
    server.start().await;
    let file = server.data().join("data-key");
    let clear = std::fs::read(&file).unwrap();
    server.stop();
    let refused = why_not(server.serve().args(["--kms-key", "alias/none-such"]));
    assert!(refused.contains("alias/none-such"), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), clear);
    server.option("--kms-key", &id);
    let mut plane = TestPlane::of_account(server, None, ec2.catalogue()).await;
    let wrapped = std::fs::read(&file).unwrap();
    assert!(wrapped.starts_with(b"kms:"), "{wrapped:?}");
    assert!(!wrapped.windows(clear.len()).any(|part| part == clear));
    // Who asks is known by a key that was sealed before.
    plane.admin().list_clusters().send().await.unwrap();
    plane.crash().await;
    plane.admin().list_clusters().send().await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), wrapped);
    plane.server.stop();
    let refused = why_not(plane.server.serve().env("AWS_ENDPOINT_URL_KMS", NOBODY));
    assert!(refused.contains("KMS does not unwrap it"), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), wrapped);
    plane.server.start().await;
    plane.admin().list_clusters().send().await.unwrap();
    plane.finish().await;
}

/// What a server says that does not start.
fn why_not(serve: &mut Command) -> String {
    let output = serve.stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
