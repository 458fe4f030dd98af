//! The pages of troubleshooting. They stay on the server until somebody asks, as the texts of help do.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, help::values};
#[cfg(feature = "ssr")]
use crate::explain::trouble;
#[cfg(feature = "ssr")]
use crate::model::error::Error;
use crate::model::error::Result;
use crate::model::trouble::{TroubleLine, TroublePage};

/// All of them, in the language of the asking page.
#[server(prefix = "/console", endpoint = "list-troubleshooting", input = Json, output = Json)]
pub async fn list_troubleshooting() -> Result<Vec<TroubleLine>> {
    let language = crate::preference::Preference::current().language;
    call(|_, _| async move { Ok(trouble::list(language)) }).await
}

/// The page about that code, its commands with the values of that cluster; with an empty one without.
#[server(prefix = "/console", endpoint = "get-troubleshooting", input = Json, output = Json)]
pub async fn get_troubleshooting(code: String, cluster: String) -> Result<TroublePage> {
    let language = crate::preference::Preference::current().language;
    call(|plane, ctx| async move {
        let Some(mut page) = trouble::find(language, &code) else {
            let message = format!("There is no page about {code}. Look for it in the list.");
            return Err(Error::not_found("TROUBLESHOOTING", code, message));
        };
        let cluster = Some(cluster).filter(|cluster| !cluster.is_empty());
        let values = values::known(&*plane, &ctx, cluster).await;
        for command in &mut page.commands {
            *command = values.fill_command(command);
        }
        Ok(page)
    })
    .await
}
