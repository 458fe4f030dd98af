//! What AWS refuses, in words for people: what was asked, why not, what to do.

use std::error::Error;
use std::fmt::Debug;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use openpcs_provider::ProviderError;

/// Characters of AWS's own words: a denial comes with kilobytes that only AWS can decode.
const LONGEST: usize = 400;

/// Why the call of that action (`ec2:DescribeVpcs`) failed. Its code is AWS's, or one of ours that begins with `Aws`.
pub fn refused<E, R>(action: &str, error: SdkError<E, R>) -> ProviderError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match error.code() {
        Some(code) => answered(action, code, error.message().unwrap_or_default()),
        None => unanswered(action, &error),
    }
}

/// AWS answered, with that code.
pub fn answered(action: &str, code: &str, words: &str) -> ProviderError {
    let words = cut(words);
    let message = match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => format!(
            "AWS does not let this server call {action}. Allow it in the policy of the server's role: `openpcs \
             iam-policy` prints what it needs. AWS says: {words}"
        ),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => format!(
            "The server's AWS credentials have expired, or its clock is wrong. Renew them: an instance role renews \
             itself. AWS says: {words}"
        ),
        "AuthFailure"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => format!(
            "AWS does not know the server's credentials. Check the access key, or give the server an instance role. \
             AWS says: {words}"
        ),
        "OptInRequired" => format!(
            "The account may not use this service or region. Enable it in the account's settings. AWS says: {words}"
        ),
        "RequestLimitExceeded" | "Throttling" | "ThrottlingException" => format!(
            "AWS takes no more calls of {action} from this account at the moment. Try again in a minute."
        ),
        _ => format!("AWS refused {action}: {words}"),
    };
    ProviderError {
        code: code.into(),
        message,
    }
}

/// There is no answer of AWS, or none that says why.
fn unanswered<E, R>(action: &str, error: &SdkError<E, R>) -> ProviderError
where
    E: Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    let cause = cut(&DisplayErrorContext(error).to_string());
    let (code, message) = if lacks_credentials(error) {
        let message = format!(
            "The server has no AWS credentials. Give it an instance role, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY in its environment. ({cause})"
        );
        ("AwsNoCredentials", message)
    } else {
        match error {
            SdkError::TimeoutError(_) => (
                "AwsTimeout",
                format!("AWS did not answer {action} in time. Try again in a minute."),
            ),
            SdkError::DispatchFailure(_) => {
                let message = format!(
                    "AWS cannot be reached for {action}. Check the server's network, its region and AWS_ENDPOINT_URL. \
                     ({cause})"
                );
                ("AwsUnreachable", message)
            }
            _ => (
                "AwsUnreadable",
                format!("AWS's answer to {action} says nothing. Try again. ({cause})"),
            ),
        }
    };
    ProviderError {
        code: code.into(),
        message,
    }
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn cut(words: &str) -> String {
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_action_and_is_short() {
        let words = format!("You are not authorized. {}", "é".repeat(3_000));
        let error = answered("ec2:DescribeVpcs", "UnauthorizedOperation", &words);
        assert_eq!(error.code, "UnauthorizedOperation");
        assert!(error.message.contains("call ec2:DescribeVpcs."), "{error}");
        assert!(error.message.contains("openpcs iam-policy"), "{error}");
        assert!(error.message.chars().count() < 700, "{error}");
    }

    #[test]
    fn what_only_people_can_mend_says_how() {
        for (code, remedy) in [
            ("ExpiredToken", "Renew them"),
            ("AuthFailure", "Check the access key"),
            ("OptInRequired", "Enable it"),
            ("RequestLimitExceeded", "Try again in a minute"),
            ("InvalidParameterValue", "AWS refused ec2:X: no"),
        ] {
            let error = answered("ec2:X", code, "no");
            assert!(error.message.contains(remedy), "{code}: {error}");
            assert_eq!(error.code, code);
        }
    }
}
