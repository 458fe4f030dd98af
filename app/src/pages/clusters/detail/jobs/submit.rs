//! Submitting a job: script, queue, resources, and the `sbatch` that does the same.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::super::{Page, SubHeader, use_page};
use super::once_more::once_more;
use crate::api::job::submit_job;
use crate::api::queue::list_queues;
use crate::api::user::identity;
use crate::components::guard::guard_changes;
use crate::components::{Fetched, Refused, Submission, asked, field_errors};
use crate::i18n::{Text, language, text};
use crate::model::error::Result;
use crate::model::operation::Operation;
use crate::model::queue::Queue;
use crate::model::script::hints;
use crate::model::submit::{Field as Of, Problem, SubmitJobRequest, quote};
use crate::model::user::{Identity, JobOwner};
use crate::paths::{self, ClusterTab};
use crate::ui::form::*;
use crate::ui::{Button, ButtonLink, Card, Choice, Code, Look, Tone, flashes};

const SCRIPT: &str = "#!/bin/bash
echo \"Job $SLURM_JOB_ID runs on $SLURM_JOB_NODELIST\"
srun hostname
";

/// What is wrong with the fields.
type Problems = Memo<Vec<(Of, Problem)>>;

/// What is filled in, as text.
#[derive(Clone, Copy)]
struct Filled {
    queue: RwSignal<String>,
    name: RwSignal<String>,
    script: RwSignal<String>,
    nodes: RwSignal<String>,
    tasks: RwSignal<String>,
    cpus_per_task: RwSignal<String>,
    memory: RwSignal<String>,
    gpus: RwSignal<String>,
    time_limit: RwSignal<String>,
    working_directory: RwSignal<String>,
    array: RwSignal<String>,
    hold: RwSignal<bool>,
}

impl Filled {
    fn new(known: Option<&SubmitJobRequest>) -> Filled {
        match known {
            Some(known) => Filled::again(known),
            None => Filled::first(),
        }
    }

    /// As another job was.
    fn again(known: &SubmitJobRequest) -> Filled {
        let text = |text: &str| RwSignal::new(text.to_owned());
        let number = |number: Option<i64>| {
            RwSignal::new(number.map_or_else(String::new, |number| number.to_string()))
        };
        Filled {
            queue: text(&known.queue),
            name: text(&known.name),
            script: text(&known.script),
            nodes: number(known.nodes),
            tasks: number(known.tasks),
            cpus_per_task: number(known.cpus_per_task),
            memory: number(known.memory),
            gpus: number(known.gpus),
            time_limit: number(known.time_limit_minutes),
            working_directory: text(&known.working_directory),
            array: text(&known.array),
            hold: RwSignal::new(false),
        }
    }

    fn first() -> Filled {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Filled {
            queue: text(""),
            name: text(""),
            script: text(SCRIPT),
            nodes: text("1"),
            tasks: text(""),
            cpus_per_task: text(""),
            memory: text(""),
            gpus: text(""),
            time_limit: text("60"),
            working_directory: text(""),
            array: text(""),
            hold: RwSignal::new(false),
        }
    }

    /// A number that is none becomes one that every field refuses.
    fn request(self, cluster_identifier: String) -> SubmitJobRequest {
        let trimmed = |value: RwSignal<String>| value.with(|text| text.trim().to_owned());
        let number = |value: RwSignal<String>| match trimmed(value).as_str() {
            "" => None,
            text => Some(text.parse().unwrap_or(-1)),
        };
        SubmitJobRequest {
            cluster_identifier,
            queue: self.queue.get(),
            name: trimmed(self.name),
            script: self.script.get(),
            nodes: number(self.nodes),
            tasks: number(self.tasks),
            cpus_per_task: number(self.cpus_per_task),
            memory: number(self.memory),
            gpus: number(self.gpus),
            time_limit_minutes: number(self.time_limit),
            working_directory: trimmed(self.working_directory),
            array: trimmed(self.array),
            hold: self.hold.get(),
            client_token: None,
        }
    }
}

#[component]
pub fn SubmitJob() -> impl IntoView {
    let t = text();
    let page = use_page();
    let queues = asked([page.id], &[], |[id]| list_queues(id));
    let identity = asked([], &[], |[]| identity());
    let query = use_query_map();
    let again = Memo::new(move |_| query.read().get(paths::AGAIN).unwrap_or_default());
    let language = language();
    let known = asked([page.id, again], &[], move |[cluster, job]| {
        once_more(cluster, job, language.clone())
    });
    view! {
        <Title text=t.submit_job.title />
        <Fetched resource=queues let:queues>
            <Fetched resource=known let:known>
                <Filling
                    page
                    queues=queues.get_untracked()
                    identity
                    known=known.get_untracked().map(|known| (again.get_untracked(), known))
                />
            </Fetched>
        </Fetched>
    }
    .into_any()
}

#[component]
fn Filling(
    page: Page,
    queues: Vec<Queue>,
    identity: Resource<Result<Identity>>,
    /// The job as which this one is to be, and what is known of it.
    known: Option<(String, SubmitJobRequest)>,
) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    guard_changes(form.dirty);
    let filled = Filled::new(known.as_ref().map(|(_, known)| known));
    // A queue that is gone is no choice.
    if !queues
        .iter()
        .any(|queue| filled.queue.with_untracked(|name| *name == queue.name))
    {
        filled.queue.set(String::new());
    }
    let submission = Submission::new();
    let flashes = flashes();
    let navigate = use_navigate();
    let refusals = page.refusals();
    // One queue needs no choosing.
    if let [only] = queues.as_slice() {
        filled.queue.set(only.name.clone());
    }
    let request = Memo::new(move |_| filled.request(page.id.get()));
    // Once for all fields: a script may be long.
    let problems = Memo::new(move |_| request.with(SubmitJobRequest::problems));
    let jobs = Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Jobs));
    Effect::new(move |_| {
        if let Some(error) = submission.error.get() {
            form.refuse(field_errors(&error));
            form.focus_first();
        }
    });
    let send = move || {
        if !form.accept() {
            return form.focus_first();
        }
        let mut input = request.get_untracked();
        let json = serde_json::to_string(&input).unwrap_or_default();
        input.client_token = Some(submission.token(&json));
        let (navigate, cluster) = (navigate.clone(), page.id.get_untracked());
        submission.send(submit_job(input), move |answer| {
            form.dirty.set(false);
            flashes.push(
                Tone::Success,
                t.submit_job.done(&answer.job_id),
                t.submit_job.done_text,
                None,
            );
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(&paths::job(&cluster, &answer.job_id), options);
        });
    };
    let why_not =
        Signal::derive(move || refusals.with(|refusals| refusals.of(Operation::SubmitJob)));
    let title = Signal::stored(t.submit_job.title.to_owned());
    view! {
        <div class="grid gap-5">
            <SubHeader title back=t.job.back href=jobs>
                ""
            </SubHeader>
            <p class="text-muted">{t.submit_job.lead}</p>
            {known.map(|(job, known)| as_it_was(t, &job, &known))}
            <Fetched resource=identity let:identity>
                {move || runs_as(t, identity.get().jobs)}
            </Fetched>
            <Script filled problems />
            <Resources filled problems queues=choices(t, &queues) />
            <Card title=t.submit_job.command>
                <p class="mb-2 text-muted">{t.submit_job.command_hint}</p>
                {move || {
                    let text = command(&page.id.get(), &request.get());
                    view! { <Code what=t.submit_job.command_label text /> }
                }}
            </Card>
            <Refused submission title=t.submit_job.refused />
            <div class="flex flex-wrap justify-end gap-3">
                <ButtonLink label=t.common.cancel href=jobs />
                <Button
                    label=t.submit_job.submit
                    look=Look::Primary
                    disabled=why_not
                    busy=submission.busy
                    on_press=send
                />
            </div>
        </div>
    }
    .into_any()
}

/// What is filled in, and what cannot be.
fn as_it_was(t: &'static Text, job: &str, known: &SubmitJobRequest) -> AnyView {
    let lacks_script = known
        .script
        .is_empty()
        .then_some(t.submit_job.again_no_script);
    view! { <p>{t.submit_job.again_of(job)} " " {lacks_script}</p> }.into_any()
}

/// What a job can reach is what its user can.
fn runs_as(t: &'static Text, jobs: JobOwner) -> impl IntoView {
    let (words, class) = match jobs.is_server {
        true => (t.submit_job.runs_as_server(jobs.user), "font-semibold"),
        false => (t.submit_job.runs_as(jobs.user, jobs.home), "text-muted"),
    };
    view! { <p class=class>{words}</p> }
}

fn choices(t: &'static Text, queues: &[Queue]) -> Vec<Choice> {
    let usable = |queue: &Queue| queue.status.can_be_used();
    queues
        .iter()
        .map(|queue| {
            let status = crate::components::status_label(t, queue.status);
            Choice::new(&queue.name, &queue.name)
                .disabled((!usable(queue)).then(|| status.to_owned()))
        })
        .collect()
}

/// `openpcs connect demo -- sbatch --partition=demo … < job.sh`: the user of jobs may not see where the script is.
fn command(cluster: &str, request: &SubmitJobRequest) -> String {
    let options = request.options();
    let options = options.iter().map(|word| quote(word));
    let words: Vec<String> = options.chain(["< job.sh".to_owned()]).collect();
    format!(
        "openpcs connect {cluster} -- sbatch {}",
        words.join(" \\\n    ")
    )
}

/// What is wrong with one field of the request.
fn check(t: &'static Text, problems: Problems, field: Of) -> Signal<Option<String>> {
    Signal::derive(move || {
        let problems = problems.read();
        let found = problems.iter().find(|(of, _)| *of == field);
        found.map(|(_, problem)| problem.text(t))
    })
}

#[component]
fn Script(filled: Filled, problems: Problems) -> impl IntoView {
    let t = text();
    view! {
        <Card title=t.submit_job.script_card>
            <div class="grid gap-4">
                <Field
                    name=Of::Script.name()
                    label=t.submit_job.script
                    hint=t.submit_job.script_hint
                    check=check(t, problems, Of::Script)
                >
                    <TextArea value=filled.script rows=12 />
                </Field>
                <Hints script=filled.script />
                {line(Line {
                    field: Of::Name,
                    label: t.submit_job.name,
                    hint: t.submit_job.name_hint,
                    unit: "",
                    numeric: false,
                    value: filled.name,
                    problems,
                })}
            </div>
        </Card>
    }
    .into_any()
}

/// Lines of the script that Slurm would pass over: no mistake to be refused for, but hardly what was meant.
#[component]
fn Hints(script: RwSignal<String>) -> impl IntoView {
    let t = text();
    let found = Memo::new(move |_| script.with(|script| hints(script)));
    let list = move || {
        let lines = found.get().into_iter();
        let lines = lines.map(|hint| view! { <li>{hint.text(t)}</li> });
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| view! { <ul class="grid gap-1 text-muted">{lines}</ul> })
    };
    view! { <div role="status">{list}</div> }.into_any()
}

#[component]
fn Resources(filled: Filled, problems: Problems, queues: Vec<Choice>) -> impl IntoView {
    let t = text();
    let s = &t.submit_job;
    let number = move |field, label, hint, unit, value| {
        line(Line {
            field,
            label,
            hint,
            unit,
            numeric: true,
            value,
            problems,
        })
    };
    let words = move |field, label, hint, value| {
        line(Line {
            field,
            label,
            hint,
            unit: "",
            numeric: false,
            value,
            problems,
        })
    };
    let hint = if queues.is_empty() { s.queue_none } else { "" };
    view! {
        <Card title=s.resources>
            <div class="field-columns">
                <Field name=Of::Queue.name() label=s.queue hint check=check(t, problems, Of::Queue)>
                    <Select value=filled.queue choices=Signal::stored(queues) empty=s.queue_choose />
                </Field>
                {number(Of::Nodes, s.nodes, "", "", filled.nodes)}
                {number(Of::Tasks, s.tasks, s.tasks_hint, "", filled.tasks)}
                {number(Of::CpusPerTask, s.cpus_per_task, "", "", filled.cpus_per_task)}
                {number(Of::Memory, s.memory, "", "MiB", filled.memory)}
                {number(Of::Gpus, s.gpus, "", "", filled.gpus)}
                {number(Of::TimeLimitMinutes, s.time_limit, s.time_limit_hint, s.minutes, filled.time_limit)}
            </div>
        </Card>
        <Card title=s.more>
            <div class="field-columns">
                {words(Of::WorkingDirectory, s.working_directory, s.working_directory_hint, filled.working_directory)}
                {words(Of::Array, s.array, s.array_hint, filled.array)}
                <Checkbox value=filled.hold label=s.hold hint=s.hold_hint />
            </div>
        </Card>
    }
    .into_any()
}

/// A field with one line of text or a number; all but queue and script may be left empty.
struct Line {
    field: Of,
    label: &'static str,
    hint: &'static str,
    unit: &'static str,
    numeric: bool,
    value: RwSignal<String>,
    problems: Problems,
}

fn line(line: Line) -> AnyView {
    view! {
        <Field
            name=line.field.name()
            label=line.label
            hint=line.hint
            optional=true
            check=check(text(), line.problems, line.field)
        >
            <TextInput value=line.value numeric=line.numeric unit=line.unit mono=!line.numeric />
        </Field>
    }
    .into_any()
}
