//! Searches logs: the words and choices of a search, and a cluster's log searched by them. What is searched stands in the
//! address: a link that can be shared, and works without script.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::log_lines::LogLines;
use super::range_picker::short;
use super::{Fetched, asked};
use crate::api::log::search_log;
use crate::i18n::{Text, text};
use crate::model::log::{LIVE, Log, LogLevel, LogPage, LogView};
use crate::model::metric::Range;
use crate::paths;
use crate::ui::{Button, Icon, Look, use_search};

/// What this page's address asks for.
pub fn log_view() -> Memo<LogView> {
    let search = use_search();
    Memo::new(move |_| {
        let search = search.read();
        LogView::read(|name| search.get(name))
    })
}

#[component]
pub fn LogViewer(
    cluster: Memo<String>,
    /// The page that it is on.
    #[prop(into)]
    here: Signal<String>,
) -> impl IntoView {
    let view = log_view();
    // Numbers and strings always serialise.
    let words = Memo::new(move |_| serde_json::to_string(&*view.read()).unwrap_or_default());
    let found = asked([cluster, words], &[], |[cluster, words]| {
        search_log(cluster, serde_json::from_str(&words).unwrap_or_default())
    });
    let file = Signal::derive(move || paths::log_file(&cluster.read(), &view.read()));
    view! {
        <div class="grid gap-4">
            <LogFilter view here>
                {log_choice(text().logs.which, daemons(text()), view, here)}
            </LogFilter>
            <Fetched resource=found let:page>
                <LogPager file page view here refresh=Callback::new(move |()| found.refetch()) />
                <LogLines page view here />
            </Fetched>
        </div>
    }
    .into_any()
}

/// The words, the level and the time that a search is for.
#[component]
pub fn LogFilter(
    view: Memo<LogView>,
    here: Signal<String>,
    /// More to choose from, in the form itself.
    #[prop(optional)]
    fields: Option<AnyView>,
    /// Which of the logs; see [`log_choice`].
    children: Children,
) -> impl IntoView {
    let t = text();
    let words = RwSignal::new(view.with_untracked(|view| view.text.clone()));
    Effect::new(move |_| words.set(view.read().text.clone()));
    let navigate = use_navigate();
    let go = StoredValue::new(move |view: LogView| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&paths::logs(&here.get_untracked(), &view), options);
    });
    let search = move |level: String| {
        let view = LogView {
            text: words.get_untracked(),
            level,
            ..view.get_untracked().newest()
        };
        go.with_value(|go| go(view));
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        search(view.with_untracked(|view| view.level.clone()));
    };
    let level = move |(word, name): (&'static str, &'static str)| {
        let is_chosen = move || view.read().level == word;
        view! {
            <option value=word selected=untrack(is_chosen) prop:selected=is_chosen>
                {name}
            </option>
        }
    };
    // What a form without script sends along.
    let kept = move |name: &'static str, word: fn(&LogView) -> &String| {
        view! { <input type="hidden" name=name value=move || word(&view.read()).clone() /> }
    };
    view! {
        <form class="log-filter" role="search" method="get" action=here on:submit=submit>
            {kept("cluster", |view| &view.cluster)}
            {kept("mode", |view| &view.mode)}
            {kept("daemon", |view| &view.daemon)}
            {kept("range", |view| &view.range)}
            <label class="grid gap-1">
                <span class="font-medium">{t.logs.words}</span>
                <input
                    type="search"
                    name="text"
                    class="input"
                    maxlength="80"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    title=t.logs.words_hint
                    bind:value=words
                />
            </label>
            {fields}
            <label class="grid gap-1">
                <span class="font-medium">{t.logs.level}</span>
                <select name="level" class="input" on:change=move |event| search(event_target_value(&event))>
                    {levels(t).map(level).into_iter().collect_view()}
                </select>
            </label>
            <button type="submit" class="button">
                {Icon::Search.view()}
                <span>{t.logs.submit}</span>
            </button>
        </form>
        <div class="flex flex-wrap gap-3">
            {children()}
            {log_links(
                t.monitoring.range,
                ranges(t),
                Signal::derive(move || view.read().range.clone()),
                move |word| {
                    let view = LogView { range: word.to_owned(), ..view.get().newest() };
                    paths::logs(&here.read(), &view)
                },
            )}
        </div>
    }
    .into_any()
}

/// Which of the logs is searched.
pub fn log_choice(
    label: &'static str,
    choices: Vec<(String, String)>,
    view: Memo<LogView>,
    here: Signal<String>,
) -> AnyView {
    log_links(
        label,
        choices,
        Signal::derive(move || view.read().daemon.clone()),
        move |word| {
            let view = LogView {
                daemon: word.to_owned(),
                ..view.get().newest()
            };
            paths::logs(&here.read(), &view)
        },
    )
}

fn levels(t: &'static Text) -> [(&'static str, &'static str); 5] {
    [
        ("", t.logs.level_all),
        (LogLevel::Info.as_str(), t.logs.level_info),
        (LogLevel::Warning.as_str(), t.logs.level_warning),
        (LogLevel::Error.as_str(), t.logs.level_error),
        (LogLevel::Fatal.as_str(), t.logs.level_fatal),
    ]
}

fn daemons(t: &'static Text) -> Vec<(String, String)> {
    let each = Log::ALL.map(|log| (log.as_str().to_owned(), log.as_str().to_owned()));
    let all = (String::new(), t.logs.daemon_all.to_owned());
    std::iter::once(all).chain(each).collect()
}

/// Lines are kept for thirty days.
fn ranges(t: &'static Text) -> Vec<(String, String)> {
    let kept = Range::ALL.into_iter();
    let kept = kept.filter(|range| *range != Range::FifteenMonths);
    let each = kept.map(|range| (range.as_str().to_owned(), short(t, range).to_owned()));
    let all = (String::new(), t.logs.range_all.to_owned());
    each.chain(std::iter::once(all)).collect()
}

/// Links side by side, each with its word and its name, of which one is chosen.
pub fn log_links(
    label: &'static str,
    choices: Vec<(String, String)>,
    chosen: Signal<String>,
    href: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
) -> AnyView {
    let link = |(word, name): (String, String)| {
        let (own, href) = (word.clone(), href.clone());
        let current = move || (*chosen.read() == own).then_some("true");
        view! {
            <li>
                <a href=move || href(&word) data-noscroll="true" aria-current=current>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <nav class="range-picker" aria-label=label>
            <ul>{choices.into_iter().map(link).collect_view()}</ul>
        </nav>
    }
    .into_any()
}

/// Search, or lines as they come.
#[component]
pub fn LogModes(#[prop(into)] here: Signal<String>, view: Memo<LogView>) -> impl IntoView {
    let t = text();
    let choices = [("", t.logs.mode_search), (LIVE, t.logs.mode_live)];
    let choices = choices.map(|(word, name)| (word.to_owned(), name.to_owned()));
    log_links(
        t.logs.mode,
        choices.into(),
        Signal::derive(move || view.read().mode.clone()),
        move |word| {
            let view = LogView {
                mode: word.to_owned(),
                ..view.get().newest()
            };
            paths::logs(&here.read(), &view)
        },
    )
}

/// The way to other lines of what is found, and to all of it as a file.
#[component]
pub fn LogPager(
    file: Signal<String>,
    page: Signal<LogPage>,
    view: Memo<LogView>,
    here: Signal<String>,
    refresh: Callback<()>,
) -> impl IntoView {
    let t = text();
    let link = move |name: &'static str, href: Option<String>| {
        href.map(|href| view! { <a class="button button-link" href=href data-noscroll="true">{name}</a> })
    };
    let newer = move || {
        let after = page.read().newer?.to_string();
        let view = LogView {
            after,
            ..view.get().newest()
        };
        Some(paths::logs(&here.read(), &view))
    };
    let older = move || {
        let before = page.read().older?.to_string();
        let view = LogView {
            before,
            ..view.get().newest()
        };
        Some(paths::logs(&here.read(), &view))
    };
    let newest = move || {
        let newest = view.read().newest();
        (newest != view.get()).then(|| paths::logs(&here.read(), &newest))
    };
    view! {
        <div class="flex flex-wrap items-center gap-3" data-print="off">
            {move || link(t.logs.newest, newest())}
            {move || link(t.logs.newer, newer())}
            {move || link(t.logs.older, older())}
            <span class="flex-1"></span>
            <Button label=t.logs.refresh look=Look::Link on_press=refresh />
            <a class="button button-link" href=file download="">
                {t.logs.download}
            </a>
        </div>
    }
    .into_any()
}
