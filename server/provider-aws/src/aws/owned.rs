//! What a group owns, as its launches are told of it: a version of its derived launch template.

use openpcs_provider::LaunchError;
use serde::{Deserialize, Serialize};

use crate::calls::fleet;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owned {
    pub template_id: String,
    pub version: i64,
    /// Where its interfaces name their subnet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot_max_price: Option<String>,
    /// Its instances have a name that the customer gave them.
    #[serde(default)]
    pub has_name: bool,
}

impl Owned {
    /// From what [`super::Aws`] named when it made it.
    pub fn read(text: Option<&str>) -> Result<Owned, LaunchError> {
        let owned = text.and_then(|text| serde_json::from_str(text).ok());
        owned.ok_or_else(|| LaunchError::Refused {
            message: "The group's launch template is not made yet. The next attempt has it.".into(),
        })
    }

    pub fn template(&self) -> fleet::Template<'_> {
        fleet::Template {
            id: &self.template_id,
            version: self.version,
            has_subnet: self.subnet_id.is_some(),
            spot_max_price: self.spot_max_price.as_deref(),
        }
    }
}
