//! Slurm's settings: the idle time, the guide's three, any other of the catalogue.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::own_settings::SETTINGS;
use super::draft::{OWN_FIELD, SlurmDraft};
use crate::api::setting::{check_settings, list_settings};
use crate::i18n::text;
use crate::model::error::FieldError;
use crate::model::setting::{KnownSetting, SettingScope, SlurmCustomSetting};
use crate::rules::check_number;
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::topic;

#[component]
pub fn Scheduler(
    draft: SlurmDraft,
    #[prop(into)] version: Signal<String>,
    /// Whether the cluster has it, or is to have it.
    #[prop(into)]
    accounting: Signal<bool>,
) -> impl IntoView {
    let t = text();
    let known = RwSignal::new(Vec::<Choice>::new());
    Effect::new(move |_| {
        let version = version.get();
        spawn_local(async move {
            // Without them nothing is suggested; the server checks all the same.
            let found = list_settings(SettingScope::Cluster, version)
                .await
                .unwrap_or_default();
            let choice = |s: KnownSetting| Choice::new(s.name.clone(), s.name).description(s.help);
            known.try_set(found.into_iter().map(choice).collect());
        });
    });
    let check_idle = move || draft.idle_time.with(|text| check_number(t, text, 1)).err();
    let check_path = move |value: RwSignal<String>| {
        move || {
            value
                .with(|path| !path.is_empty() && !path.starts_with('/'))
                .then(|| t.create_cluster.path_absolute.to_owned())
        }
    };
    let [prolog, epilog, select_type] = draft.settings.values;
    let parameters = ["CR_CPU", "CR_CPU_Memory", "CR_Core", "CR_Core_Memory"]
        .map(|word| Choice::new(word, word));
    view! {
        <Field
            name="slurmConfiguration.scaleDownIdleTimeInSeconds"
            label=t.create_cluster.idle_time
            hint=t.create_cluster.idle_time_hint
            optional=true
            help=topic::IDLE_TIME
            check=check_idle
        >
            <TextInput value=draft.idle_time numeric=true unit=t.create_cluster.seconds />
        </Field>
        <Field
            name=OWN_FIELD[0].1
            label=OWN_FIELD[0].0
            hint=t.create_cluster.prolog_hint
            optional=true
            help=topic::SLURM_SETTINGS
            check=check_path(prolog)
        >
            <TextInput value=prolog mono=true placeholder="/opt/slurm/prolog.d" />
        </Field>
        <Field
            name=OWN_FIELD[1].1
            label=OWN_FIELD[1].0
            hint=t.create_cluster.epilog_hint
            optional=true
            help=topic::SLURM_SETTINGS
            check=check_path(epilog)
        >
            <TextInput value=epilog mono=true placeholder="/opt/slurm/epilog.d" />
        </Field>
        <Field
            name=OWN_FIELD[2].1
            label=OWN_FIELD[2].0
            hint=t.create_cluster.select_type_hint
            optional=true
            help=topic::SLURM_SETTINGS
        >
            <Select value=select_type choices=Signal::stored(parameters.into()) empty=t.common.default />
        </Field>
        <Others draft known version accounting />
    }
    .into_any()
}

/// Any other setting. The server knows best which there are: it is asked as soon as the rows are left.
#[component]
fn Others(
    draft: SlurmDraft,
    known: RwSignal<Vec<Choice>>,
    version: Signal<String>,
    accounting: Signal<bool>,
) -> impl IntoView {
    let t = text();
    let form = use_context::<Form>();
    let ask = move |_| {
        let others = draft.settings.others;
        if untrack(|| others.check_whole().is_some()) {
            return;
        }
        let setting = |(parameter_name, parameter_value)| SlurmCustomSetting {
            parameter_name,
            parameter_value,
        };
        let settings = untrack(|| others.pairs())
            .into_iter()
            .map(setting)
            .collect();
        spawn_local(async move {
            let (version, accounting) = (version.get_untracked(), accounting.get_untracked());
            if let (Some(form), Ok(wrong)) = (
                form,
                check_settings(SettingScope::Cluster, version, accounting, settings).await,
            ) {
                let path = |wrong: FieldError| (format!("{SETTINGS}{}", wrong.name), wrong.message);
                form.refuse_within(SETTINGS, wrong.into_iter().map(path).collect());
            }
        });
    };
    view! {
        <div on:change=ask>
            <Field
                name=SETTINGS
                label=t.create_cluster.other_settings
                hint=t.create_cluster.other_settings_hint
                optional=true
                group=true
                help=topic::SLURM_SETTINGS
                check=move || draft.settings.others.check_whole()
            >
                <KeyValues
                    rows=draft.settings.others
                    name_label=t.create_cluster.setting_name
                    value_label=t.create_cluster.setting_value
                    add_label=t.create_cluster.add_setting
                    suggestions=known
                />
            </Field>
        </div>
    }
    .into_any()
}
