//! The keys of clusters in Secrets Manager: put there once however often that is asked, changed, removed, and what is said
//! where the server's role may not.

use aws_config::Region;
use aws_sdk_ec2::config::Credentials;
use openpcs_provider::{ClusterKey, KeyKind};
use openpcs_provider_aws::calls::secret;
use openpcs_provider_aws::client::{Client, loader};

use crate::denied::enforce_policies;
use crate::ec2::Moto;
use crate::offers::aws;
use crate::provider::CLUSTER;

const FIRST: &str = "00000000000000000000000000000001";
const SECOND: &str = "00000000000000000000000000000002";

fn key<'a>(version: &'a str, text: &'a str) -> ClusterKey<'a> {
    ClusterKey {
        kind: KeyKind::Slurm,
        cluster_id: CLUSTER,
        cluster_name: "one",
        version,
        text,
    }
}

#[tokio::test]
async fn a_key_is_kept_under_its_version_and_goes_with_its_cluster() {
    let moto = Moto::start().await;
    let secrets = aws(moto.address).await.secrets;
    let arn = secret::keep(&secrets, &key(FIRST, "a key")).await.unwrap();
    // The answer was lost.
    let again = secret::keep(&secrets, &key(FIRST, "a key")).await;
    assert_eq!(again.unwrap(), arn);
    let read = async || {
        let get = secrets.get_secret_value().secret_id(&arn);
        let answer = get.send().await.unwrap();
        (answer.version_id.unwrap(), answer.secret_string.unwrap())
    };
    assert_eq!(read().await, (FIRST.into(), "a key".into()));
    let tags = secrets.describe_secret().secret_id(&arn);
    let tags = tags.send().await.unwrap().tags.unwrap_or_default();
    let of_cluster = tags.iter().find(|tag| tag.key() == Some("pcs:cluster-id"));
    assert_eq!(of_cluster.and_then(|tag| tag.value()), Some(CLUSTER));

    let changed = secret::keep(&secrets, &key(SECOND, "another")).await;
    assert_eq!(changed.unwrap(), arn);
    assert_eq!(read().await, (SECOND.into(), "another".into()));
    let jwt = ClusterKey {
        kind: KeyKind::Jwt,
        ..key(FIRST, "for tokens")
    };
    assert_ne!(secret::keep(&secrets, &jwt).await.unwrap(), arn);
    for _ in 0..2 {
        secret::forget(&secrets, CLUSTER).await.unwrap();
    }
    let left = secrets.list_secrets().send().await.unwrap();
    assert_eq!(left.secret_list().len(), 0);
}

#[tokio::test]
async fn a_role_that_may_not_is_told_what_to_allow() {
    let moto = Moto::start().await;
    let admin = aws(moto.address).await;
    let user = admin.iam.create_user().user_name("server");
    user.send().await.unwrap();
    let made = admin.iam.create_access_key().user_name("server");
    let made = made.send().await.unwrap().access_key.unwrap();
    enforce_policies(&moto).await;
    let (id, word) = (made.access_key_id(), made.secret_access_key());
    let loader = loader()
        .credentials_provider(Credentials::new(id, word, None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", moto.address));
    let secrets = Client::load(loader).await.unwrap().secrets;
    secret::check(&secrets).await.unwrap_err();
    let refused = secret::keep(&secrets, &key(FIRST, "a key")).await;
    let refused = refused.unwrap_err();
    assert!(!refused.message.contains("a key"), "{refused}");
}
