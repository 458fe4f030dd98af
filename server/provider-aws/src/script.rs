//! Fetching the scripts of nodes: an object of S3, or a file that a web server gives by TLS.
//!
//! There is no SDK of S3 in the build for one GET: the request is signed here, as S3 wants it. Without credentials it goes
//! unsigned, which public buckets let in. `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` say where S3 is, if not at AWS.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::http::{Request, Response};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use openpcs_provider::ProviderError;
use openpcs_provider::script::{Location, NOT_FETCHED, REFUSED};

use crate::client::loader;

pub const ACTIONS: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];

/// For one script, with all that is asked on the way.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one web server to another.
const REDIRECTS: usize = 3;
/// So much of what a server says of a failure is read.
const WORDS: usize = 4 * 1024;
/// HTTP's word for too many requests.
const BUSY: u16 = 429;
const DEFAULT_REGION: &str = "us-east-1";
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// Whoever fetches. Made once: it keeps its connections.
#[derive(Debug)]
pub struct Fetcher {
    config: SdkConfig,
    connector: Connector,
}

/// Why there is no script.
#[derive(Debug, PartialEq, Eq)]
enum Not {
    Yet(String),
    Ever(String),
}

impl From<String> for Not {
    fn from(why: String) -> Not {
        Not::Yet(why)
    }
}

/// Where an object is, and the version that is meant.
struct Object<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
}

impl Fetcher {
    /// With credentials, region and endpoint as everywhere.
    pub async fn load() -> Fetcher {
        let tls = Provider::Rustls(CryptoMode::Ring);
        Fetcher {
            config: loader().load().await,
            connector: Connector::builder().tls_provider(tls).build(),
        }
    }

    /// The script, if it has no more bytes than that.
    pub async fn fetch(&self, location: &Location, most: usize) -> Result<Vec<u8>, ProviderError> {
        let fetched = async {
            match location.address.strip_prefix("s3://") {
                Some(object) => self.object(object, location.version.as_deref(), most).await,
                None => self.file(&location.address, most).await,
            }
        };
        let late = || Err(format!("it took longer than {} s", PATIENCE.as_secs()).into());
        let fetched = tokio::time::timeout(PATIENCE, fetched).await;
        let told = |code: &str, why: String| ProviderError {
            code: code.into(),
            message: format!("{}: {why}.", location.address),
        };
        fetched.unwrap_or_else(|_| late()).map_err(|not| match not {
            Not::Yet(why) => told(NOT_FETCHED, why),
            Not::Ever(why) => told(REFUSED, why),
        })
    }

    async fn object(
        &self,
        object: &str,
        version: Option<&str>,
        most: usize,
    ) -> Result<Vec<u8>, Not> {
        let no_object = || Not::Ever("it names no object of a bucket".into());
        let (bucket, key) = object.split_once('/').ok_or_else(no_object)?;
        let object = Object {
            bucket,
            key,
            version,
        };
        let own = self.config.region().map(ToString::to_string);
        let region = own.unwrap_or_else(|| DEFAULT_REGION.into());
        let answer = self.get_object(&object, &region).await?;
        // A bucket of another region says so.
        let other = answer.headers().get(BUCKET_REGION).map(str::to_owned);
        let answer = match other.filter(|other| !answer.status().is_success() && *other != region) {
            Some(other) => self.get_object(&object, &other).await?,
            None => answer,
        };
        body(answer, most).await
    }

    async fn get_object(&self, object: &Object<'_>, region: &str) -> Result<Response, Not> {
        let address = object_address(object, region, self.endpoint().as_deref());
        let mut request = get(&address)?;
        if let Some(credentials) = self.credentials().await? {
            sign_for_s3(&mut request, credentials, region)?;
        }
        Ok(self.call(request).await?)
    }

    /// None: AWS's own.
    fn endpoint(&self) -> Option<String> {
        let of_s3 = std::env::var("AWS_ENDPOINT_URL_S3").ok();
        of_s3.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }

    /// None where there are none to be had at all.
    async fn credentials(&self) -> Result<Option<Credentials>, String> {
        let Some(provider) = self.config.credentials_provider() else {
            return Ok(None);
        };
        match provider.provide_credentials().await {
            Ok(credentials) => Ok(Some(credentials)),
            Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
            Err(error) => Err(format!(
                "the server's AWS credentials cannot be had: {}",
                with_causes(&error)
            )),
        }
    }

    async fn file(&self, address: &str, most: usize) -> Result<Vec<u8>, Not> {
        let mut address = address.to_owned();
        for _ in 0..=REDIRECTS {
            let answer = self.call(get(&address)?).await?;
            let to = answer.headers().get("location").map(str::to_owned);
            match to.filter(|_| (300..400).contains(&answer.status().as_u16())) {
                Some(to) if to.starts_with("https://") => address = to,
                Some(to) => {
                    let why = format!("it leads to {to}, which is no https:// address");
                    return Err(Not::Ever(why));
                }
                None => return body(answer, most).await,
            }
        }
        let why = format!("it leads elsewhere more than {REDIRECTS} times");
        Err(Not::Ever(why))
    }

    async fn call(&self, request: Request) -> Result<Response, String> {
        let answer = self.connector.call(request).await;
        answer.map_err(|error| with_causes(&error))
    }
}

/// What each error was caused by, in one line: the first alone says only that there was no connection.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// The bucket is in the path: names with dots fit no certificate.
fn object_address(object: &Object<'_>, region: &str, endpoint: Option<&str>) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    let own = format!("https://s3.{region}.amazonaws.com{suffix}");
    let endpoint = endpoint.unwrap_or(&own).trim_end_matches('/');
    let key = encoded(object.key, b"/");
    let version = object.version.filter(|version| !version.is_empty());
    let version = version.map(|version| format!("?versionId={}", encoded(version, b"")));
    format!(
        "{endpoint}/{}/{key}{}",
        object.bucket,
        version.unwrap_or_default()
    )
}

/// As S3 wants names in an address.
fn encoded(name: &str, kept: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match is_plain(byte) || kept.contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn get(address: &str) -> Result<Request, String> {
    let mut request = Request::get(address).map_err(|error| error.to_string())?;
    let agent = concat!("openpcs/", env!("CARGO_PKG_VERSION"));
    request.headers_mut().insert("user-agent", agent);
    Ok(request)
}

fn sign_for_s3(
    request: &mut Request,
    credentials: Credentials,
    region: &str,
) -> Result<(), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("its request cannot be signed: {error}");
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| wrong(&error))?
        .into();
    let signable = SignableRequest::new(
        request.method(),
        request.uri(),
        std::iter::empty(),
        SignableBody::Bytes(&[]),
    )
    .map_err(|error| wrong(&error))?;
    let signed = sign(signable, &parameters).map_err(|error| wrong(&error))?;
    let (instructions, _) = signed.into_parts();
    for (name, value) in instructions.headers() {
        let (name, value) = (name.to_owned(), value.to_owned());
        request
            .headers_mut()
            .try_insert(name, value)
            .map_err(|error| wrong(&error))?;
    }
    Ok(())
}

/// All of it, or why it is none. A server that is busy or broken may be well again soon.
async fn body(answer: Response, most: usize) -> Result<Vec<u8>, Not> {
    let status = answer.status();
    if status.is_success() {
        let too_many = || {
            Not::Ever(format!(
                "it has more than {most} bytes, which no script needs"
            ))
        };
        return read(answer.into_body(), most).await?.ok_or_else(too_many);
    }
    let words = read(answer.into_body(), WORDS).await.unwrap_or_default();
    let said = said(&String::from_utf8_lossy(&words.unwrap_or_default()));
    let status = status.as_u16();
    let why = match said {
        Some(said) => format!("the answer was {status}, {said}"),
        None => format!("the answer was {status}"),
    };
    Err(match status == BUSY || status >= 500 {
        true => Not::Yet(why),
        false => Not::Ever(why),
    })
}

/// None when there are more bytes than that.
async fn read(body: SdkBody, most: usize) -> Result<Option<Vec<u8>>, String> {
    let mut stream = ByteStream::new(body);
    let mut bytes = vec![];
    while let Some(next) = stream.next().await {
        bytes.extend_from_slice(&next.map_err(|error| error.to_string())?);
        if bytes.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

/// S3's code and message.
fn said(answer: &str) -> Option<String> {
    let part = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.to_owned())
    };
    Some(format!("{}: {}", part("Code")?, part("Message")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_address() {
        let of = |key, version, region, endpoint| {
            let object = Object {
                bucket: "my.bucket",
                key,
                version,
            };
            object_address(&object, region, endpoint)
        };
        for (address, wanted) in [
            (
                of("a/b c+é.sh", None, "eu-west-1", None),
                "https://s3.eu-west-1.amazonaws.com/my.bucket/a/b%20c%2B%C3%A9.sh",
            ),
            (
                of("a", Some("1/2"), "cn-north-1", None),
                "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/a?versionId=1%2F2",
            ),
            (
                of("a", Some(""), "us-east-1", Some("http://127.0.0.1:9/")),
                "http://127.0.0.1:9/my.bucket/a",
            ),
        ] {
            assert_eq!(address, wanted);
        }
    }

    #[test]
    fn a_request_is_signed_for_s3() {
        let mut request = get("http://127.0.0.1/bucket/a").unwrap();
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        sign_for_s3(&mut request, credentials, "us-east-1").unwrap();
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        assert!(header("authorization").contains("/us-east-1/s3/aws4_request"));
        assert_eq!(header("x-amz-security-token"), "token");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(header("x-amz-content-sha256"), empty);
    }

    #[test]
    fn what_s3_says_is_told() {
        let answer = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>Not there.</Message></Error>";
        assert_eq!(said(answer).as_deref(), Some("NoSuchKey: Not there."));
        assert_eq!(said("<html>"), None);
    }
}
