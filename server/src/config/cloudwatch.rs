//! Where metrics of clusters are put in an AWS account.

use clap::Args;
use clap::builder::FalseyValueParser;

/// The most characters of a namespace.
const LONGEST: usize = 255;

/// How metrics are sent to CloudWatch, for --provider aws.
#[derive(Clone, Debug, Args)]
pub struct CloudWatch {
    /// Namespace of the account's CloudWatch that the metrics of clusters are put into each minute, for --provider aws.
    /// CloudWatch keeps those that begin with AWS/, as AWS/PCS, for itself.
    #[arg(
        long,
        env = "OPENPCS_CLOUDWATCH_NAMESPACE",
        value_name = "NAME",
        default_value = "OpenPCS",
        value_parser = namespace
    )]
    pub cloudwatch_namespace: String,
    /// Sends no metrics to the account's CloudWatch, which asks money for them. This server keeps and tells them either way.
    #[arg(long, env = "OPENPCS_NO_CLOUDWATCH_METRICS", value_parser = FalseyValueParser::new())]
    pub no_cloudwatch_metrics: bool,
}

impl CloudWatch {
    /// None: no metrics are sent.
    pub fn namespace(&self) -> Option<&str> {
        (!self.no_cloudwatch_metrics).then_some(&self.cloudwatch_namespace)
    }
}

fn namespace(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii() && !c.is_ascii_control();
    if text.starts_with("AWS/") {
        return Err("CloudWatch takes metrics of AWS's own services only in namespaces that begin with AWS/: give another \
                    name, as OpenPCS"
            .into());
    }
    let is_name = !text.trim().is_empty() && text.len() <= LONGEST && text.chars().all(allowed);
    match is_name && !text.starts_with(':') {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "a namespace has from 1 to {LONGEST} characters of ASCII, and no colon at its beginning"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_one_that_cloudwatch_takes() {
        for right in ["OpenPCS", "Team/hpc", "a:b#c", "AWSome"] {
            assert!(namespace(right).is_ok(), "{right}");
        }
        let long = "a".repeat(256);
        for wrong in ["", " ", ":a", "é", "a\n", &long] {
            assert!(namespace(wrong).is_err(), "{wrong:?}");
        }
        let refusal = namespace("AWS/PCS").unwrap_err();
        assert!(refusal.contains("AWS's own services"), "{refusal}");
    }
}
