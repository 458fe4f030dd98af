//! The help panel at the right: the topic that was asked for, else the page's.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::help::get_help;
use crate::browser;
use crate::i18n::text;
use crate::model::error::Result;
use crate::model::help::{HelpText, Paragraph};
use crate::ui::help::{Help, Topic};
use crate::ui::{Code, Flash, Icon, Skeleton, Tone, with_code};

/// The panel's id, for the buttons that open it.
pub const ID: &str = "help-panel";

#[component]
pub fn HelpPanel(help: Help) -> impl IntoView {
    let t = text();
    let answer = RwSignal::new(None::<Result<HelpText>>);
    Effect::new(move |before: Option<Option<Topic>>| {
        answer.set(None);
        let cluster = help.cluster.get();
        let topic = help.open.get()?;
        // Another cluster's values are no reason to take the focus from the page.
        if before != Some(Some(topic)) {
            browser::focus_soon(ID.into());
        }
        spawn_local(async move {
            let found = get_help(topic.0.into(), cluster.clone()).await;
            // Only if nobody has asked for another one meanwhile.
            if (help.open.get_untracked(), help.cluster.get_untracked()) == (Some(topic), cluster) {
                answer.set(Some(found));
            }
        });
        Some(topic)
    });
    let close = move || help.open.set(None);
    view! {
        <Show when=move || help.open.get().is_some()>
            <aside
                id=ID
                class="help-panel"
                tabindex="-1"
                aria-label=t.help.title
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        close();
                    }
                }
            >
                <header class="help-head">
                    <span class="text-muted">{t.help.title}</span>
                    <button type="button" class="icon-button" aria-label=t.help.close on:click=move |_| close()>
                        {Icon::Close.view()}
                    </button>
                </header>
                {move || match answer.get() {
                    None => view! { <Skeleton /> }.into_any(),
                    Some(Ok(text)) => shown(text, help),
                    Some(Err(error)) => {
                        view! { <Flash tone=Tone::Danger title=t.errors.failed_title message=error.message /> }.into_any()
                    }
                }}
            </aside>
        </Show>
    }
    .into_any()
}

fn shown(text: HelpText, help: Help) -> AnyView {
    let see_title = text.see_title.clone();
    let next = Topic::named(&text.see).map(|next| {
        view! {
            <p>
                <button type="button" class="info-link" on:click=move |_| help.open.set(Some(next))>
                    {see_title}
                </button>
            </p>
        }
    });
    let paragraph = |it: Paragraph<'_>| match it {
        Paragraph::Words(words) => view! { <p>{with_code(words)}</p> }.into_any(),
        Paragraph::Command(name) => command(text.commands.get(name).cloned()),
    };
    let paragraphs = text.paragraphs().map(paragraph).collect_view();
    view! {
        <h2 class="text-lg font-semibold">{text.title}</h2>
        {paragraphs}
        {next}
    }
    .into_any()
}

fn command(text: Option<String>) -> AnyView {
    let what = crate::i18n::text().help.command;
    text.map(|text| view! { <Code what text /> }).into_any()
}
