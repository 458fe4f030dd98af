//! Signatures at the API's door: what is not rightly signed is refused, with AWS's own exceptions (S1).

use std::time::{Duration, SystemTime};

use aws_sdk_pcs::config::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use chrono::{TimeDelta, Utc};
use http::HeaderValue;

use crate::harness::*;

#[tokio::test]
async fn only_what_the_administrator_signed_is_answered() {
    let plane = TestPlane::start(Database::OfRun).await;
    unsigned_requests_are_refused(&plane).await;
    keys_regions_and_services_must_be_right(&plane).await;
    the_clock_may_differ_by_five_minutes(&plane).await;
    what_was_signed_cannot_be_changed(&plane).await;
    an_address_may_carry_the_signature(&plane).await;
    a_deleted_key_ends_within_seconds(&plane).await;
    plane.finish().await;
}

/// A presigned request, as the AWS SDK makes it.
fn presigned(plane: &TestPlane, life: Duration, at: SystemTime) -> http::Request<Vec<u8>> {
    let key = plane.server.access_key();
    let identity = Credentials::new(key.id, key.secret, None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(life);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("pcs")
        .time(at)
        .settings(settings)
        .build()
        .unwrap();
    let mut request = plane.http().request("ListClusters", "{}");
    let headers: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let uri = request.uri().to_string();
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new("POST", uri, headers.into_iter(), body).unwrap();
    let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}

async fn an_address_may_carry_the_signature(plane: &TestPlane) {
    let (http, now) = (plane.http(), SystemTime::now());
    let minute = Duration::from_secs(60);
    let good = http.send(presigned(plane, minute, now)).await;
    assert_eq!(good.status, 200, "{}", good.text);
    http.send(presigned(plane, minute, now - 2 * minute))
        .await
        .refused("InvalidSignatureException");
    let mut changed = presigned(plane, minute, now);
    *changed.body_mut() = br#"{"maxResults":1}"#.to_vec();
    http.send(changed)
        .await
        .refused("InvalidSignatureException");
    let mut longer = presigned(plane, minute, now);
    let uri = longer.uri().to_string();
    *longer.uri_mut() = uri
        .replace("X-Amz-Expires=60", "X-Amz-Expires=600")
        .parse()
        .unwrap();
    http.send(longer).await.refused("InvalidSignatureException");
}

async fn unsigned_requests_are_refused(plane: &TestPlane) {
    let http = plane.http();
    http.send(http.request("ListClusters", "{}"))
        .await
        .refused("MissingAuthenticationTokenException");
    for (header, code) in [
        ("Basic dXNlcjpwYXNz", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "IncompleteSignatureException"),
        (
            "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=00",
            "IncompleteSignatureException",
        ),
    ] {
        let mut request = http.request("ListClusters", "{}");
        request
            .headers_mut()
            .insert("authorization", HeaderValue::from_static(header));
        let answer = http.send(request).await;
        assert_eq!(answer.status, 400, "{header}: {}", answer.text);
        assert!(
            [code, "MissingAuthenticationTokenException"].contains(&answer.code().as_str()),
            "{}",
            answer.text
        );
    }
    let login = http.get("/openpcs/v1/clusters/any/login").await;
    login.refused("MissingAuthenticationTokenException");
}

async fn keys_regions_and_services_must_be_right(plane: &TestPlane) {
    let http = plane.http();
    let mut unknown = plane.server.access_key();
    unknown.id = "AKIA0000000000000000".into();
    let mut wrong = plane.server.access_key();
    wrong.secret = "0".repeat(40);
    for (key, region, code) in [
        (&unknown, "us-east-1", "UnrecognizedClientException"),
        (&wrong, "us-east-1", "InvalidSignatureException"),
        (http.key(), "eu-west-1", "InvalidSignatureException"),
    ] {
        let mut request = http.request("ListClusters", "{}");
        signed_for(key, region, &mut request, Utc::now());
        http.send(request).await.refused(code);
    }
    let mut request = http.request("ListClusters", "{}");
    http.sign(&mut request);
    replace(&mut request, "authorization", "/pcs/", "/s3/");
    http.send(request)
        .await
        .refused("InvalidSignatureException");
}

async fn the_clock_may_differ_by_five_minutes(plane: &TestPlane) {
    let http = plane.http();
    for (seconds, good) in [
        (-280, true),
        (280, true),
        (-320, false),
        (320, false),
        (-864_000, false),
    ] {
        let mut request = http.request("ListClusters", "{}");
        signed_for(
            http.key(),
            "us-east-1",
            &mut request,
            Utc::now() + TimeDelta::seconds(seconds),
        );
        let answer = http.send(request).await;
        if good {
            assert_eq!(answer.status, 200, "{seconds} s: {}", answer.text);
        } else {
            answer.refused("InvalidSignatureException");
        }
    }
}

async fn what_was_signed_cannot_be_changed(plane: &TestPlane) {
    let http = plane.http();
    let signed = || {
        let mut request = http.request("ListClusters", "{}");
        http.sign(&mut request);
        request
    };
    assert_eq!(http.send(signed()).await.status, 200);

    let mut body = signed();
    *body.body_mut() = br#"{"maxResults":1}"#.to_vec();
    http.send(body).await.refused("InvalidSignatureException");

    let mut operation = signed();
    replace(&mut operation, "x-amz-target", "ListClusters", "ListQueues");
    http.send(operation)
        .await
        .refused("InvalidSignatureException");

    let mut path = signed();
    *path.uri_mut() = format!("{}/?a=b", plane.server.endpoint()).parse().unwrap();
    http.send(path).await.refused("InvalidSignatureException");

    // A header that decides what is done must be among those signed.
    let mut fewer = signed();
    replace(&mut fewer, "authorization", ";x-amz-target", "");
    let answer = http.send(fewer).await;
    assert_eq!(answer.status, 400, "{}", answer.text);

    let mut signature = signed();
    let value = signature.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_string();
    let last = if value.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &value[..value.len() - 1]);
    signature
        .headers_mut()
        .insert("authorization", forged.parse().unwrap());
    http.send(signature)
        .await
        .refused("InvalidSignatureException");
}

fn replace(request: &mut http::Request<Vec<u8>>, header: &'static str, from: &str, to: &str) {
    let value = request.headers()[header]
        .to_str()
        .unwrap()
        .replace(from, to);
    request.headers_mut().insert(header, value.parse().unwrap());
}

async fn a_deleted_key_ends_within_seconds(plane: &TestPlane) {
    let openpcs = |arguments: &[&str]| {
        let output = plane.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = openpcs(&["key", "create", "admin"]);
    let value = |name: &str| {
        let line = text
            .lines()
            .find(|l| l.starts_with(name))
            .unwrap_or_else(|| panic!("no {name} in {text}"));
        line.split_once('=').unwrap().1.trim().to_string()
    };
    let mut key = plane.server.access_key();
    (key.id, key.secret) = (value("aws_access_key_id"), value("aws_secret_access_key"));
    let http = plane.http();
    let call = async || {
        let mut request = http.request("ListClusters", "{}");
        signed_for(&key, "us-east-1", &mut request, Utc::now());
        http.send(request).await
    };
    assert_eq!(call().await.status, 200);
    openpcs(&["key", "delete", &key.id]);
    wait_until("the deleted key is refused", async || match call().await {
        answer if answer.status == 400 && answer.code() == "UnrecognizedClientException" => Ok(()),
        answer => Err(answer.text),
    })
    .await;
}
