//! Slurm's settings: the idle time, the guide's three, any other of the catalogue.

use leptos::prelude::*;

use super::super::own_settings::SETTINGS;
use super::draft::{OWN_FIELD, SlurmDraft};
use super::setting_rows::{SettingRows, cgroup_words, slurm_words};
use crate::i18n::text;
use crate::model::setting::SettingScope;
use crate::rules::check_number;
use crate::ui::Choice;
use crate::ui::form::*;
use crate::ui::help::topic;

/// Where a request has what cgroups are to do.
const CGROUP_SETTINGS: &str = "slurmConfiguration.cgroupCustomSettings";

#[component]
pub fn Scheduler(
    draft: SlurmDraft,
    #[prop(into)] version: Signal<String>,
    /// Whether the cluster has it, or is to have it.
    #[prop(into)]
    accounting: Signal<bool>,
) -> impl IntoView {
    let t = text();
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
        <SettingRows
            scope=SettingScope::Cluster
            path=SETTINGS
            rows=draft.settings.others
            words=slurm_words()
            help=topic::SLURM_SETTINGS
            version
            accounting
        />
        <SettingRows
            scope=SettingScope::Cgroup
            path=CGROUP_SETTINGS
            rows=draft.cgroup
            words=cgroup_words()
            help=topic::CGROUPS
            version
            accounting
            where_known=true
        />
    }
    .into_any()
}
