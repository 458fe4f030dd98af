//! Sending the logs of clusters to CloudWatch Logs, S3 and Firehose. There is no SDK of them in the build for the few calls
//! that it takes.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use openpcs_provider::ProviderError;

use crate::client::signed::{BUCKET_REGION, Caller, Service, read, request, sign_for};

/// What the server's role must be allowed for it.
pub const ACTIONS: [&str; 6] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "firehose:PutRecordBatch",
    "s3:PutObject",
];

/// For one call.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of an answer: a page of events has one MiB, before JSON.
const MOST: usize = 8 << 20;

/// One call, before it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// `logs`, `s3` or `firehose`.
    pub service: &'a str,
    /// None: the server's own.
    pub region: Option<&'a str>,
    pub method: &'a str,
    /// Encoded.
    pub path: &'a str,
    pub headers: &'a [(&'static str, String)],
    pub body: &'a [u8],
}

/// Made once: it keeps its connections.
#[derive(Debug)]
pub struct Sender(Caller);

impl Sender {
    pub async fn load() -> Sender {
        Sender(Caller::load().await)
    }

    /// With that configuration instead of the environment's.
    pub fn of(config: SdkConfig) -> Sender {
        Sender(Caller::of(config))
    }

    /// Status and body of the answer.
    pub async fn send(&self, call: Call<'_>) -> Result<(u16, Vec<u8>), ProviderError> {
        let late = || Err(format!("it took longer than {} s", PATIENCE.as_secs()));
        let sent = tokio::time::timeout(PATIENCE, self.sent(call)).await;
        sent.unwrap_or_else(|_| late()).map_err(|why| ProviderError {
            code: "AwsUnreachable".into(),
            message: format!(
                "AWS's {} cannot be called: {why}. Check the server's network, its credentials, its region and \
                 AWS_ENDPOINT_URL; it is tried again.",
                call.service
            ),
        })
    }

    async fn sent(&self, call: Call<'_>) -> Result<(u16, Vec<u8>), String> {
        let own = self.0.own_region();
        let region = call.region.unwrap_or(&own);
        let answer = self.call(call, region).await?;
        // A bucket of another region says so.
        let other = answer.headers().get(BUCKET_REGION).map(str::to_owned);
        let answer = match other.filter(|other| !answer.status().is_success() && other != region) {
            Some(other) => self.call(call, &other).await?,
            None => answer,
        };
        let status = answer.status().as_u16();
        let body = read(answer.into_body(), MOST).await?;
        let body = body.ok_or_else(|| format!("its answer has more than {MOST} bytes"))?;
        Ok((status, body))
    }

    async fn call(&self, call: Call<'_>, region: &str) -> Result<Response, String> {
        let service = service(call.service).ok_or("it is not known")?;
        let endpoint = self.0.endpoint(service, region);
        let mut request = request(call.method, &format!("{endpoint}{}", call.path))?;
        for (name, value) in call.headers {
            request.headers_mut().insert(*name, value.clone());
        }
        let credentials = self.0.credentials().await?;
        let credentials = credentials.ok_or("the server has no AWS credentials")?;
        sign_for(&mut request, service.name, region, credentials, call.body)?;
        *request.body_mut() = SdkBody::from(call.body);
        let length = call.body.len().to_string();
        request.headers_mut().insert("content-length", length);
        self.0.call(request).await
    }
}

fn service(name: &str) -> Option<Service> {
    let known = [
        ("logs", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"),
        ("s3", "AWS_ENDPOINT_URL_S3"),
        ("firehose", "AWS_ENDPOINT_URL_FIREHOSE"),
    ];
    let known = known.into_iter();
    let mut known = known.map(|(name, variable)| Service { name, variable });
    known.find(|service| service.name == name)
}
