//! What happened to something, newest first: icon, sentence, when, how long, by whom.

use leptos::prelude::*;
use leptos_router::components::A;

use super::TroubleLink;
use crate::i18n::text;
use crate::list::event::actor_words;
use crate::model::event::{Event, EventTone};
use crate::paths;
use crate::ui::time::{Ago, duration};
use crate::ui::{Tone, foreign_line, foreign_lines};

pub fn event_tone(event: &Event) -> Tone {
    match event.tone {
        EventTone::Neutral => Tone::Neutral,
        EventTone::Progress => Tone::Info,
        EventTone::Success => Tone::Success,
        EventTone::Failure => Tone::Danger,
    }
}

#[component]
pub fn EventTimeline(
    events: Signal<Vec<Event>>,
    /// Whose: with it, an event that a log says more about leads there.
    #[prop(optional)]
    cluster: Option<Memo<String>>,
) -> impl IntoView {
    let t = text();
    let row = move |event: Event| {
        let tone = event_tone(&event);
        let href =
            cluster.and_then(|cluster| paths::log_of_event(&cluster.read_untracked(), &event));
        let log = href.map(|href| view! { <A href>{t.logs.at_log}</A> });
        let took = (event.until > 0).then(|| duration(t, event.until - event.at));
        view! {
            <li class="timeline-step">
                <span class=format!("timeline-mark {}", tone.class())>{tone.icon().view()}</span>
                <div class="min-w-0">
                    <p>{foreign_lines(event.message)}</p>
                    <p class="flex flex-wrap gap-x-3 text-xs text-muted">
                        <Ago at=event.at />
                        {took}
                        {foreign_line(actor_words(t, &event.actor))}
                        <TroubleLink code=event.code />
                        {log}
                    </p>
                </div>
            </li>
        }
    };
    view! {
        <ol class="timeline" aria-label=t.events.title>
            <For each=move || events.get() key=|event| (event.id.clone(), event.until) children=row />
        </ol>
        <Show when=move || events.with(Vec::is_empty)>
            <p class="text-muted">{t.events.empty_title}</p>
        </Show>
    }
    .into_any()
}
