//! A form in steps: a rail that shows where one is, the steps, a review with the command that does the same, one press
//! that sends it.
//!
//! All steps are built at once and hidden but for one, so that nothing filled in is lost by going back and every field's
//! check is known from the start: a step can be reached when all before it pass.
//!
//! ```ignore
//! let form = Form::provide();
//! let submission = Submission::new();
//! view! {
//!     <Wizard
//!         label=t.create_queue.title
//!         steps=vec![Step::new(t.create_queue.general, t.create_queue.general_lead, move || view! { <General draft /> })]
//!         form submission
//!         review=move || view! { <ReviewPart step=0 title=t.create_queue.general><KeyValue …/></ReviewPart> }
//!         request=move || Request::of(Operation::CreateQueue, &draft.input())
//!         submit_label=t.create_queue.submit
//!         refused_title=t.create_queue.refused
//!         on_submit=move || submission.send(create_queue(draft.input_with(&submission)), move |queue| …)
//!         cancel=paths::cluster(&id, ClusterTab::Queues)
//!     />
//! }
//! ```
//!
//! `on_submit` is run only when every field passes. Fields that the server refuses are shown at once: the wizard goes to
//! the first one's step and puts the focus on it.

mod rail;
mod review;

use leptos::context::Provider;
use leptos::prelude::*;

use rail::Rail;
pub use review::{Request, ReviewPart};

use super::guard::guard_changes;
use super::submission::{Refused, Submission, field_errors};
use crate::browser;
use crate::i18n::text;
use crate::ui::form::{Form, Part, Wrong};
use crate::ui::{Button, ButtonLink, Icon, Look};

/// One step, with what stands in it.
pub struct Step {
    title: &'static str,
    lead: &'static str,
    view: ViewFn,
}

impl Step {
    pub fn new(title: &'static str, lead: &'static str, view: impl Into<ViewFn>) -> Step {
        Step {
            title,
            lead,
            view: view.into(),
        }
    }
}

/// Where the wizard is. In the context of its steps.
#[derive(Clone, Copy)]
pub struct Place {
    current: RwSignal<usize>,
    /// The review's number: the count of the steps before it.
    last: usize,
    form: Form,
    /// Going on was tried from a step with something wrong.
    tried: RwSignal<bool>,
}

impl Place {
    /// A step can be reached when all before it pass.
    fn is_reachable(self, step: usize) -> bool {
        self.form.wrong().iter().all(|wrong| wrong.part >= step)
    }

    pub fn go(self, step: usize) {
        self.tried.set(false);
        self.current.set(step);
        browser::focus_soon(heading_id(step));
    }

    fn next(self) {
        let current = self.current.get_untracked();
        if self.form.accept_part(current) {
            self.go(current + 1);
        } else {
            self.show_wrong();
        }
    }

    /// Goes to the first wrong field.
    fn show_wrong(self) {
        if let Some(first) = untrack(|| self.form.wrong()).first() {
            self.current.set(first.part);
            self.form.focus(&first.name);
        }
        self.tried.set(true);
    }
}

fn heading_id(step: usize) -> String {
    format!("step-{step}")
}

#[component]
pub fn Wizard(
    /// What is being made, for the rail's name.
    #[prop(into)]
    label: String,
    steps: Vec<Step>,
    form: Form,
    submission: Submission,
    /// What was chosen, as [`ReviewPart`]s.
    #[prop(into)]
    review: ViewFn,
    /// The same as a command and as JSON.
    #[prop(into)]
    request: Signal<Request>,
    submit_label: &'static str,
    refused_title: &'static str,
    #[prop(into)] on_submit: Callback<()>,
    /// Why it cannot be sent though every field passes.
    #[prop(optional, into)]
    why_not: Signal<Option<String>>,
    /// Where one goes without sending.
    #[prop(into)]
    cancel: String,
) -> impl IntoView {
    let t = text();
    let place = Place {
        current: RwSignal::new(0),
        last: steps.len(),
        form,
        tried: RwSignal::new(false),
    };
    provide_context(place);
    guard_changes(form.dirty);
    Effect::new(move |_| {
        if let Some(error) = submission.error.get()
            && form.refuse(field_errors(&error)).is_empty()
        {
            place.show_wrong();
        }
    });
    let submit = move || {
        if form.accept() {
            on_submit.run(());
        } else {
            place.show_wrong();
        }
    };
    let titles: Vec<_> = steps
        .iter()
        .map(|step| step.title)
        .chain([t.wizard.review])
        .collect();
    let is_last = move || place.current.get() == place.last;
    let steps = steps
        .into_iter()
        .enumerate()
        .map(|(i, step)| view_step(place, i, step))
        .collect_view();
    view! {
        <div class="wizard">
            <Rail label titles place />
            <div class="grid content-start gap-5">
                <Wrongs place />
                {steps}
                <section hidden=move || !is_last() aria-labelledby=heading_id(place.last)>
                    {heading(place.last, t.wizard.review, t.wizard.review_lead)}
                    <Show when=is_last>
                        {review::view(review.clone(), request)}
                        <Refused submission title=refused_title />
                    </Show>
                </section>
                <div class="wizard-actions">
                    <ButtonLink label=t.common.cancel look=Look::Link href=cancel />
                    <span class="wizard-gap"></span>
                    <Show when=move || place.current.get() != 0>
                        <Button
                            label=t.wizard.previous
                            on_press=move || place.go(place.current.get_untracked().saturating_sub(1))
                        />
                    </Show>
                    <Show
                        when=is_last
                        fallback=move || view! { <Button label=t.wizard.next look=Look::Primary on_press=move || place.next() /> }
                    >
                        <Button label=submit_label look=Look::Primary disabled=why_not busy=submission.busy on_press=submit />
                    </Show>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn view_step(place: Place, number: usize, step: Step) -> AnyView {
    view! {
        <section
            class="wizard-step"
            hidden=move || place.current.get() != number
            aria-labelledby=heading_id(number)
        >
            {heading(number, step.title, step.lead)}
            <Provider value=Part(number)>
                <div class="wizard-card">{step.view.run()}</div>
            </Provider>
        </section>
    }
    .into_any()
}

fn heading(number: usize, title: &'static str, lead: &'static str) -> AnyView {
    view! {
        <header class="mb-4">
            <h2 id=heading_id(number) class="text-xl font-semibold tracking-tight" tabindex="-1">
                {title}
            </h2>
            <p class="max-w-3xl text-muted">{lead}</p>
        </header>
    }
    .into_any()
}

/// After a try to go on: what is wrong in this step, each a way to its field.
#[component]
fn Wrongs(place: Place) -> impl IntoView {
    let t = text();
    let wrong = Memo::new(move |_| {
        let all = place.form.wrong_in(place.current.get());
        if place.tried.get() { all } else { Vec::new() }
    });
    let line = move |wrong: Wrong| {
        view! {
            <li>
                <button type="button" class="info-link" on:click=move |_| place.form.focus(&wrong.name)>
                    {wrong.label}
                </button>
                ": "
                {wrong.message}
            </li>
        }
    };
    view! {
        <Show when=move || wrong.with(|wrong| !wrong.is_empty())>
            <div class="flash border-danger bg-danger-soft" role="alert">
                <span class="mt-0.5 text-danger">{Icon::Cross.view()}</span>
                <div class="min-w-0">
                    <p class="font-semibold">{move || t.wizard.wrong(wrong.with(Vec::len))}</p>
                    <ul>{move || wrong.get().into_iter().map(line).collect_view()}</ul>
                </div>
            </div>
        </Show>
    }
    .into_any()
}
