//! Scripts that the controller asks of each job that is submitted or changed (C14): one at most.
//!
//! Members, limits and words are those of the public service model `pcs` 2023-02-10.

use serde::{Deserialize, Serialize};

/// A job submit plugin configuration, including its name, runtime language, and script source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobSubmitPlugin {
    /// A unique name for the plugin.
    pub name: String,
    /// The runtime language used to execute the custom script.
    pub r#type: JobSubmitPluginType,
    /// The source location and integrity information for the script.
    pub script_source: JobSubmitScriptSource,
}

/// `JobSubmitPluginType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobSubmitPluginType {
    Starlark,
}

/// The source location and integrity information for a job submit script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobSubmitScriptSource {
    /// The location of the script.
    pub script_location: String,
    /// The Amazon S3 version ID of the script.
    #[serde(rename = "s3VersionId", skip_serializing_if = "Option::is_none")]
    pub s3_version_id: Option<String>,
    /// The SHA-256 checksum of the script content, as a 64-character hexadecimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}
