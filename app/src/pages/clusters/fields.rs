//! What the forms of groups and queues share: the name, settings and tags as rows, and checks of them.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos_router::NavigateOptions;

use crate::i18n::{Text, text};
use crate::model::catalogue::Catalogue;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::CHILD_NAME_MAX;
use crate::model::setting::SlurmCustomSetting;
use crate::rules::check_name;
use crate::ui::KeyValue;
use crate::ui::form::{Field, KeyValues, Rows, TextInput};

/// "Back" does not lead into a form that was sent.
pub fn leave() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        ..NavigateOptions::default()
    }
}

/// "private-a (subnet-1)"; the id alone of what is not in the catalogue.
pub fn name_and_id(t: &Text, catalogue: &Catalogue, id: &str) -> String {
    match catalogue.name(id) {
        Some(name) => t.create_cluster.name_and_id(name, id),
        None => id.to_owned(),
    }
}

/// What a rule says, for the field that it is about.
pub fn complaint<T>(checked: Result<T>) -> Option<String> {
    checked.err().map(message)
}

fn message(error: Error) -> String {
    match error.kind {
        ErrorKind::Validation { fields, .. } if !fields.is_empty() => fields
            .into_iter()
            .map(|f| f.message)
            .collect::<Vec<_>>()
            .join(" "),
        _ => error.message,
    }
}

/// Every row whole, and each name once.
pub fn check_rows(rows: Rows) -> Option<String> {
    let t = text();
    let pairs = rows.pairs();
    if pairs
        .iter()
        .any(|(name, value)| name.is_empty() || value.is_empty())
    {
        return Some(t.create_queue.row_incomplete.into());
    }
    let mut seen = BTreeSet::new();
    let twice = pairs
        .iter()
        .find(|(name, _)| !seen.insert(name.to_lowercase()));
    twice.map(|(name, _)| t.create_queue.row_twice(name))
}

/// Of whichever kind the request has there.
pub fn settings<S: From<SlurmCustomSetting>>(rows: Rows) -> Vec<S> {
    let setting = |(parameter_name, parameter_value)| {
        S::from(SlurmCustomSetting {
            parameter_name,
            parameter_value,
        })
    };
    rows.pairs().into_iter().map(setting).collect()
}

pub fn pairs(settings: &[SlurmCustomSetting]) -> Vec<(String, String)> {
    let pair = |s: &SlurmCustomSetting| (s.parameter_name.clone(), s.parameter_value.clone());
    settings.iter().map(pair).collect()
}

/// None rather than an empty list: the service model knows no empty tags.
pub fn tags(rows: Rows) -> Option<BTreeMap<String, String>> {
    let tags: BTreeMap<String, String> = rows.pairs().into_iter().collect();
    (!tags.is_empty()).then_some(tags)
}

/// The name of a group or a queue: chosen once, then shown.
#[component]
pub fn NameField(
    /// The member of the request.
    member: &'static str,
    label: &'static str,
    hint: &'static str,
    value: RwSignal<String>,
    exists: bool,
    /// What is said of a name that another has.
    #[prop(into)]
    taken: Callback<String, Option<String>>,
) -> impl IntoView {
    let t = text();
    if exists {
        return view! {
            <dl>
                <KeyValue label>{value}</KeyValue>
            </dl>
        }
        .into_any();
    }
    let check = move || {
        let name = value.get();
        check_name(t, &name, CHILD_NAME_MAX)
            .err()
            .or_else(|| taken.run(name))
    };
    view! {
        <Field name=member label hint check=Signal::derive(check)>
            <TextInput value />
        </Field>
    }
    .into_any()
}

#[component]
pub fn SettingsField(rows: Rows, label: &'static str, hint: &'static str) -> impl IntoView {
    let t = text();
    view! {
        <Field
            name="slurmConfiguration.slurmCustomSettings"
            label
            hint
            optional=true
            group=true
            check=Signal::derive(move || check_rows(rows))
        >
            <KeyValues
                rows
                name_label=t.create_queue.setting_name
                value_label=t.create_queue.setting_value
                add_label=t.create_queue.add_setting
            />
        </Field>
    }
    .into_any()
}
