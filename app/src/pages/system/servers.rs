//! The other servers of the database. One that is silent can be given up, so that its clusters can be deleted without it.

use leptos::prelude::*;

use crate::api::server::forget_server;
use crate::components::{ConfirmDelete, Submission};
use crate::i18n::{Text, text};
use crate::model::server::{ForgetServerRequest, Server};
use crate::model::system::System;
use crate::ui::time::Ago;
use crate::ui::{Button, Card, Indicator, Look, Tone};

/// Nothing where the database is this server's alone.
pub fn others(system: Signal<System>) -> AnyView {
    let t = text();
    let others = Memo::new(move |_| system.with(|system| system.others.clone()));
    let asked = RwSignal::new(Server::default());
    let open = RwSignal::new(false);
    let ask = move |server: Server| {
        asked.set(server);
        open.set(true);
    };
    view! {
        <Show when=move || others.with(|others| !others.is_empty())>
            <Card title=t.system.others>
                <p class="text-muted">{t.system.others_lead}</p>
                <ul class="mt-3 grid gap-3">
                    {move || others.get().into_iter().map(|one| row(t, one, ask)).collect_view()}
                </ul>
            </Card>
        </Show>
        {question(t, asked, open)}
    }
    .into_any()
}

fn row(
    t: &'static Text,
    one: Server,
    ask: impl Fn(Server) + Copy + Send + Sync + 'static,
) -> AnyView {
    let names = names(t, &one);
    let (host, url, seen_at, lives) = (one.host.clone(), one.url.clone(), one.seen_at, one.lives);
    let silent = (!lives).then(|| {
        let label = t.system.give_up_host(&host);
        view! {
            <Indicator tone=Tone::Warning label=t.system.silent />
            <Button label look=Look::Danger on_press=move || ask(one.clone()) />
        }
    });
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span class="font-semibold">{host}</span>
            <a href=url.clone()>{url.clone()}</a>
            <span class="text-xs text-muted">
                <Ago at=seen_at />
            </span>
            <span class="text-muted">{names}</span>
            {silent}
        </li>
    }
    .into_any()
}

/// "one, two", or that there are none.
fn names(t: &'static Text, server: &Server) -> String {
    let names: Vec<&str> = server
        .clusters
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    match names.is_empty() {
        true => t.system.runs_none.to_owned(),
        false => t.system.runs(names.join(t.system.and)),
    }
}

fn question(t: &'static Text, asked: RwSignal<Server>, open: RwSignal<bool>) -> AnyView {
    let submission = Submission::new();
    let host = Signal::derive(move || asked.with(|server| server.host.clone()));
    let title = Signal::derive(move || t.system.give_up_title(host.get()));
    let label = Signal::stored(t.system.give_up.to_owned());
    let confirm = move || {
        let server_id = asked.with_untracked(|server| server.id.clone());
        let request = forget_server(ForgetServerRequest { server_id });
        submission.send(request, move |_| open.set(false));
    };
    view! {
        <ConfirmDelete open title name=host submission label on_confirm=confirm>
            <p>{t.system.give_up_what}</p>
            <p>{move || asked.with(|server| names(t, server))}</p>
        </ConfirmDelete>
    }
    .into_any()
}
