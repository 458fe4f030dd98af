//! A group's derived launch template in the account: made, found again, changed and removed.
//!
//! Its name says whose it is, so that a lost answer needs no memory. What a version contains is known by a digest in its
//! description: EC2 may answer contents in other words than it was told, and versions cannot be tagged.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    LaunchTemplateVersion, RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData,
    Tag, TagSpecification,
};
use sha2::{Digest, Sha256};

use super::CallError;

/// The newest version of a group's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    pub version: i64,
}

/// The actions of IAM that these calls need; a template's own tags are made with it.
pub const ACTIONS: &[&str] = &[
    "ec2:CreateLaunchTemplate",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateTags",
    "ec2:DeleteLaunchTemplate",
    "ec2:DescribeLaunchTemplateVersions",
];

const NOT_FOUND: [&str; 3] = [
    "InvalidLaunchTemplateName.NotFoundException",
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.NotFoundException",
];
/// What EC2 says of a template or a version of one that is not there.
const NONE_SUCH: [&str; 4] = [
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.NotFoundException",
    "InvalidLaunchTemplateId.Malformed",
    "InvalidLaunchTemplateId.VersionNotFound",
];
const EXISTS: [&str; 1] = ["InvalidLaunchTemplateName.AlreadyExistsException"];

/// Has the template of this name say `data`: made if there is none, a version more only if the newest says something else.
/// The SDK sends a client token, the same in each attempt of its own.
pub async fn ensure_template(
    client: &Client,
    name: &str,
    data: &RequestLaunchTemplateData,
    tags: &[(String, String)],
) -> Result<Template, CallError> {
    let digest = digest(data);
    let newest = match newest(client, name).await? {
        Some(newest) => newest,
        None => match create(client, name, data, &digest, tags).await {
            Ok(template) => return Ok(template),
            // Somebody was faster, or an answer was lost: what is there is looked at as any other.
            Err(error) if error.is(&EXISTS) => newest_that_is(client, name, error).await?,
            Err(error) => return Err(error),
        },
    };
    if newest.version_description() == Some(digest.as_str()) {
        return template(&newest).ok_or_else(|| says_nothing("DescribeLaunchTemplateVersions"));
    }
    add_version(client, name, data, &digest).await
}

/// Removes the template of this name with all its versions; none is fine.
pub async fn delete_template(client: &Client, name: &str) -> Result<(), CallError> {
    // By id, which a template made by this name in the meantime does not have.
    let Some(newest) = newest(client, name).await? else {
        return Ok(());
    };
    let call = client.delete_launch_template();
    let deleted = call
        .set_launch_template_id(newest.launch_template_id)
        .send()
        .await;
    match deleted.map_err(|error| CallError::of("DeleteLaunchTemplate", error)) {
        Err(error) if error.is(&NOT_FOUND) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// What that version of a template says: a number, `$Latest` or `$Default`. None: there is none such.
pub async fn version(
    client: &Client,
    id: &str,
    version: &str,
) -> Result<Option<ResponseLaunchTemplateData>, CallError> {
    let call = client.describe_launch_template_versions();
    let answer = call.launch_template_id(id).versions(version).send().await;
    match answer.map_err(|error| CallError::of("DescribeLaunchTemplateVersions", error)) {
        Ok(answer) => {
            let found = answer.launch_template_versions.unwrap_or_default().pop();
            Ok(found.and_then(|found| found.launch_template_data))
        }
        Err(error) if error.is(&NONE_SUCH) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn newest(client: &Client, name: &str) -> Result<Option<LaunchTemplateVersion>, CallError> {
    let call = client.describe_launch_template_versions();
    let answer = call
        .launch_template_name(name)
        .versions("$Latest")
        .send()
        .await;
    match answer.map_err(|error| CallError::of("DescribeLaunchTemplateVersions", error)) {
        Ok(answer) => Ok(answer.launch_template_versions.unwrap_or_default().pop()),
        Err(error) if error.is(&NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One that EC2 says there is.
async fn newest_that_is(
    client: &Client,
    name: &str,
    said: CallError,
) -> Result<LaunchTemplateVersion, CallError> {
    newest(client, name).await?.ok_or(said)
}

async fn create(
    client: &Client,
    name: &str,
    data: &RequestLaunchTemplateData,
    digest: &str,
    tags: &[(String, String)],
) -> Result<Template, CallError> {
    let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
    let tagged = TagSpecification::builder()
        .resource_type(ResourceType::LaunchTemplate)
        .set_tags(Some(tags.iter().map(tag).collect()))
        .build();
    let call = client
        .create_launch_template()
        .launch_template_name(name)
        .launch_template_data(data.clone())
        .version_description(digest)
        .set_tag_specifications((!tags.is_empty()).then(|| vec![tagged]));
    let answer = call.send().await;
    let answer = answer.map_err(|error| CallError::of("CreateLaunchTemplate", error))?;
    let made = answer.launch_template.and_then(|made| {
        let version = made.latest_version_number?;
        made.launch_template_id.map(|id| Template { id, version })
    });
    made.ok_or_else(|| says_nothing("CreateLaunchTemplate"))
}

async fn add_version(
    client: &Client,
    name: &str,
    data: &RequestLaunchTemplateData,
    digest: &str,
) -> Result<Template, CallError> {
    let call = client
        .create_launch_template_version()
        .launch_template_name(name)
        .launch_template_data(data.clone())
        .version_description(digest);
    let answer = call.send().await;
    let answer = answer.map_err(|error| CallError::of("CreateLaunchTemplateVersion", error))?;
    let made = answer.launch_template_version.as_ref().and_then(template);
    made.ok_or_else(|| says_nothing("CreateLaunchTemplateVersion"))
}

fn template(version: &LaunchTemplateVersion) -> Option<Template> {
    Some(Template {
        id: version.launch_template_id.clone()?,
        version: version.version_number?,
    })
}

/// Not known whether it was done: the next call finds out.
fn says_nothing(call: &'static str) -> CallError {
    CallError {
        call,
        code: None,
        message: "The answer names no version of a launch template.".into(),
    }
}

/// What a version says, in 71 letters. Members that say nothing do not count, so that the same stays the same when EC2
/// gets a member more.
fn digest(data: &RequestLaunchTemplateData) -> String {
    let mut hash = Sha256::new();
    let words = format!("{data:?}");
    for word in words.split(", ").filter(|word| !word.ends_with(": None")) {
        hash.update(word);
        hash.update("\n");
    }
    // Which the SDK does not print.
    hash.update(data.user_data.as_deref().unwrap_or_default());
    let hex: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_what_is_said() {
        let data = |image: &str, text: &str| {
            RequestLaunchTemplateData::builder()
                .image_id(image)
                .user_data(text)
                .build()
        };
        let one = digest(&data("ami-1", "a"));
        assert_eq!(one, digest(&data("ami-1", "a")));
        assert_ne!(one, digest(&data("ami-2", "a")));
        assert_ne!(
            one,
            digest(&data("ami-1", "b")),
            "which the SDK does not print"
        );
        // EC2 takes 255 letters for a description.
        assert_eq!(one.len(), 71);
    }
}
