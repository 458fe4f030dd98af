//! The end of a file that grows, as it grows: with the parts before it, and all of it as a download.

use std::pin::Pin;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::output_text::{Pieces, readable};
use crate::browser::Held;
use crate::i18n::{Text, text};
use crate::model::error::Result;
use crate::model::job::{JobOutput, OutputAbsence};
use crate::stream::Stream;
use crate::ui::{Button, CopyButton, Icon, Look, foreign};

/// The part of the output that is shown.
#[derive(Clone, Copy)]
struct Shown {
    pieces: RwSignal<Pieces>,
    path: RwSignal<String>,
    absence: RwSignal<Option<OutputAbsence>>,
}

impl Shown {
    fn new(first: JobOutput) -> Shown {
        let shown = Shown {
            pieces: RwSignal::default(),
            path: RwSignal::default(),
            absence: RwSignal::new(None),
        };
        shown.take(first);
        shown
    }

    fn take(self, piece: JobOutput) {
        self.absence.set(piece.absence);
        self.path.set(piece.path.clone());
        if piece.absence.is_none() {
            self.pieces.update(|pieces| pieces.take(piece));
        }
    }
}

/// The piece that ends at that byte.
pub type Earlier = Arc<
    dyn Fn(Option<i64>) -> Pin<Box<dyn Future<Output = Result<JobOutput>> + Send>> + Send + Sync,
>;

#[component]
pub fn OutputPane(
    /// What it is, for a screen reader.
    label: &'static str,
    /// As the server rendered it.
    first: JobOutput,
    /// Addresses of the stream and of the whole file.
    stream: Signal<String>,
    file: Signal<String>,
    earlier: Earlier,
    /// Nothing more comes. When this changes the file is followed anew.
    over: Signal<bool>,
    /// Only lines that contain it are shown.
    #[prop(optional, into)]
    search: Signal<String>,
    /// The number of each later life of the job, and its first byte in the file.
    #[prop(optional, into)]
    lives: Signal<Vec<(i64, i64)>>,
    /// Stands at the left of the head.
    children: Children,
) -> impl IntoView {
    let t = text();
    let shown = Shown::new(first);
    let following = RwSignal::new(true);
    let held = Held::new();
    Effect::new(move |_| {
        over.track();
        shown.pieces.update_untracked(Pieces::start_anew);
        let piece = move |json: String| {
            if let Ok(piece) = serde_json::from_str(&json) {
                shown.take(piece);
            }
        };
        held.set(Stream::open(&stream.read(), "output", piece));
    });

    let fetching = RwSignal::new(false);
    let fetch_earlier = move |()| {
        let piece = earlier(shown.pieces.with_untracked(Pieces::before));
        following.set(false);
        fetching.set(true);
        spawn_local(async move {
            // What fails here can be asked for again by the same button, unless the page is gone by then.
            if let Ok(piece) = piece.await {
                shown.pieces.try_update(|pieces| pieces.take_earlier(piece));
            }
            fetching.try_set(false);
        });
    };
    let fetch_earlier = Callback::new(fetch_earlier);

    let page = NodeRef::<html::Pre>::new();
    Effect::new(move |_| {
        shown.pieces.track();
        if let (true, Some(page)) = (following.get(), page.get()) {
            request_animation_frame(move || page.set_scroll_top(page.scroll_height()));
        }
    });
    view! {
        <div class="output">
            <div class="output-head">
                {children()}
                <code class="min-w-0 text-xs text-muted">{move || foreign(shown.path.get())}</code>
                <span class="flex-1"></span>
                <Show when=move || !over.get()>
                    <span class="inline-flex items-center gap-1.5 text-xs font-medium text-info">
                        {Icon::Progress.view()} {t.job.live}
                    </span>
                </Show>
                <label class="inline-flex items-center gap-1.5 text-xs">
                    <input
                        type="checkbox"
                        checked
                        prop:checked=move || following.get()
                        on:change=move |event| following.set(event_target_checked(&event))
                    />
                    {t.job.follow}
                </label>
                <Show when=move || shown.absence.get().is_none()>
                    <a class="button button-link" href=file download="">
                        {t.job.output_download}
                    </a>
                </Show>
                {move || view! { <CopyButton what=label text=shown.pieces.read().text() /> }}
            </div>
            <Show when=move || shown.pieces.with(|pieces| pieces.before().is_some())>
                <p class="flex items-center gap-3 px-4 text-xs text-muted">
                    {t.job.output_cut}
                    <Show when=move || shown.pieces.with(Pieces::can_take_earlier)>
                        <Button
                            label=t.job.output_earlier
                            look=Look::Link
                            busy=fetching
                            on_press=fetch_earlier
                        />
                    </Show>
                </p>
            </Show>
            <pre class="output-text" tabindex="0" role="log" aria-label=label node_ref=page>
                {move || {
                    let is_text = shown.absence.get().is_none() && !shown.pieces.with(Pieces::is_empty);
                    match is_text && !lives.read().is_empty() {
                        true => by_life(t, &shown.pieces.read(), &lives.read()),
                        false => found(words(t, shown, over.get()), &search.read()).into_any(),
                    }
                }}
            </pre>
        </div>
    }
    .into_any()
}

/// The text with a line where each later life begins.
fn by_life(t: &'static Text, pieces: &Pieces, lives: &[(i64, i64)]) -> AnyView {
    let part = |(number, text): (Option<i64>, String)| {
        let line = number.map(|number| {
            let words = t.life.begins(number);
            view! { <span class="output-life" role="separator" aria-label=words.clone()>{words.clone()}</span> }
        });
        (line, readable(&text))
    };
    let parts = pieces.by_life(lives).into_iter().map(part);
    parts.collect_view().into_any()
}

/// The lines that contain it, whatever their case.
fn found(text: String, search: &str) -> String {
    let search = search.trim().to_lowercase();
    if search.is_empty() {
        return text;
    }
    let lines = text.split_inclusive('\n');
    lines
        .filter(|line| line.to_lowercase().contains(&search))
        .collect()
}

/// The text, or why there is none.
fn words(t: &'static Text, shown: Shown, over: bool) -> String {
    match shown.absence.get() {
        Some(OutputAbsence::NoFile) => t.job.output_no_file.into(),
        Some(OutputAbsence::NotThere) if over => t.job.output_gone.into(),
        Some(OutputAbsence::NotThere) => t.job.output_not_there.into(),
        Some(OutputAbsence::NotReadable) => t.job.output_not_readable.into(),
        Some(OutputAbsence::Elsewhere) => t.job.output_elsewhere.into(),
        None if !shown.pieces.with(Pieces::is_empty) => readable(&shown.pieces.read().text()),
        None if over => t.job.output_nothing.into(),
        None => t.job.output_empty.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_leaves_the_lines_that_have_it() {
        let text = "error: A\nnothing\n[ERROR] b";
        assert_eq!(found(text.into(), " Error "), "error: A\n[ERROR] b");
        assert_eq!(found(text.into(), ""), text);
        assert_eq!(found(text.into(), "x"), "");
    }
}
