//! The first step: name, version, size.

use leptos::prelude::*;

use super::super::size_label;
use super::draft::Draft;
use crate::components::Clusters;
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::Size;
use crate::model::name::CLUSTER_NAME_MAX;
use crate::rules::{self, cluster::has_ended, cluster::version_problem};
use crate::ui::form::*;
use crate::ui::help::topic;
use crate::ui::{Choice, Icon};

#[component]
pub fn General(
    draft: Draft,
    #[prop(into)] catalogue: Signal<Catalogue>,
    today: StoredValue<String>,
) -> impl IntoView {
    let t = text();
    let existing = use_context::<Clusters>();
    let check_name = move || {
        let name = draft.name.get();
        let name = name.trim();
        if name.is_empty() {
            return Some(t.forms.required.to_owned());
        }
        let clusters = existing
            .and_then(|clusters| clusters.0.get())
            .and_then(Result::ok)
            .unwrap_or_default();
        if clusters.iter().any(|cluster| cluster.name == name) {
            return Some(t.create_cluster.name_taken(name));
        }
        rules::check_name(t, name, CLUSTER_NAME_MAX).err()
    };
    let versions = move || {
        catalogue.with(|catalogue| {
            let all = &catalogue.slurm_versions;
            let choice = |version: &crate::model::catalogue::SlurmVersion| {
                let problem = today.with_value(|today| version_problem(t, all, &version.id, today));
                let end = &version.end_of_life;
                let maintained = match today.with_value(|today| has_ended(version, today)) {
                    true => t.create_cluster.version_ended(end),
                    false => t.create_cluster.version_until(end),
                };
                Choice::new(version.id.clone(), version.name.clone())
                    .description(maintained)
                    .disabled(
                        problem.map(|why| t.create_cluster.version_problem(&version.name, why)),
                    )
            };
            all.iter().rev().map(choice).collect::<Vec<_>>()
        })
    };
    let warning = move || {
        catalogue.with(|catalogue| {
            let chosen = draft.version.with(|id| {
                let versions = catalogue.slurm_versions.iter();
                versions.clone().find(|version| version.id == *id)
            })?;
            today.with_value(|today| has_ended(chosen, today)).then(|| {
                t.create_cluster
                    .version_warning(&chosen.name, &chosen.end_of_life)
            })
        })
    };
    let check_version = move || {
        draft
            .version
            .with(String::is_empty)
            .then(|| t.create_cluster.no_version.to_owned())
    };
    let sizes = [Size::Small, Size::Medium, Size::Large].map(|size| {
        let limits = t
            .clusters
            .size_limits(size.max_instances(), size.max_jobs());
        let id = format!("{size:?}").to_uppercase();
        Choice::new(id, size_label(t, size)).description(limits)
    });
    view! {
        <Field
            name="clusterName"
            label=t.create_cluster.name
            hint=t.create_cluster.name_hint
            help=topic::CLUSTER_NAME
            check=check_name
        >
            <TextInput value=draft.name placeholder=t.create_cluster.name_example />
        </Field>
        <Field
            name="scheduler.version"
            label=t.create_cluster.version
            group=true
            help=topic::SCHEDULER_VERSION
            check=check_version
        >
            <RadioCards value=draft.version choices=Signal::derive(versions) />
        </Field>
        {move || {
            warning()
                .map(|warning| {
                    view! {
                        <p class="flex items-start gap-2" role="status">
                            <span class="mt-0.5 text-warning">{Icon::Warning.view()}</span>
                            <span>{warning}</span>
                        </p>
                    }
                })
        }}
        <Field
            name="size"
            label=t.create_cluster.size
            hint=t.create_cluster.size_hint
            group=true
            help=topic::CLUSTER_SIZE
        >
            <RadioCards value=draft.size choices=Signal::stored(sizes.into()) />
        </Field>
    }
    .into_any()
}
