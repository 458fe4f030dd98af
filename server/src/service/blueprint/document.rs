//! The document of a cluster as text: YAML, and with it JSON, which is a part of YAML.

use app::model::apply::Format;
use app::model::blueprint::{API_VERSION, Blueprint};
use app::model::echo::echo;
use app::model::error::{Error, FINDINGS_MAX, FieldError, Result, ValidationReason};
use serde_json::Value;

use crate::service::internal;

const HEADER: &str = "# A cluster with its compute node groups, queues and log deliveries. `openpcs apply -f FILE` makes it so;\n\
                      # `--name NAME` makes another one of the same kind.\n";

pub fn write(blueprint: &Blueprint, format: Format) -> Result<String> {
    match format {
        Format::Json => Ok(serde_json::to_string_pretty(blueprint).map_err(internal)? + "\n"),
        Format::Yaml => {
            let text = serde_saphyr::to_string(blueprint).map_err(internal)?;
            Ok(format!("{HEADER}{text}"))
        }
    }
}

/// Reads a document; a member that this release does not know is refused rather than passed over.
pub fn read(text: &str) -> Result<Blueprint> {
    let blueprint: Blueprint = serde_saphyr::from_str(text).map_err(cannot_read)?;
    if blueprint.api_version != API_VERSION {
        return Err(Error::field(
            "apiVersion",
            format!(
                "This release reads documents of version {API_VERSION}; this one is {}.",
                echo(&blueprint.api_version)
            ),
        ));
    }
    let given: Value = serde_saphyr::from_str(text).map_err(cannot_read)?;
    let known = serde_json::to_value(&blueprint).map_err(internal)?;
    let mut unknown = vec![];
    find_unknown("", &given, &known, &mut unknown);
    if unknown.is_empty() {
        Ok(blueprint)
    } else {
        Err(Error::fields(unknown))
    }
}

fn cannot_read(error: serde_saphyr::Error) -> Error {
    Error::validation(
        ValidationReason::CannotParse,
        format!("The document cannot be read: {error}"),
    )
}

/// The members that reading has passed over.
fn find_unknown(path: &str, given: &Value, known: &Value, unknown: &mut Vec<FieldError>) {
    if unknown.len() >= FINDINGS_MAX {
        return;
    }
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given.iter().filter(|(_, value)| !is_empty(value)) {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match known.get(name) {
                    Some(known) => find_unknown(&path, value, known, unknown),
                    None => unknown.push(FieldError {
                        name: path,
                        message: "There is no such member. Look at its spelling, or leave it out."
                            .into(),
                    }),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (i, (given, known)) in given.iter().zip(known).enumerate() {
                find_unknown(&format!("{path}[{i}]"), given, known, unknown);
            }
        }
        _ => {}
    }
}

/// Nothing, or a list of nothing: writing leaves them out.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const DOCUMENT: &str = r#"
apiVersion: openpcs/v1
cluster:
  name: get-started
  scheduler: {type: SLURM, version: "24.11"}
  size: SMALL
  networking: {subnetIds: [subnet-1]}
  slurmConfiguration:
    scaleDownIdleTimeInSeconds: 60
    slurmCustomSettings:
      - {parameterName: Prolog, parameterValue: /opt/on}
computeNodeGroups:
  - name: compute-1
    instanceConfigs: [{instanceType: c6i.xlarge}]
    scalingConfiguration: {minInstanceCount: 0, maxInstanceCount: 4}
    subnetIds: [subnet-1]
    iamInstanceProfileArn: arn:aws:iam::111122223333:instance-profile/AWSPCS-a
    tags: {answer: "yes", number: "24.10"}
queues:
  - name: demo
    computeNodeGroups: [compute-1]
"#;

    #[test]
    fn what_is_written_reads_the_same_in_both_formats() {
        let blueprint = read(DOCUMENT).unwrap();
        for format in [Format::Yaml, Format::Json] {
            let text = write(&blueprint, format).unwrap();
            assert_eq!(read(&text), Ok(blueprint.clone()), "{text}");
        }
        let tags = blueprint.compute_node_groups[0].tags.as_ref().unwrap();
        assert_eq!(
            (tags["answer"].as_str(), tags["number"].as_str()),
            ("yes", "24.10")
        );
    }

    #[test]
    fn a_misspelt_member_is_refused_by_its_path() {
        for (right, wrong, path) in [
            ("queues:", "queue:", "queue"),
            (
                "scaleDownIdleTimeInSeconds",
                "idle",
                "cluster.slurmConfiguration.idle",
            ),
            (
                "maxInstanceCount: 4}",
                "maxInstanceCount: 4, most: 5}",
                "computeNodeGroups[0].scalingConfiguration.most",
            ),
            (
                "    tags: {answer",
                "    tag: {answer",
                "computeNodeGroups[0].tag",
            ),
        ] {
            let refusal = read(&DOCUMENT.replace(right, wrong)).unwrap_err();
            assert!(refusal.message.contains(path), "{refusal}");
        }
    }

    #[test]
    fn a_scalar_is_taken_as_it_is_written() {
        let settings = "[{parameterName: Weight, parameterValue: 1.10}, {parameterName: Features, parameterValue: yes}]";
        let own = format!(
            "    customLaunchTemplate: {{id: lt-1, version: 2}}\n    slurmConfiguration: {{slurmCustomSettings: {settings}}}\n"
        );
        let text = DOCUMENT.replace("queues:\n", &(own + "queues:\n"));
        let group = read(&text).unwrap().compute_node_groups.remove(0);
        let template = group.settings.custom_launch_template.as_ref().unwrap();
        assert_eq!(template.version, "2");
        let values = group.settings.slurm_settings().unwrap().iter();
        let values: Vec<&str> = values.map(|s| s.parameter_value.as_str()).collect();
        assert_eq!(values, ["1.10", "yes"]);
    }

    #[test]
    fn a_group_without_a_name_or_with_a_wrong_type_is_told_by_its_line() {
        for (right, wrong) in [
            ("name: compute-1", "tag: 1"),
            ("maxInstanceCount: 4", "maxInstanceCount: x"),
        ] {
            let refusal = read(&DOCUMENT.replace(right, wrong)).unwrap_err();
            assert!(refusal.message.contains("line"), "{refusal}");
        }
    }

    #[test]
    fn another_version_and_no_document_at_all_are_refused() {
        let refusal = read(&DOCUMENT.replace("openpcs/v1", "openpcs/v9")).unwrap_err();
        assert!(refusal.message.contains("apiVersion"), "{refusal}");
        for text in ["", "a: [", "- 1", "\u{0}", "&a [*a, *a]"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let refusal = read(&DOCUMENT.replace("\"24.11\"", "24.11")).err();
        // A number that stands for a version is either taken as written or refused with its place.
        assert!(refusal.is_none_or(|e| e.message.contains("line")));
        let refusal = read(&DOCUMENT.replace("SMALL", "TINY")).unwrap_err();
        assert!(refusal.message.contains("TINY"), "{refusal}");
    }
}
