//! What a job writes, as it writes it.

use std::sync::Arc;

use leptos::prelude::*;

use super::output_pane::OutputPane;
use crate::api::job::job_output;
use crate::i18n::text;
use crate::model::job::{JobOutput, OutputKind, OutputOf};
use crate::paths;
use crate::ui::Segments;

#[component]
pub fn Output(
    #[prop(into)] cluster: Signal<String>,
    #[prop(into)] job: Signal<String>,
    /// The output as the server rendered it: the one where the reason of a failure is, else the standard output.
    first: JobOutput,
    /// Once it is over nothing more comes; if it runs again, its output is followed again.
    #[prop(into)]
    over: Signal<bool>,
    /// The number of each later life of the job, and its first byte in the standard output.
    #[prop(optional, into)]
    lives: Signal<Vec<(i64, i64)>>,
    /// It has a file of its own for its errors.
    two_files: bool,
) -> impl IntoView {
    let t = text();
    let kind = RwSignal::new(first.kind);
    let stream =
        Signal::derive(move || paths::job_output(&cluster.read(), &job.read(), kind.get()));
    let file =
        Signal::derive(move || paths::job_output_file(&cluster.read(), &job.read(), kind.get()));
    let earlier = Arc::new(move |before| {
        let of = OutputOf {
            cluster_identifier: cluster.get_untracked(),
            job_id: job.get_untracked(),
            kind: Some(kind.get_untracked()),
            from: None,
            before,
        };
        Box::pin(job_output(of)) as _
    });
    let segments = two_files.then(|| {
        let choices = vec![
            (OutputKind::Stdout, t.job.stdout),
            (OutputKind::Stderr, t.job.stderr),
        ];
        view! { <Segments label=t.job.output_which chosen=kind choices /> }
    });
    let lives = Signal::derive(move || match kind.get() {
        OutputKind::Stdout => lives.get(),
        OutputKind::Stderr => vec![],
    });
    view! {
        <OutputPane label=t.job.output first stream file earlier over lives>
            {segments}
        </OutputPane>
    }
    .into_any()
}
