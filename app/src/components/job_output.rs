//! What a job writes, as it writes it.

use leptos::html;
use leptos::prelude::*;

use crate::browser::Held;
use crate::follow::Stream;
use crate::i18n::{Text, text};
use crate::model::job::{JobOutput, OutputAbsence, OutputKind};
use crate::paths;
use crate::ui::{CopyButton, Icon};

/// So much is kept in the page; a job may write gigabytes.
const MOST: usize = 256 * 1024;

/// The part of the output that is shown.
#[derive(Clone, Copy)]
struct Shown {
    text: RwSignal<String>,
    path: RwSignal<String>,
    absence: RwSignal<Option<OutputAbsence>>,
    /// There is more before it.
    is_cut: RwSignal<bool>,
    /// Where the next piece begins, in the file.
    next: StoredValue<i64>,
}

impl Shown {
    fn new(first: JobOutput) -> Shown {
        let shown = Shown {
            text: RwSignal::default(),
            path: RwSignal::default(),
            absence: RwSignal::new(None),
            is_cut: RwSignal::new(false),
            next: StoredValue::new(-1),
        };
        shown.take(first);
        shown
    }

    fn take(self, piece: JobOutput) {
        self.absence.set(piece.absence);
        self.path.set(piece.path);
        if piece.absence.is_some() {
            return;
        }
        let follows = piece.from == self.next.get_value();
        self.next.set_value(piece.to);
        if !follows {
            self.is_cut.set(piece.from > 0);
            self.text.set(piece.text);
        } else if !piece.text.is_empty() {
            self.text.update(|text| *text += &piece.text);
        }
        if self.text.with_untracked(|text| text.len() > MOST) {
            self.is_cut.set(true);
            self.text.update(|text| *text = last_lines(text));
        }
    }
}

/// The last half of it, from the beginning of a line.
fn last_lines(text: &str) -> String {
    let start = text.ceil_char_boundary(text.len() - MOST / 2);
    let rest = &text[start..];
    let line = rest.find('\n').map_or(0, |at| at + 1);
    rest[line..].to_owned()
}

#[component]
pub fn Output(
    #[prop(into)] cluster: Signal<String>,
    #[prop(into)] job: Signal<String>,
    /// The standard output as the server rendered it.
    first: JobOutput,
    /// Once it is over nothing more comes; if it runs again, its output is followed again.
    #[prop(into)]
    over: Signal<bool>,
    /// It has a file of its own for its errors.
    two_files: bool,
) -> impl IntoView {
    let t = text();
    let kind = RwSignal::new(OutputKind::Stdout);
    let shown = Shown::new(first);
    let following = RwSignal::new(true);
    let stream = Held::new();
    Effect::new(move |_| {
        let url = paths::job_output(&cluster.read(), &job.read(), kind.get());
        // Read so that a job that starts again is followed again.
        over.track();
        shown.next.set_value(-1);
        let piece = move |json: String| {
            if let Ok(piece) = serde_json::from_str(&json) {
                shown.take(piece);
            }
        };
        stream.set(Stream::open(&url, "output", piece));
    });

    let page = NodeRef::<html::Pre>::new();
    Effect::new(move |_| {
        shown.text.track();
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
                {move || view! { <CopyButton what=t.job.output text=shown.text.get() /> }}
            </div>
            <Show when=move || shown.is_cut.get()>
                <p class="px-4 text-xs text-muted">{t.job.output_cut}</p>
            </Show>
            <pre class="output-text" tabindex="0" role="log" aria-label=t.job.output node_ref=page>
                {move || words(t, shown)}
            </pre>
        </div>
    }
    .into_any()
}

/// The text, or why there is none.
fn words(t: &'static Text, shown: Shown) -> String {
    match shown.absence.get() {
        Some(OutputAbsence::NoFile) => t.job.output_no_file.into(),
        Some(OutputAbsence::NotThere) => t.job.output_not_there.into(),
        Some(OutputAbsence::NotReadable) => t.job.output_not_readable.into(),
        Some(OutputAbsence::Elsewhere) => t.job.output_elsewhere.into(),
        None if shown.text.with(String::is_empty) => t.job.output_empty.into(),
        None => shown.text.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: i64, text: &str) -> JobOutput {
        JobOutput {
            from,
            to: from + text.len() as i64,
            text: text.into(),
            ..JobOutput::default()
        }
    }

    #[test]
    fn pieces_are_put_together_and_a_new_file_begins_anew() {
        let owner = Owner::new();
        owner.set();
        let shown = Shown::new(piece(0, "one\n"));
        shown.take(piece(4, "two\n"));
        assert_eq!(shown.text.get_untracked(), "one\ntwo\n");
        shown.take(piece(0, "new\n"));
        assert_eq!(shown.text.get_untracked(), "new\n");
    }

    #[test]
    fn a_page_keeps_the_end_of_a_long_output() {
        let owner = Owner::new();
        owner.set();
        let shown = Shown::new(piece(0, &"0123456789é\n".repeat(30_000)));
        let length = shown.text.with_untracked(String::len);
        assert!(length <= MOST / 2 && shown.is_cut.get_untracked());
        assert!(shown.text.with_untracked(|text| text.starts_with('0')));
    }
}
