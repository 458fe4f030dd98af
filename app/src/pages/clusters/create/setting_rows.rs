//! Settings of Slurm's as rows: names are offered with what they do, and the server says what is wrong as soon as the rows
//! are left.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::fields::settings;
use crate::api::setting::{check_settings, list_settings};
use crate::i18n::text;
use crate::model::error::FieldError;
use crate::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::Topic;

/// The words around the rows.
#[derive(Clone, Copy)]
pub struct RowWords {
    pub label: &'static str,
    pub hint: &'static str,
    pub name: &'static str,
    pub value: &'static str,
    pub add: &'static str,
}

/// As settings of all kinds are shown.
pub fn shown<S: Into<SlurmCustomSetting>>(settings: Vec<S>) -> Vec<SlurmCustomSetting> {
    settings.into_iter().map(Into::into).collect()
}

/// Of a cluster's file.
#[component]
pub fn SettingRows(
    scope: SettingScope,
    /// Where the request has them.
    path: &'static str,
    rows: Rows,
    words: RowWords,
    help: Topic,
    version: Signal<String>,
    /// Whether the cluster has it, or is to have it.
    accounting: Signal<bool>,
    /// Leave the rows out where no setting can be given and none was.
    #[prop(optional)]
    where_known: bool,
) -> impl IntoView {
    let form = use_context::<Form>();
    let known = known_settings(scope, version);
    let is_given = untrack(|| !rows.pairs().is_empty());
    let shown = move || !where_known || is_given || known.with(|known| !known.is_empty());
    let ask = move |_| {
        if untrack(|| rows.check_whole().is_some()) {
            return;
        }
        let given = untrack(|| settings(rows));
        spawn_local(async move {
            let (version, accounting) = (version.get_untracked(), accounting.get_untracked());
            if let (Some(form), Ok(wrong)) = (
                form,
                check_settings(scope, version, accounting, given).await,
            ) {
                let at = |wrong: FieldError| (format!("{path}{}", wrong.name), wrong.message);
                form.refuse_within(path, wrong.into_iter().map(at).collect());
            }
        });
    };
    view! {
        <Show when=shown>
            <div on:change=ask>
                <Field
                    name=path
                    label=words.label
                    hint=words.hint
                    optional=true
                    group=true
                    help
                    check=move || rows.check_whole()
                >
                    <KeyValues
                        rows
                        name_label=words.name
                        value_label=words.value
                        add_label=words.add
                        suggestions=known
                    />
                </Field>
            </div>
        </Show>
    }
    .into_any()
}

/// Those that the version takes. Without them nothing is suggested; the server checks all the same.
fn known_settings(scope: SettingScope, version: Signal<String>) -> RwSignal<Vec<Choice>> {
    let known = RwSignal::new(Vec::<Choice>::new());
    Effect::new(move |_| {
        let version = version.get();
        spawn_local(async move {
            let found = list_settings(scope, version).await.unwrap_or_default();
            let choice = |s: KnownSetting| Choice::new(s.name.clone(), s.name).description(s.help);
            known.try_set(found.into_iter().map(choice).collect());
        });
    });
    known
}

/// Of the file slurm.conf.
pub fn slurm_words() -> RowWords {
    let c = &text().create_cluster;
    RowWords {
        label: c.other_settings,
        hint: c.other_settings_hint,
        name: c.setting_name,
        value: c.setting_value,
        add: c.add_setting,
    }
}

/// Of the file cgroup.conf.
pub fn cgroup_words() -> RowWords {
    let c = &text().create_cluster;
    RowWords {
        label: c.cgroup_settings,
        hint: c.cgroup_settings_hint,
        name: c.cgroup_name,
        value: c.cgroup_value,
        add: c.add_cgroup_setting,
    }
}

/// Of the file slurmdbd.conf.
pub fn slurmdbd_words() -> RowWords {
    let c = &text().create_cluster;
    RowWords {
        label: c.slurmdbd_settings,
        hint: c.slurmdbd_settings_hint,
        name: c.slurmdbd_name,
        value: c.slurmdbd_value,
        add: c.add_slurmdbd_setting,
    }
}
