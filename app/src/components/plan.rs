//! A plan, for people: what changes, which nodes and jobs it touches, what stays.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::i18n::{Text, text};
use crate::live;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::node_name::NodeName;
use crate::model::plan::*;
use crate::ui::{Flash, Icon, KeyValue, Pairs, Tone, foreign, foreign_line};

/// The plan of a request, asked for when this is shown and again whenever jobs or nodes change.
pub fn watch_plan(
    request: impl Fn() -> Option<PlanRequest> + 'static,
) -> RwSignal<Option<Result<Plan>>> {
    let answer = RwSignal::new(None);
    Effect::new(move |_| {
        live::version(Kind::Job);
        live::version(Kind::Node);
        if let Some(request) = request() {
            spawn_local(async move {
                let plan = api::plan::plan_operation(request).await;
                // What asked may be gone.
                answer.try_set(Some(plan));
            });
        }
    });
    answer
}

/// For the last step of a wizard.
#[component]
pub fn PlanPreview(request: PlanRequest) -> impl IntoView {
    let t = text();
    let answer = watch_plan(move || Some(request.clone()));
    view! {
        <section class="plan" aria-label=t.plan.title aria-live="polite">
            <h3 class="plan-title">{t.plan.title}</h3>
            <div class="grid gap-5 p-5">
                {move || match answer.get() {
                    None => view! { <p class="text-muted">{t.plan.loading}</p> }.into_any(),
                    Some(Ok(plan)) => view! { <PlanView plan /> }.into_any(),
                    Some(Err(error)) => {
                        view! { <Flash tone=Tone::Danger title=t.plan.refused code=error.code() message=error.message /> }
                            .into_any()
                    }
                }}
            </div>
        </section>
    }
    .into_any()
}

#[component]
pub fn PlanView(plan: Plan) -> impl IntoView {
    let t = text();
    let untouched = plan.refusal.is_none()
        && plan.nodes.is_empty()
        && plan.job_counts.cancelled + plan.job_counts.requeued + plan.job_counts.finishes_first
            == 0;
    let mut parts = vec![];
    if let Some(error) = plan.refusal {
        let code = error.code();
        parts.push(
            view! { <Flash tone=Tone::Danger title=t.plan.refused code message=error.message /> }
                .into_any(),
        );
    }
    parts.extend(plan.warnings.iter().map(|warning| view_warning(t, warning)));
    parts.extend((!plan.changes.is_empty()).then(|| view_changes(t, plan.changes)));
    parts.extend((!plan.nodes.is_empty()).then(|| view_nodes(t, &plan.nodes)));
    parts.extend((!plan.jobs.is_empty()).then(|| view_jobs(t, plan.jobs, plan.job_counts)));
    parts.extend(view_figures(t, &plan.quotas, &plan.addresses));
    let stays = plan.stays.iter().map(|stay| stay_text(t, stay));
    let stays: Vec<String> = stays
        .chain(untouched.then(|| t.plan.nothing_touched.to_owned()))
        .collect();
    parts.extend((!stays.is_empty()).then(|| view_stays(t, stays)));
    parts.collect_view().into_any()
}

fn view_warning(t: &'static Text, warning: &Warning) -> AnyView {
    let message = match warning {
        Warning::NothingChanges => t.plan.warn_nothing.to_owned(),
        Warning::SlurmSilent => t.plan.warn_silent.to_owned(),
        Warning::Elsewhere { host, url } => t.plan.warn_elsewhere(host, url),
        Warning::FewAddresses { free, needed } => t.plan.warn_addresses(free, needed),
        Warning::ImageLacksSlurm {
            group,
            image,
            has,
            wants,
        } => t.plan.warn_image(group, image, has, wants),
        Warning::ClosedPorts { ports, remedy } => t.plan.warn_ports(ports, remedy),
        Warning::Superseded { setting, by } => t.plan.warn_superseded(setting, by),
    };
    view! {
        <p class="flex items-start gap-2">
            <span class="mt-0.5 text-warning">{Icon::Warning.view()}</span>
            <span>{message}</span>
        </p>
    }
    .into_any()
}

fn view_changes(t: &'static Text, changes: Vec<FieldChange>) -> AnyView {
    let value = |value: Option<String>| match value {
        Some(value) => foreign(value),
        None => view! { <span class="text-muted">{t.plan.none}</span> }.into_any(),
    };
    let is_new = changes.iter().all(|change| change.before.is_none());
    let row = move |change: FieldChange| {
        view! {
            <tr>
                <th scope="row">
                    <code class="code-text text-xs">{change.path}</code>
                </th>
                {(!is_new).then(|| view! { <td>{value(change.before)}</td> })}
                <td>{value(change.after)}</td>
            </tr>
        }
    };
    view! {
        <div class="plan-scroll" tabindex="0" role="region" aria-label=t.plan.changes>
            <table class="plan-table">
                <caption>{t.plan.changes}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.plan.member}</th>
                        {(!is_new).then(|| view! { <th scope="col">{t.plan.before}</th> })}
                        <th scope="col">{t.plan.after}</th>
                    </tr>
                </thead>
                <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn view_nodes(t: &'static Text, nodes: &NodeChanges) -> AnyView {
    let kinds = [
        (t.plan.nodes_created, &nodes.created),
        (t.plan.nodes_starting, &nodes.starting),
        (t.plan.nodes_replaced_now, &nodes.replaced_now),
        (t.plan.nodes_replaced_later, &nodes.replaced_after_jobs),
        (t.plan.nodes_removed, &nodes.removed),
        (t.plan.nodes_ending, &nodes.ending),
    ];
    let pair = |(label, names): (&'static str, &Vec<String>)| {
        let names = (!names.is_empty()).then(|| compressed(names))?;
        Some(view! { <KeyValue label>{names}</KeyValue> }.into_any())
    };
    let pairs: Vec<AnyView> = kinds.into_iter().filter_map(pair).collect();
    view! {
        <div>
            <h4 class="mb-2 font-semibold">{t.plan.nodes}</h4>
            <Pairs>{pairs}</Pairs>
        </div>
    }
    .into_any()
}

fn view_jobs(t: &'static Text, jobs: Vec<JobImpact>, counts: JobCounts) -> AnyView {
    let all = counts.cancelled + counts.requeued + counts.finishes_first + counts.untouched;
    let more = all.saturating_sub(jobs.iter().map(JobImpact::count).sum());
    let row = |job: JobImpact| {
        let (tone, effect) = match job.effect {
            JobEffect::Cancelled => (Tone::Danger, t.plan.job_cancelled),
            JobEffect::Requeued => (Tone::Warning, t.plan.job_requeued),
            JobEffect::FinishesFirst => (Tone::Info, t.plan.job_finishes_first),
            JobEffect::Untouched => (Tone::Success, t.plan.job_untouched),
        };
        view! {
            <tr>
                <th scope="row">{job.id} " " {foreign_line(job.name)}</th>
                <td>{foreign_line(job.user)}</td>
                <td>
                    <span class=format!("inline-flex items-center gap-1.5 {}", tone.class())>
                        {tone.icon().view()} {effect}
                    </span>
                </td>
            </tr>
        }
    };
    view! {
        <div class="plan-scroll" tabindex="0" role="region" aria-label=t.plan.jobs>
            <table class="plan-table">
                <caption>{t.plan.jobs}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.plan.job}</th>
                        <th scope="col">{t.plan.user}</th>
                        <th scope="col">{t.plan.effect}</th>
                    </tr>
                </thead>
                <tbody>{jobs.into_iter().map(row).collect_view()}</tbody>
            </table>
            {(more > 0).then(|| view! { <p class="text-muted">{t.plan.more_jobs(more)}</p> })}
        </div>
    }
    .into_any()
}

/// Quotas and addresses.
fn view_figures(
    t: &'static Text,
    quotas: &[QuotaUse],
    addresses: &[AddressUse],
) -> Option<AnyView> {
    if quotas.is_empty() && addresses.is_empty() {
        return None;
    }
    let quota = |used: &QuotaUse| {
        let label = match used.quota {
            Quota::Clusters => t.plan.quota_clusters,
            Quota::Instances => t.plan.quota_instances,
        };
        let value = t.plan.quota_use(used.before, used.after, used.limit);
        view! { <KeyValue label>{value}</KeyValue> }
    };
    let address = |of: &AddressUse| {
        let line = t.plan.address_use(&of.subnet_id, of.needed, of.free);
        view! { <span class="block">{line}</span> }
    };
    let addresses = (!addresses.is_empty()).then(|| {
        let lines = addresses.iter().map(address).collect_view();
        view! { <KeyValue label=t.plan.addresses>{lines}</KeyValue> }
    });
    let quotas = quotas.iter().map(quota).collect_view();
    Some(view! { <Pairs>{quotas} {addresses}</Pairs> }.into_any())
}

fn stay_text(t: &'static Text, stay: &Stay) -> String {
    match stay {
        Stay::Nodes { count } => t.plan.stay_nodes(count),
        Stay::Jobs { count } => t.plan.stay_jobs(count),
        Stay::Submissions => t.plan.stay_submissions.into(),
        Stay::SettingsInForce => t.plan.stay_settings.into(),
    }
}

fn view_stays(t: &'static Text, stays: Vec<String>) -> AnyView {
    let line = |text: String| {
        view! {
            <li class="flex items-start gap-2">
                <span class="mt-0.5 text-success">{Icon::Check.view()}</span>
                <span>{text}</span>
            </li>
        }
    };
    view! {
        <div>
            <h4 class="mb-2 font-semibold">{t.plan.stays}</h4>
            <ul class="grid gap-1">{stays.into_iter().map(line).collect_view()}</ul>
        </div>
    }
    .into_any()
}

/// `compute-1, compute-2, compute-3, login-1` as `compute-[1-3], login-1`.
fn compressed(names: &[String]) -> String {
    let mut ranges: Vec<(&str, i64, i64)> = vec![];
    let mut words = vec![];
    for name in names {
        let Some(NodeName { group, number }) = NodeName::parse(name) else {
            words.push(name.clone());
            continue;
        };
        match ranges.last_mut() {
            Some((last, _, end)) if *last == group && *end + 1 == number => *end = number,
            _ => ranges.push((group, number, number)),
        }
    }
    let range = |(group, first, last): (&str, i64, i64)| match first == last {
        true => NodeName {
            group,
            number: first,
        }
        .to_string(),
        false => format!("{group}-[{first}-{last}]"),
    };
    words.extend(ranges.into_iter().map(range));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        let names = ["a-1", "a-2", "a-3", "b-7", "odd"].map(str::to_owned);
        assert_eq!(compressed(&names), "odd, a-[1-3], b-7");
    }
}
