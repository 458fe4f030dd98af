//! What AWS refuses is told in words for people.

use app::model::offer::{OfferKind, OfferQuery};
use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_sdk_ec2::config::Credentials;
use openpcs_provider_aws::client::{Client, loader};
use openpcs_provider_aws::offers::Offers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::ec2::Moto;
use crate::offers::aws;

async fn with(address: std::net::SocketAddr, key: &str, secret: &str) -> Client {
    let loader = loader()
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(format!("http://{address}"));
    Client::load(loader).await.unwrap()
}

/// From now on moto looks at signatures and policies.
pub async fn enforce_policies(moto: &Moto) {
    let mut stream = TcpStream::connect(moto.address).await.unwrap();
    let request = "POST /moto-api/reset-auth HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n0";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.lines().next().unwrap().contains(" 200 "), "{answer}");
}

#[tokio::test]
async fn who_may_not_call_is_told_which_action() {
    let moto = Moto::start().await;
    let admin = aws(moto.address).await;
    assert_eq!(admin.account_id().await.unwrap(), "123456789012");
    admin
        .iam
        .create_user()
        .user_name("server")
        .send()
        .await
        .unwrap();
    let key = admin
        .iam
        .create_access_key()
        .user_name("server")
        .send()
        .await
        .unwrap();
    let key = key.access_key.unwrap();
    enforce_policies(&moto).await;

    let server = with(moto.address, key.access_key_id(), key.secret_access_key()).await;
    let query = OfferQuery::first(OfferKind::KeyPair);
    let refused = Offers::new(server, vec![]).page(&query).await.unwrap_err();
    assert!(
        refused.message.contains("call ec2:DescribeKeyPairs."),
        "{refused:?}"
    );
    assert!(
        refused.message.contains("openpcs iam-policy"),
        "{refused:?}"
    );

    let stranger = with(moto.address, "AKIAIOSFODNN7EXAMPLE", "wrong").await;
    let refused = Offers::new(stranger, vec![])
        .page(&query)
        .await
        .unwrap_err();
    assert!(
        refused
            .message
            .contains("does not know the server's credentials"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn who_finds_no_aws_is_told_what_to_check() {
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = with(address, "a", "b")
        .await
        .account_id()
        .await
        .unwrap_err();
    assert_eq!(refused.code, "AwsUnreachable");
    assert!(refused.message.contains("AWS_ENDPOINT_URL"), "{refused}");
}
