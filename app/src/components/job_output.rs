//! What a job writes, as it writes it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::output_text::{Pieces, readable};
use crate::api::job::job_output;
use crate::browser::Held;
use crate::follow::Stream;
use crate::i18n::{Text, text};
use crate::model::job::{JobOutput, OutputAbsence, OutputKind, OutputOf};
use crate::paths;
use crate::ui::{Button, CopyButton, Icon, Look};

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

#[component]
pub fn Output(
    #[prop(into)] cluster: Signal<String>,
    #[prop(into)] job: Signal<String>,
    /// The output as the server rendered it: the one where the reason of a failure is, else the standard output.
    first: JobOutput,
    /// Once it is over nothing more comes; if it runs again, its output is followed again.
    #[prop(into)]
    over: Signal<bool>,
    /// It has a file of its own for its errors.
    two_files: bool,
) -> impl IntoView {
    let t = text();
    let kind = RwSignal::new(first.kind);
    let shown = Shown::new(first);
    let following = RwSignal::new(true);
    let stream = Held::new();
    Effect::new(move |_| {
        let url = paths::job_output(&cluster.read(), &job.read(), kind.get());
        // Read so that a job that starts again is followed again.
        over.track();
        shown.pieces.update_untracked(Pieces::start_anew);
        let piece = move |json: String| {
            if let Ok(piece) = serde_json::from_str(&json) {
                shown.take(piece);
            }
        };
        stream.set(Stream::open(&url, "output", piece));
    });

    let file = move || paths::job_output_file(&cluster.read(), &job.read(), kind.get());
    let fetching = RwSignal::new(false);
    let fetch_earlier = move |()| {
        let of = OutputOf {
            cluster_identifier: cluster.get_untracked(),
            job_id: job.get_untracked(),
            kind: Some(kind.get_untracked()),
            from: None,
            before: shown.pieces.with_untracked(Pieces::before),
        };
        following.set(false);
        fetching.set(true);
        spawn_local(async move {
            // What fails here can be asked for again by the same button, unless the page is gone by then.
            if let Ok(piece) = job_output(of).await {
                shown.pieces.try_update(|pieces| pieces.take_earlier(piece));
            }
            fetching.try_set(false);
        });
    };

    let page = NodeRef::<html::Pre>::new();
    Effect::new(move |_| {
        shown.pieces.track();
        if let (true, Some(page)) = (following.get(), page.get()) {
            request_animation_frame(move || page.set_scroll_top(page.scroll_height()));
        }
    });
    let choose = move |to: OutputKind| {
        let label = match to {
            OutputKind::Stdout => t.job.stdout,
            OutputKind::Stderr => t.job.stderr,
        };
        view! {
            <button
                type="button"
                class="segment"
                aria-pressed=move || (kind.get() == to).to_string()
                on:click=move |_| kind.set(to)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="output">
            <div class="output-head">
                {if two_files {
                    view! {
                        <div class="segments" role="group" aria-label=t.job.output_which>
                            {choose(OutputKind::Stdout)}
                            {choose(OutputKind::Stderr)}
                        </div>
                    }
                        .into_any()
                } else {
                    ().into_any()
                }}
                <code class="min-w-0 break-all text-xs text-muted">{shown.path}</code>
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
                {move || view! { <CopyButton what=t.job.output text=shown.pieces.read().text() /> }}
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
            <pre class="output-text" tabindex="0" role="log" aria-label=t.job.output node_ref=page>
                {move || words(t, shown, over.get())}
            </pre>
        </div>
    }
    .into_any()
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
