//! Help texts. They stay on the server until somebody asks: a first visit does not pay for them.
//!
//! - [`texts`]: what is in `locales/help`.
//! - [`values`]: what the commands of a guide are filled in with.

#[cfg(feature = "ssr")]
mod texts;
#[cfg(feature = "ssr")]
pub(super) mod values;

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::help::HelpText;

/// The text of that name, in the language of the asking page; its commands with the values of that cluster.
#[server(prefix = "/console", endpoint = "get-help", input = Json, output = Json)]
pub async fn get_help(topic: String, cluster: Option<String>) -> Result<HelpText> {
    let language = crate::preference::Preference::current().language;
    call(|plane, ctx| async move {
        let Some(mut help) = texts::find(language, &topic) else {
            let message = format!("There is no help text {topic}.");
            return Err(crate::model::error::Error::not_found(
                "HELP_TEXT",
                topic,
                message,
            ));
        };
        if help.is_guide() {
            values::known(&*plane, &ctx, cluster).await.fill(&mut help);
        }
        Ok(help)
    })
    .await
}
