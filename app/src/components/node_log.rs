//! Searches what a node's instances logged: one of them at a time, all of its logs or one, and follows it as it grows.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::log_lines::LogLines;
use super::log_viewer::{LogFilter, LogModes, LogPager, log_choice, log_view};
use super::{Fetched, asked};
use crate::api::log::search_node_log;
use crate::i18n::{Text, text};
use crate::model::date::exact_in;
use crate::model::log::{LIVE, LogView, NodeLife, NodeLogPage};
use crate::paths;
use crate::ui::time::{Ago, every, zone};

/// A log that grows is asked for anew so often: nobody announces its lines.
const EVERY: Duration = Duration::from_secs(2);

#[component]
pub fn NodeLogViewer(cluster: Memo<String>, node: Memo<String>) -> impl IntoView {
    let view = log_view();
    let here = Signal::derive(move || paths::node_logs(&cluster.read(), &node.read()));
    // Strings always serialise.
    let words = Memo::new(move |_| serde_json::to_string(&*view.read()).unwrap_or_default());
    let found = asked([cluster, node, words], &[], |[cluster, node, words]| {
        search_node_log(
            cluster,
            node,
            serde_json::from_str(&words).unwrap_or_default(),
        )
    });
    let file =
        Signal::derive(move || paths::node_log_file(&cluster.read(), &node.read(), &view.read()));
    let refresh = Callback::new(move |()| found.refetch());
    view! {
        <Fetched resource=found let:found>
            {follow(found, view, refresh)}
            <div class="grid gap-4">
                <LogModes here view />
                <LogFilter view here fields=instances(found, view, here)>
                    {logs(found, view, here)}
                </LogFilter>
                <Standing found />
                <LogPager file page=Signal::derive(move || found.read().page.clone()) view here refresh />
                <LogLines page=Signal::derive(move || found.read().page.clone()) view here />
            </div>
        </Fetched>
    }
    .into_any()
}

/// While somebody watches an instance that has not ended.
fn follow(found: Signal<NodeLogPage>, view: Memo<LogView>, refresh: Callback<()>) {
    let grows = Memo::new(move |_| view.read().mode == LIVE && !found.read().has_ended());
    Effect::new(move |_| {
        if grows.get() {
            every(EVERY, move || refresh.run(()));
        }
    });
}

/// All of them, or one.
fn logs(found: Signal<NodeLogPage>, view: Memo<LogView>, here: Signal<String>) -> AnyView {
    let t = text();
    let names = Memo::new(move |_| found.read().logs.clone());
    let choice = move || {
        let each = names.get().into_iter().map(|name| (name.clone(), name));
        let all = (String::new(), t.node_log.all.to_owned());
        let choices = std::iter::once(all).chain(each).collect();
        log_choice(t.node_log.which, choices, view, here)
    };
    view! { {choice} }.into_any()
}

/// Which of the node's instances.
fn instances(found: Signal<NodeLogPage>, view: Memo<LogView>, here: Signal<String>) -> AnyView {
    let t = text();
    let navigate = use_navigate();
    let lives = Memo::new(move |_| found.read().lives.clone());
    let meant = Memo::new(move |_| found.read().instance_id.clone());
    let change = move |event| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        // Another one has other logs.
        let view = LogView {
            instance: event_target_value(&event),
            daemon: String::new(),
            ..view.get_untracked().newest()
        };
        navigate(&paths::logs(&here.get_untracked(), &view), options);
    };
    let option = move |life: NodeLife| {
        let id = life.instance_id.clone();
        let is_meant = move || *meant.read() == id;
        view! {
            <option value=life.instance_id.clone() selected=untrack(is_meant.clone()) prop:selected=is_meant>
                {words_of(t, &life)}
            </option>
        }
    };
    view! {
        <label class="grid gap-1">
            <span class="font-medium">{t.node.instance}</span>
            <select name="instance" class="input" on:change=change>
                {move || lives.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// With when it was, by the reader's clock.
fn words_of(t: &'static Text, life: &NodeLife) -> impl Fn() -> String + use<> {
    let (launched, ended) = (life.launched_at, life.ended_at);
    let known_as = life.known_as.clone();
    let (from, to) = (zone(launched), zone(ended));
    move || {
        let from = exact_in(launched, from.get());
        let to = match ended {
            0 => t.node.runs.to_owned(),
            at => exact_in(at, to.get()),
        };
        t.node_log.life(&known_as, from, to)
    }
}

/// What the lines below are not: all of it, or of just now.
#[component]
fn Standing(found: Signal<NodeLogPage>) -> impl IntoView {
    let t = text();
    let cut = move || {
        let found = found.read();
        (!found.cut.is_empty()).then(|| {
            let words = t.node_log.cut(found.cut.join(", "));
            view! { <p>{words}</p> }
        })
    };
    let sent_at = Memo::new(move |_| found.read().sent_at);
    let sent = move || {
        sent_at.get().map(|at| {
            view! { <p>{t.node_log.sent} " " <Ago at /></p> }
        })
    };
    view! { <div class="text-xs text-muted">{cut} {sent}</div> }.into_any()
}
