//! The server itself: its reconcilers, and what they stand on.

mod facts;
mod for_nodes;
mod reconcilers;
mod servers;

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::system::get_system;
use crate::components::Fetched;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::system::{Network, System};
use crate::paths;
use crate::ui::help::{page_help, topic};
use crate::ui::time::every;
use crate::ui::{Indicator, PageHeader, Tone, foreign_lines};

/// Reconcilers run several times a second; announcing each run to every open page would cost more than asking.
const EVERY: Duration = Duration::from_secs(2);

#[component]
pub fn SystemPage() -> impl IntoView {
    page_help(topic::SYSTEM);
    let t = text();
    let asked = RwSignal::new(0_u64);
    let resource = Resource::new(move || asked.get(), |_| get_system());
    // An effect, because the server shows the page once.
    Effect::new(move |_| every(EVERY, move || asked.update(|n| *n += 1)));
    view! {
        <Title text=t.system.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.system.title>
                    <span class="flex-1"></span>
                    <a class="button" rel="external" href=paths::DIAGNOSTICS download="">{t.troubleshooting.diagnose}</a>
                </PageHeader>
                <p class="text-muted">{t.system.lead}</p>
            </div>
            <Fetched resource let:system>
                {shown(system, resource)}
            </Fetched>
        </div>
    }
    .into_any()
}

fn shown(system: Signal<System>, resource: Resource<Result<System>>) -> AnyView {
    let t = text();
    let health = Memo::new(move |_| system.with(|system| health(t, system)));
    // What is shown stays as it was then.
    let silent = Memo::new(move |_| resource.get().and_then(Result::err));
    let status = move || match silent.get() {
        Some(error) => view! {
            <Indicator tone=Tone::Danger label=t.system.from_before />
            <span class="block text-muted">{foreign_lines(error.message)}</span>
        }
        .into_any(),
        None => {
            let (tone, label) = health.get();
            view! { <Indicator tone label /> }.into_any()
        }
    };
    view! {
        <div class="grid gap-5">
            <p role="status">{status}</p>
            {facts::away(system)}
            {reconcilers::table(system)}
            <div class="grid gap-5 2xl:grid-cols-2">{facts::database(system)} {facts::host(system)}</div>
            {for_nodes::for_nodes(system)}
            {servers::others(system)}
        </div>
    }
    .into_any()
}

/// The worst of it, in a few words.
fn health(t: &'static Text, system: &System) -> (Tone, &'static str) {
    let database = &system.database;
    if database.answered_in.is_none() {
        return (Tone::Danger, t.system.database_silent);
    }
    if !database.takes_writes {
        return (Tone::Danger, t.system.database_full);
    }
    if !system.away.is_empty() {
        return (Tone::Danger, t.system.some_away);
    }
    let network = system.for_nodes.as_ref().map(|nodes| &nodes.network);
    if network.is_some_and(Network::is_closed) {
        return (Tone::Danger, t.system.network_closed);
    }
    if system.reconcilers.iter().any(|one| one.is_failing()) {
        return (Tone::Danger, t.system.some_fail);
    }
    (Tone::Success, t.system.all_well)
}
