use async_trait::async_trait;
use http::Request;
use zeroize::Zeroizing;

use super::super::canonical::Scope;
use super::super::sign::Signer;
use super::*;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

struct OneKey;

#[async_trait]
impl KeyStore for OneKey {
    async fn key(&self, id: &str) -> app::model::error::Result<Option<Key>> {
        Ok((id == ID).then(|| Key {
            secret: Zeroizing::new(SECRET.into()),
            user_name: "admin".into(),
            user_arn: "arn:aws:iam::111122223333:user/admin".into(),
        }))
    }
}

fn verifier() -> Verifier {
    Verifier::new("us-east-1", Arc::new(OneKey))
}

fn now() -> DateTime<Utc> {
    "2026-11-22T20:00:00Z".parse().unwrap()
}

fn signer() -> Signer {
    Signer {
        access_key_id: ID.into(),
        secret: Zeroizing::new(SECRET.into()),
        region: "us-east-1".into(),
    }
}

fn unsigned() -> Request<Vec<u8>> {
    Request::post("http://127.0.0.1:8765/?a=b")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "AWSParallelComputingService.GetCluster")
        .body(b"{}".to_vec())
        .unwrap()
}

fn signed(change: impl FnOnce(&mut Signer)) -> Request<Vec<u8>> {
    let mut request = unsigned();
    let mut signer = signer();
    change(&mut signer);
    signer.sign(&mut request, now()).unwrap();
    request
}

async fn outcome(request: Request<Vec<u8>>, now: DateTime<Utc>) -> Result<Principal, Denied> {
    let (parts, body) = request.into_parts();
    verifier().verify(&parts, &body, now).await
}

#[track_caller]
fn invalid(outcome: Result<Principal, Denied>, part: &str) {
    match outcome {
        Err(Denied::Invalid(text)) if text.contains(part) => {}
        other => panic!("expected InvalidSignature with {part:?}, got {other:?}"),
    }
}

#[tokio::test]
async fn a_signed_request_names_its_user() {
    let user = outcome(signed(|_| {}), now()).await.unwrap();
    assert!(matches!(user, Principal::User { name, .. } if name == "admin"));
}

#[tokio::test]
async fn whatever_is_changed_breaks_the_signature() {
    let changes: [fn(&mut Request<Vec<u8>>); 5] = [
        |r| *r.body_mut() = b"{\"a\":1}".to_vec(),
        |r| *r.uri_mut() = "http://127.0.0.1:8765/other?a=b".parse().unwrap(),
        |r| *r.uri_mut() = "http://127.0.0.1:8765/?a=c".parse().unwrap(),
        |r| *r.method_mut() = http::Method::PUT,
        |r| {
            let target = "AWSParallelComputingService.DeleteCluster";
            r.headers_mut()
                .insert("x-amz-target", target.parse().unwrap());
        },
    ];
    for change in changes {
        let mut request = signed(|_| {});
        change(&mut request);
        invalid(outcome(request, now()).await, "does not match");
    }
    let wrong = signed(|s| s.secret = Zeroizing::new("x".repeat(40)));
    invalid(outcome(wrong, now()).await, "does not match");
}

#[tokio::test]
async fn host_and_amazon_headers_must_be_signed() {
    let mut request = signed(|_| {});
    let without_host = header(&request).replace("host;", "");
    request
        .headers_mut()
        .insert("authorization", without_host.parse().unwrap());
    invalid(
        outcome(request, now()).await,
        "'host' must be a 'SignedHeader'",
    );
    let mut request = signed(|_| {});
    request
        .headers_mut()
        .insert("x-amz-extra", "1".parse().unwrap());
    invalid(outcome(request, now()).await, "'x-amz-extra' must be");
}

#[tokio::test]
async fn a_claimed_body_hash_must_be_the_body_s() {
    for (claim, right) in [
        ("UNSIGNED-PAYLOAD".to_owned(), false),
        (canonical::body_hash(b"{}"), true),
    ] {
        let mut request = unsigned();
        request
            .headers_mut()
            .insert("x-amz-content-sha256", claim.parse().unwrap());
        signer().sign(&mut request, now()).unwrap();
        assert_eq!(outcome(request, now()).await.is_ok(), right, "{claim}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let minutes = TimeDelta::minutes;
    let second = TimeDelta::seconds(1);
    assert!(outcome(signed(|_| {}), now() + minutes(5)).await.is_ok());
    assert!(outcome(signed(|_| {}), now() - minutes(5)).await.is_ok());
    let replayed = outcome(signed(|_| {}), now() + minutes(5) + second).await;
    invalid(replayed, "Signature expired: 20261122T200000Z");
    let early = outcome(signed(|_| {}), now() - minutes(5) - second).await;
    invalid(early, "Signature not yet current");
    invalid(
        outcome(signed(|_| {}), now() + TimeDelta::days(4000)).await,
        "expired",
    );
}

#[tokio::test]
async fn region_and_service_are_this_server_s() {
    let elsewhere = signed(|s| s.region = "eu-west-1".into());
    invalid(outcome(elsewhere, now()).await, "this server is us-east-1");
    let mut request = signed(|_| {});
    let ec2 = header(&request).replace("/pcs/", "/ec2/");
    request
        .headers_mut()
        .insert("authorization", ec2.parse().unwrap());
    invalid(outcome(request, now()).await, "'pcs'");
}

#[tokio::test]
async fn strangers_are_told_apart() {
    assert_eq!(outcome(unsigned(), now()).await, Err(Denied::Missing));
    let unknown = signed(|s| s.access_key_id = "AKIAUNKNOWN".into());
    assert_eq!(outcome(unknown, now()).await, Err(Denied::Unrecognized));
    let mut temporary = unsigned();
    temporary
        .headers_mut()
        .insert("x-amz-security-token", "t".parse().unwrap());
    signer().sign(&mut temporary, now()).unwrap();
    assert_eq!(outcome(temporary, now()).await, Err(Denied::SessionToken));
}

#[tokio::test]
async fn no_part_of_the_header_may_be_missing() {
    let whole = header(&signed(|_| {}));
    for end in 0..whole.len() {
        let mut request = signed(|_| {});
        let part = whole[..end].parse().unwrap();
        request.headers_mut().insert("authorization", part);
        match outcome(request, now()).await {
            Err(Denied::Incomplete(_)) => {}
            other => panic!("{end}: {other:?}"),
        }
    }
    for text in [
        "Bearer x",
        "Basic YTpi",
        "AWS4-ECDSA-P256-SHA256 Credential=a",
    ] {
        let mut request = signed(|_| {});
        request
            .headers_mut()
            .insert("authorization", text.parse().unwrap());
        assert!(matches!(
            outcome(request, now()).await,
            Err(Denied::Incomplete(_))
        ));
    }
}

fn header(request: &Request<Vec<u8>>) -> String {
    request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned()
}

/// A presigned address as botocore makes it, with the target and the content type among the signed headers.
fn presigned(expires: &str) -> Request<Vec<u8>> {
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ID}%2F20261122%2Fus-east-1%2Fpcs%2Faws4_request\
         &X-Amz-Date=20261122T200000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target"
    );
    let mut request = unsigned();
    request
        .headers_mut()
        .insert("host", "127.0.0.1:8765".parse().unwrap());
    let scope = Scope {
        date: "20261122",
        region: "us-east-1",
        service: "pcs",
    };
    let parts = canonical::Request {
        method: "POST",
        path: "/",
        query: &query,
        headers: request.headers(),
        body_hash: &canonical::body_hash(b"{}"),
    };
    let signed = ["content-type", "host", "x-amz-target"];
    let text = canonical::string_to_sign(&parts, &signed, "20261122T200000Z", &scope).unwrap();
    let key = canonical::signing_key(SECRET, &scope);
    let signature = hex::encode(canonical::signature(&key, &text));
    *request.uri_mut() = format!("http://127.0.0.1:8765/?{query}&X-Amz-Signature={signature}")
        .parse()
        .unwrap();
    request
}

#[tokio::test]
async fn a_presigned_address_lives_as_long_as_it_says() {
    assert!(
        outcome(presigned("900"), now() + TimeDelta::seconds(900))
            .await
            .is_ok()
    );
    invalid(
        outcome(presigned("900"), now() + TimeDelta::seconds(901)).await,
        "Signature expired",
    );
    assert!(
        outcome(presigned("60"), now() + TimeDelta::seconds(61))
            .await
            .is_err()
    );
    for bad in ["0", "-1", "604801", "x", ""] {
        assert!(
            matches!(
                outcome(presigned(bad), now()).await,
                Err(Denied::Incomplete(_))
            ),
            "{bad}"
        );
    }
    let mut longer = presigned("900");
    let address = longer
        .uri()
        .to_string()
        .replace("Expires=900", "Expires=9000");
    *longer.uri_mut() = address.parse().unwrap();
    invalid(outcome(longer, now()).await, "does not match");
}
