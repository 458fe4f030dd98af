//! Slurm's settings in a form: some with a field of their own, the others as rows.

use leptos::prelude::*;

use super::fields::{pairs, settings};
use crate::model::error::{Error, ErrorKind};
use crate::model::setting::SlurmCustomSetting;
use crate::ui::form::Rows;

/// Where a request has its settings.
pub const SETTINGS: &str = "slurmConfiguration.slurmCustomSettings";

/// A setting that has a field of its own, and the name of that field.
pub type OwnField = (&'static str, &'static str);

#[derive(Clone, Copy)]
pub struct OwnSettings<const N: usize> {
    /// In the order in which the request names them.
    fields: [OwnField; N],
    /// One per field; empty for Slurm's default.
    pub values: [RwSignal<String>; N],
    pub others: Rows,
}

impl<const N: usize> OwnSettings<N> {
    pub fn new(fields: [OwnField; N], given: &[SlurmCustomSetting]) -> Self {
        let is = |setting: &SlurmCustomSetting, name: &str| {
            setting.parameter_name.eq_ignore_ascii_case(name)
        };
        let values = fields.map(|(name, _)| {
            let own = given.iter().find(|setting| is(setting, name));
            RwSignal::new(own.map(|s| s.parameter_value.clone()).unwrap_or_default())
        });
        let is_other = |s: &&SlurmCustomSetting| !fields.iter().any(|(name, _)| is(s, name));
        let others: Vec<_> = given.iter().filter(is_other).cloned().collect();
        OwnSettings {
            fields,
            values,
            others: Rows::new(pairs(&others)),
        }
    }

    /// Those with a field of their own first.
    pub fn all(self) -> Vec<SlurmCustomSetting> {
        let own = self.given().map(|(i, parameter_value)| SlurmCustomSetting {
            parameter_name: self.fields[i].0.into(),
            parameter_value,
        });
        own.chain(settings(self.others)).collect()
    }

    /// The own fields that are filled in, by their number.
    fn given(self) -> impl Iterator<Item = (usize, String)> {
        let values = self.values.map(|value| value.get().trim().to_owned());
        values
            .into_iter()
            .enumerate()
            .filter(|(_, value)| !value.is_empty())
    }

    /// The server counts settings through; here some have fields of their own.
    pub fn place_errors(self, mut error: Error) -> Error {
        let given = untrack(|| {
            self.given()
                .map(|(i, _)| self.fields[i].1)
                .collect::<Vec<_>>()
        });
        if let ErrorKind::Validation { fields, .. } = &mut error.kind {
            for field in fields {
                if let Some(name) = place(&field.name, &given) {
                    field.name = name;
                }
            }
        }
        error
    }
}

/// `given` are the names of the own fields that are filled in.
fn place(path: &str, given: &[&str]) -> Option<String> {
    let rest = path.strip_prefix(SETTINGS)?.strip_prefix('[')?;
    let (index, member) = rest.split_once(']')?;
    let index: usize = index.parse().ok()?;
    Some(match given.get(index) {
        Some(field) => (*field).to_owned(),
        None => format!("{SETTINGS}[{}]{member}", index - given.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_to_their_fields() {
        let owner = Owner::new();
        owner.set();
        let setting = |name: &str, value: &str| SlurmCustomSetting {
            parameter_name: name.into(),
            parameter_value: value.into(),
        };
        let given = [
            setting("KillWait", "30"),
            setting("epilog", "/opt/epilog.d"),
        ];
        let fields = [("Prolog", "prolog"), ("Epilog", "epilog")];
        let form = OwnSettings::new(fields, &given);
        assert_eq!(form.values[1].get_untracked(), "/opt/epilog.d");
        let names: Vec<String> = form.all().into_iter().map(|s| s.parameter_name).collect();
        assert_eq!(names, ["Epilog", "KillWait"]);
        let refused = |i: usize| {
            let path = format!("{SETTINGS}[{i}].parameterValue");
            let placed = form.place_errors(Error::field(path, "No."));
            match placed.kind {
                ErrorKind::Validation { fields, .. } => fields[0].name.clone(),
                _ => String::new(),
            }
        };
        assert_eq!(refused(0), "epilog");
        assert_eq!(refused(1), format!("{SETTINGS}[0].parameterValue"));
    }

    #[test]
    fn errors_of_settings_land_at_the_field_that_has_them() {
        let place = |path: &str| place(path, &["epilog"]);
        assert_eq!(
            place(&format!("{SETTINGS}[0].parameterValue")).as_deref(),
            Some("epilog")
        );
        assert_eq!(
            place(&format!("{SETTINGS}[1].parameterName")),
            Some(format!("{SETTINGS}[0].parameterName"))
        );
        assert_eq!(place("clusterName"), None);
    }
}
