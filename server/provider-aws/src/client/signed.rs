//! Calls of services whose SDK is not in the build: a request that is signed here, as S3 wants it, which all others take too.
//! Credentials, region and endpoint are found as everywhere.

use std::time::SystemTime;

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

use super::loader;

/// Where S3 says which region a bucket is in.
pub const BUCKET_REGION: &str = "x-amz-bucket-region";
const DEFAULT_REGION: &str = "us-east-1";

/// Whoever calls. Made once: it keeps its connections.
#[derive(Debug)]
pub struct Caller {
    config: SdkConfig,
    connector: Connector,
}

/// A service as signatures and the environment name it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub name: &'static str,
    /// What says where it is, if not at AWS; else `AWS_ENDPOINT_URL` does.
    pub variable: &'static str,
}

impl Caller {
    pub async fn load() -> Caller {
        Caller::of(loader().load().await)
    }

    pub fn of(config: SdkConfig) -> Caller {
        let tls = Provider::Rustls(CryptoMode::Ring);
        Caller {
            config,
            connector: Connector::builder().tls_provider(tls).build(),
        }
    }

    pub fn own_region(&self) -> String {
        let own = self.config.region().map(ToString::to_string);
        own.unwrap_or_else(|| DEFAULT_REGION.into())
    }

    /// Without a slash at its end.
    pub fn endpoint(&self, service: Service, region: &str) -> String {
        let given = std::env::var(service.variable).ok();
        let given = given.or_else(|| self.config.endpoint_url().map(str::to_owned));
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let own = format!("https://{}.{region}.amazonaws.com{suffix}", service.name);
        given.unwrap_or(own).trim_end_matches('/').to_owned()
    }

    /// None where there are none to be had at all.
    pub async fn credentials(&self) -> Result<Option<Credentials>, String> {
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

    pub async fn call(&self, request: Request) -> Result<Response, String> {
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

/// A request without a body for now, that says who asks.
pub fn request(method: &str, address: &str) -> Result<Request, String> {
    let mut request = Request::get(address).map_err(|error| error.to_string())?;
    request
        .set_method(method)
        .map_err(|error| error.to_string())?;
    let agent = concat!("openpcs/", env!("CARGO_PKG_VERSION"));
    request.headers_mut().insert("user-agent", agent);
    Ok(request)
}

/// Signs a request that will have that body, with the headers that it has.
pub fn sign_for(
    request: &mut Request,
    service: &str,
    region: &str,
    credentials: Credentials,
    body: &[u8],
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
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| wrong(&error))?
        .into();
    let headers = request.headers().iter();
    let signable = SignableRequest::new(
        request.method(),
        request.uri(),
        headers,
        SignableBody::Bytes(body),
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

/// None when there are more bytes than that.
pub async fn read(body: SdkBody, most: usize) -> Result<Option<Vec<u8>>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_signed_for_its_service() {
        let mut request = request("PUT", "http://127.0.0.1/bucket/a").unwrap();
        request.headers_mut().insert("x-amz-target", "X.Y");
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), None, "test");
        sign_for(&mut request, "s3", "us-east-1", credentials, &[]).unwrap();
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        assert!(header("authorization").contains("/us-east-1/s3/aws4_request"));
        assert!(header("authorization").contains("x-amz-target"));
        assert_eq!(header("x-amz-security-token"), "token");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(header("x-amz-content-sha256"), empty);
    }
}
