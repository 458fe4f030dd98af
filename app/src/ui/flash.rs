//! Messages about what happened, why, and what to do: in their place on a page, or stacked above all pages.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, Tone, foreign, foreign_lines};
use crate::i18n::text;

/// A way on from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub title: String,
    pub href: String,
    new_window: bool,
}

impl Link {
    pub fn new(title: impl Into<String>, href: impl Into<String>) -> Link {
        Link {
            title: title.into(),
            href: href.into(),
            new_window: false,
        }
    }

    /// Leaves the page as it is.
    pub fn in_new_window(mut self) -> Link {
        self.new_window = true;
        self
    }
}

#[component]
pub fn Flash(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(into)] message: String,
    /// A code or another short fact behind the title.
    #[prop(optional, into)]
    code: Option<String>,
    #[prop(optional, into)] links: Vec<Link>,
    /// Shows a cross that takes the message away.
    #[prop(optional, into)]
    on_dismiss: Option<Callback<()>>,
) -> impl IntoView {
    // Only what went wrong interrupts a screen reader.
    let role = if tone == Tone::Danger {
        "alert"
    } else {
        "status"
    };
    let link = |link: Link| {
        let target = link.new_window.then_some("_blank");
        // Whoever goes on needs the message no more.
        let follow = move |_| {
            if let Some(dismiss) = on_dismiss {
                dismiss.run(());
            }
        };
        view! { <a class="font-semibold underline" href=link.href target=target on:click=follow>{foreign(link.title)}</a> }
    };
    view! {
        <div class=format!("flash {}", flash_class(tone)) role=role>
            <span class=format!("mt-0.5 {}", tone.class())>{tone.icon().view()}</span>
            <div class="min-w-0 flex-1">
                <p class="font-semibold">
                    {foreign(title)} {code.map(|code| view! { <code class="ml-2 code-text text-xs font-normal text-muted">{code}</code> })}
                </p>
                <p>{foreign_lines(message)}</p>
                {(!links.is_empty())
                    .then(|| view! { <p class="mt-1 flex flex-wrap gap-x-4">{links.into_iter().map(link).collect_view()}</p> })}
            </div>
            {on_dismiss
                .map(|dismiss| {
                    view! {
                        <button
                            type="button"
                            class="icon-button"
                            aria-label=text().common.dismiss
                            on:click=move |_| dismiss.run(())
                        >
                            {Icon::Close.view()}
                        </button>
                    }
                })}
        </div>
    }
    .into_any()
}

fn flash_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Danger => "border-danger bg-danger-soft",
        Tone::Warning => "border-warning bg-warning-soft",
        Tone::Success => "border-success bg-success-soft",
        Tone::Neutral | Tone::Progress | Tone::Info => "border-info bg-info-soft",
    }
}

#[derive(Clone)]
struct Note {
    id: usize,
    /// It has said what became of what it told of.
    is_settled: bool,
    tone: Tone,
    title: String,
    message: String,
    links: Vec<Link>,
}

/// The stack above every page. It stays while pages change below it.
#[derive(Clone, Copy)]
pub struct Flashes {
    notes: RwSignal<Vec<Note>>,
    next: StoredValue<usize>,
}

/// More would push the page out of sight; the oldest goes.
const MOST: usize = 3;
/// Good news leaves by itself, with a way on later.
const GOOD_NEWS_FOR: Duration = Duration::from_secs(6);
const WAY_ON_FOR: Duration = Duration::from_secs(15);

/// `flashes().push(Tone::Success, t.x.created, t.x.created_hint, None);` Called while a component is built, then kept:
/// in an event's handler there is no context to find it in.
pub fn flashes() -> Flashes {
    use_context().unwrap_or_else(Flashes::new)
}

impl Flashes {
    fn new() -> Flashes {
        Flashes {
            notes: RwSignal::default(),
            next: StoredValue::new(0),
        }
    }

    pub fn provide() -> Flashes {
        let flashes = Flashes::new();
        provide_context(flashes);
        flashes
    }

    pub fn push(
        self,
        tone: Tone,
        title: impl Into<String>,
        message: impl Into<String>,
        link: impl Into<Option<Link>>,
    ) {
        let id = self.show(tone, title.into(), message.into(), link.into());
        self.leave_in_time(id);
    }

    /// Of something that goes on: stays until it is settled. Returns its number.
    pub fn push_lasting(self, title: String, message: &str, link: Option<Link>) -> usize {
        self.show(Tone::Progress, title, message.to_owned(), link)
    }

    /// What it told of has ended so.
    pub fn settle(self, id: usize, tone: Tone, title: String, message: String) {
        self.notes.update(|notes| {
            if let Some(note) = notes.iter_mut().find(|note| note.id == id) {
                let failed = tone == Tone::Danger;
                *note = Note {
                    id,
                    is_settled: true,
                    tone,
                    title,
                    message,
                    links: if failed { vec![] } else { note.links.clone() },
                };
            }
        });
        self.leave_in_time(id);
    }

    fn show(self, tone: Tone, title: String, message: String, link: Option<Link>) -> usize {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        let note = Note {
            id,
            is_settled: false,
            tone,
            title,
            message,
            links: link.into_iter().collect(),
        };
        self.notes.update(|notes| {
            notes.push(note);
            if notes.len() > MOST {
                notes.remove(0);
            }
        });
        id
    }

    /// Good news leaves by itself.
    fn leave_in_time(self, id: usize) {
        let shown_for = self.notes.with_untracked(|notes| {
            let note = notes.iter().find(|note| note.id == id)?;
            let is_good = matches!(note.tone, Tone::Success | Tone::Info);
            is_good.then_some(match note.links.is_empty() {
                true => GOOD_NEWS_FOR,
                false => WAY_ON_FOR,
            })
        });
        if let Some(shown_for) = shown_for {
            set_timeout(move || self.dismiss(id), shown_for);
        }
    }

    fn dismiss(self, id: usize) {
        self.notes
            .update(|notes| notes.retain(|note| note.id != id));
    }
}

/// Where the stack stands: once, in the frame.
#[component]
pub fn FlashStack(flashes: Flashes) -> impl IntoView {
    let note = move |note: Note| {
        let on_dismiss = Callback::new(move |()| flashes.dismiss(note.id));
        view! { <Flash tone=note.tone title=note.title message=note.message links=note.links on_dismiss /> }
    };
    view! {
        <div class="flash-stack" role="region" aria-label=text().frame.messages aria-live="polite">
            <For each=move || flashes.notes.get() key=|note| (note.id, note.is_settled) children=note />
        </div>
    }
    .into_any()
}
