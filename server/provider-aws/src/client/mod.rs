//! How AWS is talked to: credentials, region and endpoint as everywhere (environment, profile, instance role), one
//! policy of tries and times and one budget for all calls (A9).
//!
//! TLS is rustls with ring: the SDK's own choice, aws-lc, takes a C compiler and a minute more to build. Plain HTTP is
//! spoken where the endpoint (`AWS_ENDPOINT_URL`) says so, as an emulator on loopback does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_sdk_ec2::config::retry::{ClientRateLimiter, RetryPartition};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use openpcs_provider::ProviderError;

mod count;
mod error;
pub mod signed;

pub use error::{answered, refused};

/// Tries of a call, the first one too. More only help where AWS is down, and people wait.
const TRIES: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// One try: a page of a thousand images takes AWS seconds.
const TRY: Duration = Duration::from_secs(15);
/// A call with all its tries.
const CALL: Duration = Duration::from_secs(45);

/// The clients of an account in a region. Each is a handle, cheap to clone, with its connections.
#[derive(Clone, Debug)]
pub struct Client {
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub ec2: aws_sdk_ec2::Client,
    pub iam: aws_sdk_iam::Client,
    pub kms: aws_sdk_kms::Client,
    pub secrets: aws_sdk_secretsmanager::Client,
    pub sts: aws_sdk_sts::Client,
    pub region: String,
}

/// How the configuration is found, with our policy: a caller may add to it before [`Client::load`]. The mode `adaptive`
/// slows down all calls of a [`budget`] when AWS throttles one, instead of emptying the account's by retries.
pub fn loader() -> ConfigLoader {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let retry = RetryConfig::adaptive()
        .with_max_attempts(TRIES)
        .with_max_backoff(LONGEST_PAUSE);
    let timeout = TimeoutConfig::builder()
        .operation_attempt_timeout(TRY)
        .operation_timeout(CALL)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(retry)
        .timeout_config(timeout)
}

impl Client {
    pub async fn load(loader: ConfigLoader) -> Result<Client, ProviderError> {
        let config = loader.load().await;
        let region = config.region().ok_or_else(no_region)?.to_string();
        let budget = budget();
        let cloudwatch = aws_sdk_cloudwatch::config::Builder::from(&config)
            .interceptor(count::Count)
            .retry_partition(budget.clone());
        let ec2 = aws_sdk_ec2::config::Builder::from(&config)
            .interceptor(count::Count)
            .retry_partition(budget.clone());
        let iam = aws_sdk_iam::config::Builder::from(&config)
            .interceptor(count::Count)
            .retry_partition(budget.clone());
        let kms = aws_sdk_kms::config::Builder::from(&config)
            .interceptor(count::Count)
            .retry_partition(budget.clone());
        let secrets = aws_sdk_secretsmanager::config::Builder::from(&config);
        let secrets = secrets
            .interceptor(count::Count)
            .retry_partition(budget.clone());
        let sts = aws_sdk_sts::config::Builder::from(&config)
            .interceptor(count::Count)
            .retry_partition(budget);
        Ok(Client {
            cloudwatch: aws_sdk_cloudwatch::Client::from_conf(cloudwatch.build()),
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            iam: aws_sdk_iam::Client::from_conf(iam.build()),
            kms: aws_sdk_kms::Client::from_conf(kms.build()),
            secrets: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            region,
        })
    }

    /// The account whose credentials these are: also the proof that they are good. AWS asks for no permission for it.
    pub async fn account_id(&self) -> Result<String, ProviderError> {
        let action = "sts:GetCallerIdentity";
        let identity = self.sts.get_caller_identity().send().await;
        let identity = identity.map_err(|error| refused(action, error))?;
        identity.account.ok_or_else(|| ProviderError {
            code: "AwsUnreadable".into(),
            message: format!("AWS's answer to {action} names no account. Check AWS_ENDPOINT_URL."),
        })
    }
}

/// What all clients of an account share: the tries that they may make again, and how fast they may call once AWS has
/// throttled any of them. By itself the SDK has one for each service, so that the others would press on while one waits.
fn budget() -> RetryPartition {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let pace = ClientRateLimiter::new(now.unwrap_or_default().as_secs_f64());
    let budget = RetryPartition::custom("account");
    budget.client_rate_limiter(pace).build()
}

fn no_region() -> ProviderError {
    ProviderError {
        code: "AwsNoRegion".into(),
        message: "The server does not know which AWS region it is for. Set AWS_REGION.".into(),
    }
}
