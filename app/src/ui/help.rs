//! Help beside the page: a topic that a page or a field asks for. The words come from the server when they are wanted,
//! so that they cost a first visit nothing.

use leptos::prelude::*;

use crate::i18n::text;

/// A text of `locales/help/*.json`; `build.rs` makes a constant of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic(pub &'static str);

impl Topic {
    pub fn named(name: &str) -> Option<Topic> {
        by_name(name)
    }
}

include!(concat!(env!("OUT_DIR"), "/topics.rs"));

/// What the help panel shows.
#[derive(Clone, Copy)]
pub struct Help {
    /// The panel is open on this topic.
    pub open: RwSignal<Option<Topic>>,
    /// What the page shown has to say when nobody asks for more.
    pub page: RwSignal<Option<Topic>>,
    /// The cluster whose values fill in commands.
    pub cluster: RwSignal<Option<String>>,
}

impl Help {
    pub fn provide() -> Help {
        let help = Help {
            open: RwSignal::new(None),
            page: RwSignal::new(None),
            cluster: RwSignal::new(None),
        };
        provide_context(help);
        help
    }
}

/// Says which topic the page is about, while the page is shown.
pub fn page_help(topic: Topic) {
    if let Some(help) = use_context::<Help>() {
        // After the page is built: the frame around it reads this signal.
        Effect::new(move |_| help.page.set(Some(topic)));
        on_cleanup(move || {
            if help.page.try_get_untracked() == Some(Some(topic)) {
                help.page.set(None);
            }
        });
    }
}

/// Says whose values fill in the commands of help texts, while the page is shown.
pub fn help_for_cluster(id: Memo<String>) {
    if let Some(help) = use_context::<Help>() {
        Effect::new(move |_| help.cluster.set(Some(id.get())));
        on_cleanup(move || {
            help.cluster.try_set(None);
        });
    }
}

/// Opens the panel on a topic: a way on, named by the topic's title.
#[component]
pub fn HelpLink(topic: Topic, title: &'static str) -> impl IntoView {
    let help = use_context::<Help>();
    let open = move |_| {
        if let Some(help) = help {
            help.open.set(Some(topic));
        }
    };
    view! {
        <button type="button" class="info-link" on:click=open>
            {title}
        </button>
    }
    .into_any()
}

/// "Info": opens the panel on a topic. `<InfoLink topic=topic::CLUSTER_SIZE about=t.create_cluster.size />`
#[component]
pub fn InfoLink(
    topic: Topic,
    /// What it informs about, for a screen reader.
    #[prop(into)]
    about: String,
) -> impl IntoView {
    let t = text();
    let help = use_context::<Help>();
    let open = move |_| {
        if let Some(help) = help {
            help.open.set(Some(topic));
        }
    };
    view! {
        <button type="button" class="info-link" aria-label=t.help.info_about(about) on:click=open>
            {t.help.info}
        </button>
    }
    .into_any()
}
