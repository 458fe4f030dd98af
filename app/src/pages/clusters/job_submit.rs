//! The script that the controller asks of each job (C14): where it is, and examples to begin with.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::job_submit::*;
use crate::rules::{job_submit as rules, lifecycle};
use crate::ui::form::{Checkbox, Field, TextInput};
use crate::ui::help::topic;
use crate::ui::{Code, ExpandableSection};

const PLUGIN: &str = "slurmConfiguration.jobSubmitPlugins[0]";
/// Of a script that nobody gave another name.
const NAME: &str = "rules";

#[derive(Clone, Copy)]
pub struct JobSubmitDraft {
    /// Empty: no script.
    location: RwSignal<String>,
    name: RwSignal<String>,
    checksum: RwSignal<String>,
    version: RwSignal<String>,
    /// What it was before; none where there was no cluster before.
    before: StoredValue<Option<Vec<JobSubmitPlugin>>>,
    /// It is to be fetched again from where it was.
    again: RwSignal<bool>,
}

impl JobSubmitDraft {
    pub fn new(before: Option<Vec<JobSubmitPlugin>>) -> Self {
        let plugin = before.iter().flatten().next();
        let of = |member: fn(&JobSubmitPlugin) -> Option<&String>| {
            RwSignal::new(plugin.and_then(member).cloned().unwrap_or_default())
        };
        JobSubmitDraft {
            location: of(|plugin| Some(&plugin.script_source.script_location)),
            name: RwSignal::new(plugin.map_or(NAME.into(), |plugin| plugin.name.clone())),
            checksum: of(|plugin| plugin.script_source.checksum.as_ref()),
            version: of(|plugin| plugin.script_source.s3_version_id.as_ref()),
            before: StoredValue::new(before),
            again: RwSignal::new(false),
        }
    }

    /// As the API takes it: one, or none.
    pub fn plugins(self) -> Vec<JobSubmitPlugin> {
        let trimmed = |text: RwSignal<String>| text.with(|text| text.trim().to_owned());
        let given = |text| Some(trimmed(text)).filter(|text| !text.is_empty());
        let plugin = given(self.location).map(|script_location| JobSubmitPlugin {
            name: trimmed(self.name),
            r#type: JobSubmitPluginType::Starlark,
            script_source: JobSubmitScriptSource {
                script_location,
                s3_version_id: given(self.version),
                checksum: given(self.checksum),
            },
        });
        plugin.into_iter().collect()
    }

    /// None where nothing is to become of it.
    pub fn changed(self) -> Option<Vec<JobSubmitPlugin>> {
        let now = self.plugins();
        let is_same = self
            .before
            .with_value(|before| before.as_deref().unwrap_or_default() == now);
        let is_asked = self.again.get() && !now.is_empty();
        (!is_same || is_asked).then_some(now)
    }

    /// Where it is, for people.
    pub fn shown(self) -> String {
        shown(text(), &self.plugins())
    }

    pub fn shown_before(self) -> String {
        self.before
            .with_value(|before| shown(text(), before.as_deref().unwrap_or_default()))
    }
}

fn shown(t: &'static Text, plugins: &[JobSubmitPlugin]) -> String {
    let one = plugins.first();
    one.map_or(t.job_submit.none.to_owned(), |plugin| {
        plugin.script_source.script_location.clone()
    })
}

#[component]
pub fn JobSubmitField(draft: JobSubmitDraft) -> impl IntoView {
    let t = text();
    let has_script = Memo::new(move |_| draft.location.with(|text| !text.trim().is_empty()));
    let had_script = draft
        .before
        .with_value(|before| before.as_ref().is_some_and(|all| !all.is_empty()));
    let check = move || {
        let location = draft.location.get();
        let has_any = has_script.get();
        has_any.then(|| rules::location(t, location.trim()).err())?
    };
    view! {
        <Field
            name=format!("{PLUGIN}.scriptSource.scriptLocation")
            label=t.job_submit.label
            hint=t.job_submit.hint
            optional=true
            help=topic::JOB_SUBMIT
            check=Signal::derive(check)
        >
            <TextInput value=draft.location mono=true placeholder="s3://BUCKET/KEY" />
        </Field>
        <Show when=move || has_script.get()>
            <More draft />
            {had_script
                .then(|| {
                    view! {
                        <Checkbox value=draft.again label=t.job_submit.again hint=t.job_submit.again_hint />
                    }
                })}
        </Show>
        <Examples />
    }
    .into_any()
}

/// What else can be said of a script.
#[component]
fn More(draft: JobSubmitDraft) -> impl IntoView {
    let t = text();
    let name = move || draft.name.with(|name| rules::name(t, name.trim()).err());
    let checksum = move || {
        let given = draft.checksum.with(|text| text.trim().to_owned());
        (!given.is_empty()).then(|| lifecycle::checksum(t, &given).err())?
    };
    view! {
        <Field
            name=format!("{PLUGIN}.name")
            label=t.node_life.name
            hint=t.job_submit.name_hint
            check=Signal::derive(name)
        >
            <TextInput value=draft.name />
        </Field>
        <Field
            name=format!("{PLUGIN}.scriptSource.checksum")
            label=t.node_life.checksum
            hint=t.job_submit.checksum_hint
            optional=true
            check=Signal::derive(checksum)
        >
            <TextInput value=draft.checksum mono=true />
        </Field>
        <Field
            name=format!("{PLUGIN}.scriptSource.s3VersionId")
            label=t.node_life.version
            hint=t.job_submit.version_hint
            optional=true
        >
            <TextInput value=draft.version mono=true />
        </Field>
    }
    .into_any()
}

/// To copy, to change, and to put where the controller gets it.
#[component]
fn Examples() -> impl IntoView {
    let t = text();
    let e = &t.job_submit;
    let all = [
        (e.account, include_str!("../../../policies/account.star")),
        (
            e.time_limit,
            include_str!("../../../policies/time_limit.star"),
        ),
        (e.memory, include_str!("../../../policies/memory.star")),
        (
            e.gpu_queue,
            include_str!("../../../policies/gpu_queue.star"),
        ),
        (
            e.interactive,
            include_str!("../../../policies/interactive.star"),
        ),
    ];
    let examples = all.map(|(title, script)| {
        view! {
            <ExpandableSection title>
                <Code what=title text=script />
            </ExpandableSection>
        }
    });
    view! {
        <section class="grid gap-2" aria-label=e.examples>
            <p class="form-hint">{e.examples_hint}</p>
            {examples.into_iter().collect_view()}
        </section>
    }
    .into_any()
}
