//! What a new cluster still needs until its first job runs; gone once it has had one.

use leptos::prelude::*;

use super::Page;
use crate::api::queue::list_queues;
use crate::components::asked;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::model::status::Status;
use crate::paths;
use crate::ui::{Card, Tone};

/// One thing to have: what it is called, whether it is there, where to make it.
#[derive(Clone, PartialEq)]
struct Step {
    title: &'static str,
    is_done: bool,
    href: String,
}

#[component]
pub fn NextSteps(page: Page) -> impl IntoView {
    let t = text();
    let queues = asked([page.id], &[Kind::Queue], |[id]| list_queues(id));
    let steps = move || {
        let is_active = known(page.cluster)?.status == Status::Active;
        let has = [
            is_active,
            !known(page.groups)?.is_empty(),
            !known(queues)?.is_empty(),
            known(page.jobs)?.any,
        ];
        Some(all(t, &page.id.read(), has)).filter(|_| !has[3])
    };
    view! { <Transition>{move || steps().map(|steps| shown(t, steps))}</Transition> }.into_any()
}

fn known<T: Clone + Send + Sync + 'static>(resource: Resource<Result<T>>) -> Option<T> {
    resource.get()?.ok()
}

fn all(t: &'static Text, cluster: &str, has: [bool; 4]) -> [Step; 4] {
    let step = |title, is_done, href| Step {
        title,
        is_done,
        href,
    };
    [
        step(t.next_steps.cluster, has[0], String::new()),
        step(
            t.next_steps.group,
            has[1],
            paths::create_compute_node_group(cluster),
        ),
        step(t.next_steps.queue, has[2], paths::create_queue(cluster)),
        step(t.next_steps.job, has[3], paths::submit_job(cluster)),
    ]
}

fn shown(t: &'static Text, steps: [Step; 4]) -> AnyView {
    let next = steps.iter().position(|step| !step.is_done);
    let one = move |(number, step): (usize, Step)| {
        let tone = match (step.is_done, Some(number) == next) {
            (true, _) => Tone::Success,
            (false, true) => Tone::Progress,
            (false, false) => Tone::Neutral,
        };
        let word = if step.is_done {
            t.common.step_done
        } else {
            t.common.step_to_come
        };
        // Only the next one can be taken.
        let title = match Some(number) == next && !step.href.is_empty() {
            true => view! { <a class="font-semibold underline" href=step.href>{step.title}</a> }
                .into_any(),
            false => step.title.into_any(),
        };
        view! {
            <li class="flex items-start gap-2">
                <span class=format!("mt-0.5 {}", tone.class())>{tone.icon().view()}</span>
                <span>{title} <span class="read-out">{word}</span></span>
            </li>
        }
    };
    view! {
        <Card title=t.next_steps.title>
            <ol class="grid gap-2">{steps.into_iter().enumerate().map(one).collect_view()}</ol>
        </Card>
    }
    .into_any()
}
