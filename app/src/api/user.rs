//! Who is signed in.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::call;
use crate::model::error::Result;
use crate::model::user::Identity;

#[server(name = GetIdentity, prefix = "/console", endpoint = "identity", input = Json, output = Json)]
pub async fn identity() -> Result<Identity> {
    call(|plane, caller| async move { plane.identity(&caller).await }).await
}
