//! The command palette: every page, every cluster and what can be done, a few letters away. Ctrl-K or ⌘K.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::guard::Guard;
use crate::i18n::{Text, text};
use crate::model::cluster::Cluster;
use crate::model::error::Result;
use crate::paths::{self, ClusterTab};
use crate::ui::{Choice, Dialog, Icon, Listbox};

const MOST: usize = 12;

/// Its dialog; `open` is the top bar's too.
#[component]
pub fn Palette(
    open: RwSignal<bool>,
    clusters: Resource<Result<Vec<Cluster>>>,
    guard: Guard,
) -> impl IntoView {
    let t = text();
    listen(open);
    // The address is the command's id.
    let commands = move || {
        let clusters = clusters.get().and_then(Result::ok).unwrap_or_default();
        commands(t, &clusters)
    };
    let navigate = use_navigate();
    let go = StoredValue::new(move |href: String| {
        open.set(false);
        if !guard.hold(href.clone()) {
            navigate(&href, NavigateOptions::default());
        }
    });
    view! {
        <Dialog open title=t.palette.title class="dialog-palette">
            {search(commands, move |href| go.with_value(|go| go(href)))}
        </Dialog>
    }
    .into_any()
}

fn listen(open: RwSignal<bool>) {
    Effect::new(move |_| {
        let keys = window_event_listener(leptos::ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                open.update(|open| *open = !*open);
            }
        });
        on_cleanup(move || keys.remove());
    });
}

/// Pages and actions first, then each cluster with its parts.
fn commands(t: &'static Text, clusters: &[Cluster]) -> Vec<Choice> {
    let page = |title: &str, href: &str| Choice::new(href, title).description(t.palette.page);
    let action = |title: &str, href: &str| Choice::new(href, title).description(t.palette.action);
    let mut commands = vec![
        page(t.clusters.title, paths::CLUSTERS),
        page(t.jobs.title, paths::JOBS),
        page(t.nodes.title, paths::NODES),
        page(t.logs.title, paths::LOGS),
        page(t.monitoring.title, paths::MONITORING),
        page(t.notifications.title, paths::NOTIFICATIONS),
        page(t.system.title, paths::SYSTEM),
        action(t.create_cluster.title, paths::CREATE_CLUSTER),
    ];
    for cluster in clusters {
        commands.extend(ClusterTab::ALL.map(|tab| {
            let name = match tab {
                ClusterTab::Details => cluster.name.clone(),
                tab => t.palette.part(&cluster.name, tab.title(t)),
            };
            Choice::new(paths::cluster(&cluster.id, tab), name).description(t.palette.cluster)
        }));
        commands.push(action(
            &t.palette.part(&cluster.name, t.jobs.submit),
            &paths::submit_job(&cluster.id),
        ));
        commands.push(action(
            &t.palette.edit_cluster(&cluster.name),
            &paths::edit_cluster(&cluster.id),
        ));
    }
    commands
}

fn search(
    commands: impl Fn() -> Vec<Choice> + Send + Sync + 'static,
    go: impl Fn(String) + Clone + Send + Sync + 'static,
) -> AnyView {
    let t = text();
    let query = RwSignal::new(String::new());
    let list = Listbox::new("palette-list".into());
    list.open.set(true);
    list.active.set(Some(0));
    let found = Memo::new(move |_| {
        let query = query.get();
        let mut found = commands();
        found.retain(|command| command.matches(&query));
        found.truncate(MOST);
        found
    });
    let choose = move |index: usize| {
        if let Some(command) = found.with_untracked(|found| found.get(index).cloned()) {
            go(command.id);
        }
    };
    let key = {
        let choose = choose.clone();
        move |event: leptos::ev::KeyboardEvent| {
            let count = found.with_untracked(Vec::len);
            // Escape closes the dialog, not the list.
            if event.key() != "Escape" && list.key(&event.key(), count, &choose) {
                event.prevent_default();
            }
        }
    };
    let option = move |(index, command): (usize, Choice)| {
        let choose = choose.clone();
        view! {
            <li
                id=list.option_id(index)
                class="option"
                class:option-active=move || list.active.get() == Some(index)
                role="option"
                aria-selected=move || (list.active.get() == Some(index)).to_string()
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(index);
                }
            >
                <span class="min-w-0 flex-1 truncate font-medium">{command.name}</span>
                <span class="text-xs text-muted">{command.description}</span>
            </li>
        }
    };
    view! {
        <div class="palette-search">
            {Icon::Search.view()}
            <input
                type="text"
                role="combobox"
                autofocus=true
                autocomplete="off"
                spellcheck="false"
                placeholder=t.palette.placeholder
                aria-label=t.palette.placeholder
                aria-autocomplete="list"
                aria-expanded="true"
                aria-controls=list.id()
                aria-activedescendant=move || list.active_id()
                bind:value=query
                on:input=move |_| list.active.set(Some(0))
                on:keydown=key
            />
        </div>
        <ul id=list.id() class="palette-list" role="listbox" aria-label=t.palette.title>
            {move || found.get().into_iter().enumerate().map(option.clone()).collect_view()}
        </ul>
        <p class="listbox-note" role="status">
            {move || if found.with(Vec::is_empty) { t.palette.nothing } else { t.palette.keys }}
        </p>
    }
    .into_any()
}
