//! Lines of a log, each with its time, level and the log that it stands in.

use leptos::html::Ol;
use leptos::prelude::*;
use leptos::web_sys::Element;

use super::marked::marked;
use crate::i18n::text;
use crate::model::date::parse;
use crate::model::log::{LogEntry, LogLevel, LogPage, LogView};
use crate::paths;
use crate::ui::EmptyState;
use crate::ui::time::Second;

#[component]
pub fn LogLines(page: Signal<LogPage>, view: Memo<LogView>, here: Signal<String>) -> impl IntoView {
    let t = text();
    let list = NodeRef::<Ol>::new();
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
        let meant = meant(&page, &view);
        let lines = page
            .lines
            .iter()
            .map(|line| one(line, &view, &here, meant == Some(line.seq)));
        view! {
            <ol class="log-lines" aria-label=t.logs.lines node_ref=list>
                {lines.collect_view()}
            </ol>
        }
        .into_any()
    };
    // The line that the address means is what the reader came for, wherever it stands among the others.
    Effect::new(move |_| {
        let is_meant = meant(&page.read(), &view.read()).is_some();
        if let Some(list) = list.get().filter(|_| is_meant) {
            request_animation_frame(move || show_meant(&list));
        }
    });
    view! { {lines} }.into_any()
}

fn show_meant(list: &Element) {
    if let Ok(Some(line)) = list.query_selector("[aria-current]") {
        // With room below it, as the stylesheet says.
        line.scroll_into_view_with_bool(false);
    }
}

/// The number of the last line that there was at the time around which is searched.
fn meant(page: &LogPage, view: &LogView) -> Option<i64> {
    let around: i64 = view.around.parse().ok()?;
    let line = page.lines.iter().find(|line| line.at <= around);
    line.map(|line| line.seq)
}

fn one(line: &LogEntry, view: &LogView, here: &str, is_meant: bool) -> AnyView {
    let at = line.at.to_string();
    let is_here = is_meant.then_some("true");
    let around = LogView {
        cluster: view.cluster.clone(),
        instance: view.instance.clone(),
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
            <span class="log-name text-muted">{line.log.clone()}</span>
            <span class="log-text">{marked(words_of(&line.text), &view.text)}</span>
        </li>
    }
    .into_any()
}

/// Without the time before them, which stands beside it.
fn words_of(text: &str) -> &str {
    let in_brackets = || text.strip_prefix('[')?.split_once("] ");
    let plain = || {
        text.split_once(' ')
            .filter(|(time, _)| parse(time).is_some())
    };
    match in_brackets().or_else(plain) {
        Some((_, words)) => words,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_once() {
        for (line, words) in [
            ("[2026-11-22T20:05:11.123] error: no", "error: no"),
            (
                "2026-11-22T20:05:11.123Z openpcs-agent: runs",
                "openpcs-agent: runs",
            ),
            ("it is the disk", "it is the disk"),
            ("[a list] of words", "of words"),
            ("", ""),
        ] {
            assert_eq!(words_of(line), words, "{line}");
        }
    }
}
