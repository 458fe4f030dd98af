//! The settings of Slurm that may be given, and what is wrong with those that were. The tables are long and stay on the
//! server.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::{FieldError, Result};
use crate::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};

/// The settings that a version of Slurm takes there, in the order of their names.
#[server(prefix = "/console", endpoint = "list-settings", input = Json, output = Json)]
pub async fn list_settings(scope: SettingScope, version: String) -> Result<Vec<KnownSetting>> {
    call(|plane, ctx| async move { plane.list_settings(&ctx, scope, version).await }).await
}

/// What is wrong with these, by their place in the list: `[2].parameterValue`.
#[server(prefix = "/console", endpoint = "check-settings", input = Json, output = Json)]
pub async fn check_settings(
    scope: SettingScope,
    version: String,
    accounting: bool,
    settings: Vec<SlurmCustomSetting>,
) -> Result<Vec<FieldError>> {
    call(|plane, ctx| async move {
        plane
            .check_settings(&ctx, scope, version, accounting, settings)
            .await
    })
    .await
}
