//! The `aws pcs …` command (or `aws logs …`) that does the same as a form: shown at the end of each wizard, to be copied into a shell.
//!
//! Simple members are written in the CLI's shorthand (`type=SLURM,version=24.11`), the rest as JSON. Only words of
//! harmless characters stand without quotes.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::cluster::SlurmAuthKey;
use crate::model::operation::Operation;

/// One option per line, continued as shells do.
const NEXT_LINE: &str = " \\\n    ";

/// The command for this operation with this input, without the client token: the CLI makes one of its own.
pub fn aws_cli(operation: Operation, input: &impl Serialize) -> String {
    command(operation, serde_json::to_value(input).unwrap_or_default())
}

/// The input as JSON for `--cli-input-json`, without the client token.
pub fn input_json(input: &impl Serialize) -> String {
    let members = members(serde_json::to_value(input).unwrap_or_default());
    format!("{:#}", Value::Object(members))
}

/// Where commands are sent, for shells that do not know it: each names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub region: String,
    /// This server, as `http://HOST:PORT`.
    pub endpoint: String,
}

impl Here {
    fn options(&self) -> String {
        let endpoint = quoted(&self.endpoint);
        format!(
            "--region {} --endpoint-url {endpoint}",
            quoted(&self.region)
        )
    }
}

/// The command that prints a cluster's key, in base64.
pub fn read_secret(key: Option<&SlurmAuthKey>, here: &Here) -> String {
    let (arn, version) = key.map_or(("SECRET_ARN", "SECRET_VERSION"), |key| {
        (key.secret_arn.as_str(), key.secret_version.as_str())
    });
    let options = [
        here.options(),
        // It has a `!`, which means something to a shell that people type into.
        format!("--secret-id {}", quoted(arn)),
        format!("--version-id {version} --query SecretString --output text"),
    ];
    format!(
        "aws secretsmanager get-secret-value {}",
        options.join(NEXT_LINE)
    )
}

/// The command that prints a token for a cluster's REST API, on the server's host.
pub fn make_token(cluster: &str) -> String {
    format!("openpcs token {cluster}")
}

/// The command that lists a cluster's jobs by its REST API, which is at `url`.
pub fn ask_rest(token: &str, url: &str) -> String {
    let url = quoted(&format!("{url}/jobs"));
    format!("TOKEN={token}\ncurl -H \"X-SLURM-USER-TOKEN: $TOKEN\"{NEXT_LINE}{url}")
}

/// The command that describes a cluster.
pub fn get_cluster(id: &str, here: &Here) -> String {
    let options = [here.options(), format!("--cluster-identifier {id}")];
    format!("aws pcs get-cluster {}", options.join(NEXT_LINE))
}

fn command(operation: Operation, input: Value) -> String {
    let mut text = format!("aws {} {}", operation.service(), kebab(operation.name()));
    let mut members: Vec<(String, Value)> = members(input).into_iter().collect();
    members.sort_by_key(|(member, _)| rank(member));
    for (member, value) in members {
        text.push_str(NEXT_LINE);
        text.push_str(&format!("--{} {}", kebab(&member), argument(&value)));
    }
    text
}

fn members(input: Value) -> Map<String, Value> {
    let Value::Object(mut members) = input else {
        return Map::new();
    };
    members.remove("clientToken");
    members.retain(|_, value| !value.is_null());
    members
}

/// A command reads best when it says first what it is about.
fn rank(member: &str) -> usize {
    let kinds = [
        member == "clusterIdentifier",
        member.ends_with("Identifier"),
        member.ends_with("Name"),
    ];
    kinds.iter().position(|is| *is).unwrap_or(kinds.len())
}

/// `clusterName` and `CreateCluster` as the CLI spells them: `cluster-name`, `create-cluster`.
pub fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// What stands behind an option.
fn argument(value: &Value) -> String {
    match value {
        Value::Object(members) => shorthand(members).unwrap_or_else(|| json(value)),
        Value::Array(items) if items.is_empty() => json(value),
        Value::Array(items) => items
            .iter()
            .map(item)
            .collect::<Option<Vec<_>>>()
            .map_or_else(|| json(value), |items| items.join(" ")),
        scalar => quoted(&text(scalar)),
    }
}

/// An item of a list, if it can stand by itself.
fn item(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => shorthand(members),
        Value::Array(_) => None,
        scalar => Some(quoted(&text(scalar))),
    }
}

/// `key=value,list=a,b`, if every part of it is harmless to the CLI and to the shell.
fn shorthand(members: &Map<String, Value>) -> Option<String> {
    let part = |(key, value): (&String, &Value)| {
        let words: Vec<String> = match value {
            Value::Array(items) => items.iter().map(scalar).collect::<Option<_>>()?,
            one => vec![scalar(one)?],
        };
        let harmless =
            !words.is_empty() && is_harmless(key) && words.iter().all(|w| is_harmless(w));
        harmless.then(|| format!("{key}={}", words.join(",")))
    };
    let parts: Vec<String> = members.iter().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join(","))
}

fn scalar(value: &Value) -> Option<String> {
    let is_scalar = !matches!(value, Value::Array(_) | Value::Object(_) | Value::Null);
    is_scalar.then(|| text(value))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn json(value: &Value) -> String {
    quoted(&value.to_string())
}

/// Neither shell nor CLI gives any of these characters a meaning.
fn is_harmless(word: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "._:/+-".contains(c);
    !word.is_empty() && word.chars().all(harmless)
}

/// A word for a POSIX shell: in single quotes nothing has a meaning but the quote itself.
pub(crate) fn quoted(word: &str) -> String {
    if is_harmless(word) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_is_as_the_tutorial_writes_it() {
        let input = json!({
            "clusterName": "get-started",
            "scheduler": {"type": "SLURM", "version": "24.11"},
            "networking": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1", "subnet-2"]},
            "clientToken": "secret",
            "tags": null,
        });
        assert_eq!(
            aws_cli(Operation::CreateCluster, &input),
            "aws pcs create-cluster \\
    --cluster-name get-started \\
    --networking securityGroupIds=sg-1,subnetIds=subnet-1,subnet-2 \\
    --scheduler type=SLURM,version=24.11"
        );
    }

    #[test]
    fn lists_are_words_and_what_is_deep_is_json() {
        let input = json!({
            "subnetIds": ["subnet-1", "subnet-2"],
            "instanceConfigs": [{"instanceType": "c6i.large"}, {"instanceType": "c6i.xlarge"}],
            "slurmConfiguration": {"slurmCustomSettings": [{"parameterName": "Features", "parameterValue": "a b"}]},
            "securityGroupIds": [],
        });
        assert_eq!(
            aws_cli(Operation::UpdateComputeNodeGroup, &input),
            r#"aws pcs update-compute-node-group \
    --instance-configs instanceType=c6i.large instanceType=c6i.xlarge \
    --security-group-ids '[]' \
    --slurm-configuration '{"slurmCustomSettings":[{"parameterName":"Features","parameterValue":"a b"}]}' \
    --subnet-ids subnet-1 subnet-2"#
        );
    }

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
        let tags = json!({"tags": {"owner": "R&D, `id`"}});
        assert_eq!(
            aws_cli(Operation::CreateQueue, &tags),
            "aws pcs create-queue \\\n    --tags '{\"owner\":\"R&D, `id`\"}'"
        );
    }
}
