//! The settings of Slurm that may be given.

use crate::model::error::FieldError;
use crate::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};

port! {
    /// Settings, by where they are given and for which version of Slurm.
    Settings {
        /// Those that the version takes there, in the order of their names.
        ListSettings => list_settings(scope: SettingScope, version: String) -> Vec<KnownSetting>;
        /// What is wrong with these, by their place in the list: `[2].parameterValue`.
        CheckSettings => check_settings(
            scope: SettingScope,
            version: String,
            accounting: bool,
            settings: Vec<SlurmCustomSetting>
        ) -> Vec<FieldError>;
    }
}
