//! Fetching the scripts of nodes: an object of S3, or a file that a web server gives by TLS.
//!
//! There is no SDK of S3 in the build for one GET. Without credentials it goes
//! unsigned, which public buckets let in. `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` say where S3 is, if not at AWS.

use std::time::Duration;

use aws_smithy_runtime_api::http::{Request, Response};
use openpcs_provider::ProviderError;
use openpcs_provider::script::{Location, NOT_FETCHED, REFUSED};

use crate::client::signed::{BUCKET_REGION, Caller, Service, read, request, sign_for};

pub const ACTIONS: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];

/// For one script, with all that is asked on the way.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one web server to another.
const REDIRECTS: usize = 3;
/// So much of what a server says of a failure is read.
const WORDS: usize = 4 * 1024;
/// HTTP's word for too many requests.
const BUSY: u16 = 429;
const S3: Service = Service {
    name: "s3",
    variable: "AWS_ENDPOINT_URL_S3",
};

/// Whoever fetches. Made once: it keeps its connections.
#[derive(Debug)]
pub struct Fetcher(Caller);

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
        Fetcher(Caller::load().await)
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
        let region = self.0.own_region();
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
        let address = object_address(object, &self.0.endpoint(S3, region));
        let mut request = get(&address)?;
        if let Some(credentials) = self.0.credentials().await? {
            sign_for(&mut request, S3.name, region, credentials, &[])?;
        }
        Ok(self.0.call(request).await?)
    }

    async fn file(&self, address: &str, most: usize) -> Result<Vec<u8>, Not> {
        let mut address = address.to_owned();
        for _ in 0..=REDIRECTS {
            let answer = self.0.call(get(&address)?).await?;
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
}

/// The bucket is in the path: names with dots fit no certificate.
fn object_address(object: &Object<'_>, endpoint: &str) -> String {
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
    request("GET", address)
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
        let of = |key, version, endpoint| {
            let object = Object {
                bucket: "my.bucket",
                key,
                version,
            };
            object_address(&object, endpoint)
        };
        for (address, wanted) in [
            (
                of("a/b c+é.sh", None, "https://s3.eu-west-1.amazonaws.com"),
                "https://s3.eu-west-1.amazonaws.com/my.bucket/a/b%20c%2B%C3%A9.sh",
            ),
            (
                of("a", Some("1/2"), "https://s3.cn-north-1.amazonaws.com.cn"),
                "https://s3.cn-north-1.amazonaws.com.cn/my.bucket/a?versionId=1%2F2",
            ),
            (
                of("a", Some(""), "http://127.0.0.1:9"),
                "http://127.0.0.1:9/my.bucket/a",
            ),
        ] {
            assert_eq!(address, wanted);
        }
    }

    #[test]
    fn what_s3_says_is_told() {
        let answer = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>Not there.</Message></Error>";
        assert_eq!(said(answer).as_deref(), Some("NoSuchKey: Not there."));
        assert_eq!(said("<html>"), None);
    }
}
