//! Buttons, dialogs, messages.

use leptos::prelude::*;

use super::Shelf;
use crate::components::{ConfirmDelete, Submission};
use crate::i18n::text;
use crate::model::error::Error;
use crate::paths;
use crate::ui::*;

#[component]
pub fn Buttons() -> impl IntoView {
    let t = text();
    let presses = RwSignal::new(0);
    let press = move || presses.update(|n| *n += 1);
    let why = || Some(text().design.reason.to_owned());
    let row = move |look: Look, label: &'static str| {
        view! {
            <div class="flex flex-wrap items-center gap-3">
                <Button label look on_press=press />
                <Button label look icon=Icon::Plus on_press=press />
                <Button label look disabled=why on_press=press />
                <Button label look busy=true on_press=press />
                <ButtonLink label look href=paths::DESIGN />
                <ButtonLink label look href=paths::DESIGN disabled=why />
            </div>
        }
    };
    view! {
        <Shelf title=t.design.buttons>
            {row(Look::Primary, t.design.primary)}
            {row(Look::Normal, t.design.normal)}
            {row(Look::Danger, t.design.danger)}
            {row(Look::Link, t.design.link)}
            <p class="text-muted" role="status">{move || t.design.pressed(presses.get())}</p>
        </Shelf>
    }
    .into_any()
}

#[component]
pub fn Dialogs() -> impl IntoView {
    let t = text();
    let plain = RwSignal::new(false);
    let delete = RwSignal::new(false);
    let submission = Submission::new();
    let refuse = move || {
        submission.send(
            async move { Err::<(), _>(Error::conflict("CLUSTER", "demo", t.design.reason)) },
            |()| {},
        );
    };
    view! {
        <Shelf title=t.design.dialogs>
            <div class="flex flex-wrap gap-3">
                <Button label=t.design.open_dialog on_press=move || plain.set(true) />
                <Button label=t.design.open_delete look=Look::Danger on_press=move || delete.set(true) />
            </div>
            <Dialog open=plain title=t.design.open_dialog>
                <p>{t.design.words}</p>
                <DialogActions>
                    <Button label=t.common.cancel on_press=move || plain.set(false) />
                    <Button label=t.common.save look=Look::Primary autofocus=true on_press=move || plain.set(false) />
                </DialogActions>
            </Dialog>
            <ConfirmDelete
                open=delete
                title=t.design.open_delete
                name="demo"
                submission
                links=Signal::stored(vec![Link::new(t.clusters.title, paths::CLUSTERS)])
                on_confirm=refuse
            >
                <p>{t.design.words}</p>
            </ConfirmDelete>
        </Shelf>
    }
    .into_any()
}

#[component]
pub fn Messages() -> impl IntoView {
    let t = text();
    let stack = flashes();
    let tones = [Tone::Success, Tone::Info, Tone::Warning, Tone::Danger];
    let push = move |tone: Tone| {
        let link = Link::new(t.clusters.title, paths::CLUSTERS);
        stack.push(tone, t.design.buttons, t.design.words, link);
    };
    view! {
        <Shelf title=t.design.messages>
            <div class="flex flex-wrap gap-3">
                {tones
                    .map(|tone| view! { <Button label=format!("{tone:?}") on_press=move || push(tone) /> })
                    .into_iter()
                    .collect_view()}
            </div>
            {tones
                .map(|tone| {
                    view! { <Flash tone title=t.design.messages message=t.design.words code="ConflictException" /> }
                })
                .into_iter()
                .collect_view()}
        </Shelf>
    }
    .into_any()
}
