//! Lines of a log, each with its time, level and daemon.

use leptos::prelude::*;

use super::marked::marked;
use crate::i18n::text;
use crate::model::log::{LogEntry, LogLevel, LogPage, LogView};
use crate::paths;
use crate::ui::EmptyState;
use crate::ui::time::Second;

#[component]
pub fn LogLines(page: Signal<LogPage>, view: Memo<LogView>, here: Signal<String>) -> impl IntoView {
    let t = text();
    let lines = move || {
        let view = view.read();
        let page = page.read();
        if page.lines.is_empty() {
            let is_all = page.older.is_none() && page.newer.is_none();
            let words = if is_all { t.logs.none } else { t.logs.none_yet };
            return view! { <EmptyState title=t.logs.none_title text=words>""</EmptyState> }
                .into_any();
        }
        let here = here.read();
        let lines = page.lines.iter().map(|line| one(line, &view, &here));
        view! {
            <ol class="log-lines" aria-label=t.logs.lines>
                {lines.collect_view()}
            </ol>
        }
        .into_any()
    };
    view! { {lines} }.into_any()
}

fn one(line: &LogEntry, view: &LogView, here: &str) -> AnyView {
    let at = line.at.to_string();
    let is_here = (view.around == at).then_some("true");
    let around = LogView {
        cluster: view.cluster.clone(),
        daemon: view.daemon.clone(),
        around: at,
        ..LogView::default()
    };
    let class = match line.level {
        LogLevel::Fatal | LogLevel::Error => "log-level text-danger",
        LogLevel::Warning => "log-level text-warning",
        LogLevel::Info | LogLevel::Debug => "log-level text-muted",
    };
    view! {
        <li class="log-line" aria-current=is_here>
            <a href=paths::logs(here, &around) title=text().logs.context>
                <Second at=line.at />
            </a>
            <span class=class>{line.level.as_str()}</span>
            <span class="text-muted">{line.daemon.as_str()}</span>
            <span class="log-text">{marked(words_of(&line.text), &view.text)}</span>
        </li>
    }
    .into_any()
}

/// Without the time in brackets, which stands beside it.
fn words_of(text: &str) -> &str {
    match text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((_, words)) => words,
        None => text,
    }
}
