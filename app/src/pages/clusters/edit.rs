//! `/clusters/:id/edit`: what of a cluster can change while it runs.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::create::{
    AccountingDraft, AccountingField, RestField, Scheduler, SlurmDraft, accounting_shown, shown,
};
use super::job_submit::{JobSubmitDraft, JobSubmitField};
use super::upgrade::{VersionField, Versions};
use crate::api::cluster::{get_cluster, update_cluster};
use crate::api::offer::resolve_offers;
use crate::browser;
use crate::components::plan::PlanPreview;
use crate::components::wizard::{Request, ReviewPart, Step, Wizard};
use crate::components::{Begun, Fetched, FollowUps, Settings, Submission, Task, asked, param};
use crate::i18n::text;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::*;
use crate::model::operation::Operation;
use crate::model::plan::PlanRequest;
use crate::model::refs::Refs;
use crate::model::setting::SlurmCustomSetting;
use crate::paths::{self, ClusterTab};
use crate::rules::cluster::IDLE_TIME;
use crate::ui::form::Form;
use crate::ui::help::{page_help, topic};
use crate::ui::{Breadcrumbs, Crumb, KeyValue, PageHeader, foreign};

#[component]
pub fn EditCluster() -> impl IntoView {
    let t = text();
    page_help(topic::EDIT_CLUSTER);
    let id = param("id");
    // Not refetched with each change of the cluster: what is being filled in would be lost.
    let cluster = asked([id], &[], |[id]| get_cluster(id));
    // The Slurm versions of this host.
    let known = Resource::new(|| (), |()| resolve_offers(Refs::default()));
    view! {
        <Fetched resource=cluster let:cluster>
            {
                let cluster = cluster.get_untracked();
                let title = t.edit_cluster.title(&cluster.name);
                let crumbs = vec![
                    Crumb { title: t.clusters.title.into(), href: paths::CLUSTERS.into() },
                    Crumb {
                        title: cluster.name.clone(),
                        href: paths::cluster(&cluster.id, ClusterTab::Details),
                    },
                ];
                view! {
                    <Title text=title.clone() />
                    <div class="grid gap-5">
                        <Breadcrumbs crumbs=crumbs />
                        <PageHeader title>""</PageHeader>
                        <Fetched resource=known let:known>
                            <Steps cluster=cluster.clone() known=known.get_untracked() />
                        </Fetched>
                    </div>
                }
            }
        </Fetched>
    }
    .into_any()
}

/// What is in force before the change.
#[derive(Clone, PartialEq)]
struct Before {
    version: String,
    idle_time: Option<i64>,
    settings: Vec<SlurmCustomSetting>,
    cgroups: Vec<CgroupCustomSetting>,
    accounting: Accounting,
    slurmdbd: Vec<SlurmdbdCustomSetting>,
    rest: SlurmRestMode,
}

/// What it is to be.
#[derive(Clone, Copy)]
struct Draft {
    version: RwSignal<String>,
    slurm: SlurmDraft,
    accounting: AccountingDraft,
    /// The mode's word.
    rest: RwSignal<String>,
    job_submit: JobSubmitDraft,
}

impl Draft {
    fn rest(self) -> SlurmRestMode {
        match self.rest.with(|word| word == "STANDARD") {
            true => SlurmRestMode::Standard,
            false => SlurmRestMode::None,
        }
    }
}

#[component]
fn Steps(cluster: Cluster, known: Catalogue) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let submission = Submission::new();
    let slurm = cluster.slurm_configuration.clone().unwrap_or_default();
    let idle_time = slurm.scale_down_idle_time_in_seconds;
    let accounting = slurm.accounting.clone().unwrap_or_default();
    let had_accounting = accounting.is_on();
    let rest = if slurm.has_rest() { "STANDARD" } else { "NONE" };
    let settings = slurm.slurm_custom_settings.unwrap_or_default();
    let cgroups = slurm.cgroup_custom_settings.unwrap_or_default();
    let slurmdbd = slurm.slurmdbd_custom_settings.unwrap_or_default();
    let version = cluster.scheduler.version.clone();
    let draft = Draft {
        version: RwSignal::new(version.clone()),
        slurm: SlurmDraft::new(idle_time, &settings, cgroups.clone()),
        accounting: AccountingDraft::new(&accounting, slurmdbd.clone()),
        rest: RwSignal::new(rest.into()),
        job_submit: JobSubmitDraft::new(slurm.job_submit_plugins),
    };
    // In the order in which the form gives them, to compare like with like.
    let settings = untrack(|| draft.slurm.settings.all());
    let before = StoredValue::new(Before {
        version: version.clone(),
        idle_time,
        settings,
        cgroups,
        accounting,
        slurmdbd,
        rest: untrack(|| draft.rest()),
    });
    let id = StoredValue::new(cluster.id.clone());
    let versions = StoredValue::new(Versions {
        all: known.slurm_versions,
        from: version,
        today: browser::today(),
    });
    let input = move || before.with_value(|before| input(id.get_value(), draft, before));
    let unchanged = move || {
        let input = input();
        let same = input.slurm_configuration.is_none() && input.scheduler.is_none();
        same.then(|| t.edit_cluster.unchanged.to_owned())
    };
    let steps = vec![Step::new(
        t.create_cluster.scheduler,
        t.edit_cluster.lead,
        move || {
            view! {
                <VersionField value=draft.version versions accounting=had_accounting />
                <AccountingField
                    draft=draft.accounting
                    versions=Signal::derive(move || versions.with_value(|known| known.all.clone()))
                    version=draft.version
                />
                <Scheduler
                    draft=draft.slurm
                    version=draft.version
                    accounting=Signal::derive(move || draft.accounting.is_on())
                />
                <RestField value=draft.rest />
                <JobSubmitField draft=draft.job_submit />
            }
        },
    )];
    view! {
        <Wizard
            label=t.edit_cluster.title(&cluster.name)
            steps
            form
            submission
            review=move || {
                view! {
                    <PlanPreview request=PlanRequest::UpdateCluster(untrack(input)) />
                    {before.with_value(|before| review(draft, before.clone()))}
                }
            }
            request=move || Request::of(Operation::UpdateCluster, &input())
            submit_label=t.common.save
            refused_title=t.edit_cluster.refused
            why_not=unchanged
            on_submit=submit(cluster.name.clone(), id, draft, input, form, submission, cluster.modified_at.clone())
            cancel=paths::cluster(&cluster.id, ClusterTab::Details)
        />
    }
    .into_any()
}

fn submit(
    name: String,
    id: StoredValue<String>,
    draft: Draft,
    input: impl Fn() -> UpdateClusterRequest + Send + Sync + 'static,
    form: Form,
    submission: Submission,
    modified_at: String,
) -> Callback<()> {
    let t = text();
    let follow_ups = FollowUps::of_page();
    let navigate = use_navigate();
    Callback::new(move |()| {
        let mut input = untrack(&input);
        input.client_token = Some(submission.token(&format!("{input:?}")));
        let (navigate, modified_at) = (navigate.clone(), modified_at.clone());
        let title = t.edit_cluster.saved(&name);
        let request = async move {
            update_cluster(input, modified_at)
                .await
                .map_err(|error| draft.slurm.settings.place_errors(error))
        };
        submission.send(request, move |cluster| {
            form.dirty.set(false);
            let begun = Begun::cluster(Task::Update, &cluster);
            follow_ups.begin(title, t.edit_cluster.saved_hint, None, begun);
            let page = paths::cluster(&id.get_value(), ClusterTab::Details);
            let replace = NavigateOptions {
                replace: true,
                ..Default::default()
            };
            navigate(&page, replace);
        });
    })
}

/// Only what changes.
fn input(id: String, draft: Draft, before: &Before) -> UpdateClusterRequest {
    let settings = draft.slurm.settings.all();
    let idle_time = idle_after(draft.slurm, before.idle_time);
    let rest = Some(draft.rest()).filter(|now| *now != before.rest);
    let version = Some(draft.version.get()).filter(|now| *now != before.version);
    let changed = UpdateClusterSlurmConfigurationRequest {
        scale_down_idle_time_in_seconds: idle_time.filter(|now| Some(*now) != before.idle_time),
        slurm_custom_settings: Some(settings).filter(|now| *now != before.settings),
        cgroup_custom_settings: Some(draft.slurm.cgroups()).filter(|now| *now != before.cgroups),
        slurmdbd_custom_settings: draft.accounting.changed_settings(&before.slurmdbd),
        slurm_rest: rest.map(|mode| UpdateSlurmRestRequest { mode: Some(mode) }),
        job_submit_plugins: draft.job_submit.changed(),
        accounting: draft.accounting.changed(&before.accounting),
    };
    UpdateClusterRequest {
        cluster_identifier: id,
        client_token: None,
        slurm_configuration: Some(changed).filter(|changed| *changed != Default::default()),
        scheduler: version.map(|version| UpdateSchedulerRequest { version }),
        unmodified_since: None,
    }
}

/// The API cannot take an idle time away: an emptied field asks for the default that it promises.
fn idle_after(draft: SlurmDraft, before: Option<i64>) -> Option<i64> {
    draft.seconds().or(before.map(|_| IDLE_TIME))
}

/// Before and after.
fn review(draft: Draft, before: Before) -> AnyView {
    let t = text();
    let seconds = move |seconds: Option<i64>| match seconds {
        Some(seconds) => t.details.idle_time_value(seconds),
        None => t.common.default.to_owned(),
    };
    let on = move |mode| match mode {
        SlurmRestMode::Standard => t.details.accounting_on,
        SlurmRestMode::None => t.details.accounting_off,
    };
    view! {
        <ReviewPart step=0 title=t.create_cluster.scheduler>
            <KeyValue label=t.edit_cluster.version_before>{before.version}</KeyValue>
            <KeyValue label=t.edit_cluster.version_after>{move || draft.version.get()}</KeyValue>
            <KeyValue label=t.edit_cluster.idle_before>{seconds(before.idle_time)}</KeyValue>
            <KeyValue label=t.edit_cluster.idle_after>{move || seconds(idle_after(draft.slurm, before.idle_time))}</KeyValue>
            <KeyValue label=t.edit_cluster.settings_before>
                <Settings settings=before.settings />
            </KeyValue>
            <KeyValue label=t.edit_cluster.settings_after>
                {move || view! { <Settings settings=draft.slurm.settings.all() /> }}
            </KeyValue>
            <KeyValue label=t.edit_cluster.cgroup_before>
                <Settings settings=shown(before.cgroups) />
            </KeyValue>
            <KeyValue label=t.edit_cluster.cgroup_after>
                {move || view! { <Settings settings=shown(draft.slurm.cgroups()) /> }}
            </KeyValue>
            <KeyValue label=t.edit_cluster.accounting_before>{accounting_shown(Some(&before.accounting))}</KeyValue>
            <KeyValue label=t.edit_cluster.accounting_after>
                {move || accounting_shown(draft.accounting.wanted().as_ref())}
            </KeyValue>
            <KeyValue label=t.edit_cluster.slurmdbd_before>
                <Settings settings=shown(before.slurmdbd) />
            </KeyValue>
            <KeyValue label=t.edit_cluster.slurmdbd_after>
                {move || view! { <Settings settings=shown(draft.accounting.settings()) /> }}
            </KeyValue>
            <KeyValue label=t.edit_cluster.rest_before>{on(before.rest)}</KeyValue>
            <KeyValue label=t.edit_cluster.rest_after>{move || on(draft.rest())}</KeyValue>
            <KeyValue label=t.job_submit.before>{foreign(draft.job_submit.shown_before())}</KeyValue>
            <KeyValue label=t.job_submit.after>{move || foreign(draft.job_submit.shown())}</KeyValue>
        </ReviewPart>
    }
    .into_any()
}
