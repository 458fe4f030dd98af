//! The wizard's step for scripts and health checks, and how both are read.

use leptos::prelude::*;

use super::life_draft::{LifeDraft, ScriptDraft};
use crate::components::script_words;
use crate::i18n::{Text, text};
use crate::model::health::{InstanceHealthChecks, RepairAction};
use crate::model::lifecycle::*;
use crate::rules::lifecycle as rules;
use crate::ui::form::{Field, Select, TextArea, TextInput};
use crate::ui::{Button, Choice, Fact, Icon};

const STAGES: &str = "nodeLifecycleActions.stages";
/// The most scripts of a stage.
const MOST: usize = 20;

#[component]
pub fn Life(life: LifeDraft) -> impl IntoView {
    let t = text();
    let caching = vec![
        Choice::new("CACHE_ONCE", t.node_life.cache_once),
        Choice::new("REFRESH_ON_REBOOT", t.node_life.refresh),
    ];
    view! {
        <Scripts life stage=Stage::NodeBootstrapped />
        <Scripts life stage=Stage::NodeReady />
        <Field name="nodeLifecycleActions.scriptCachingPolicy" label=t.node_life.caching hint=t.node_life.caching_hint>
            <Select value=life.caching choices=caching />
        </Field>
        <Health life />
    }
    .into_any()
}

fn stage_words(t: &'static Text, stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::NodeBootstrapped => (t.node_life.bootstrapped, t.node_life.bootstrapped_hint),
        Stage::NodeReady => (t.node_life.ready, t.node_life.ready_hint),
    }
}

#[component]
fn Scripts(life: LifeDraft, stage: Stage) -> impl IntoView {
    let t = text();
    let rows = life.rows(stage);
    let (title, hint) = stage_words(t, stage);
    let full = move || {
        let count = rows.0.with(Vec::len);
        (count >= MOST).then(|| t.forms.rows_full(MOST))
    };
    let all = move || {
        let all = rows.0.get().into_iter().enumerate();
        all.map(|(at, script)| {
            let remove = move |()| rows.remove(at);
            view! { <ScriptFields stage at script remove /> }
        })
        .collect_view()
    };
    view! {
        <fieldset class="scripts">
            <legend class="form-label">{title}</legend>
            <p class="form-hint">{hint}</p>
            {all}
            <div>
                <Button label=t.node_life.add icon=Icon::Plus disabled=full on_press=move || rows.add() />
            </div>
        </fieldset>
    }
    .into_any()
}

#[component]
fn ScriptFields(
    stage: Stage,
    at: usize,
    script: ScriptDraft,
    #[prop(into)] remove: Callback<()>,
) -> impl IntoView {
    let t = text();
    let field = |member: &str| format!("{STAGES}.{}[{at}].{member}", stage.member());
    let checked = move |value: RwSignal<String>,
                        rule: fn(&'static Text, &str) -> Result<(), String>| {
        Signal::derive(move || value.with(|text| rule(t, text.trim())).err())
    };
    let checksum = Signal::derive(move || {
        let given = script.checksum.with(|text| text.trim().to_owned());
        (!given.is_empty()).then(|| rules::checksum(t, &given).err())?
    });
    let arguments = Signal::derive(move || rules::arguments(t, &script.argument_list()).err());
    let number = at + 1;
    view! {
        <div class="script" role="group" aria-label=t.node_life.script(number)>
            <div class="script-head">
                <span class="font-semibold">{t.node_life.script(number)}</span>
                <button type="button" class="icon-button" aria-label=t.node_life.remove(number) on:click=move |_| remove.run(())>
                    {Icon::Close.view()}
                </button>
            </div>
            <Field name=field("name") label=t.node_life.name hint=t.node_life.name_hint check=checked(script.name, rules::name)>
                <TextInput value=script.name />
            </Field>
            <Field
                name=field("scriptSource.scriptLocation")
                label=t.node_life.location
                hint=t.node_life.location_hint
                check=checked(script.location, rules::location)
            >
                <TextInput value=script.location mono=true placeholder="s3://BUCKET/KEY" />
            </Field>
            <Field
                name=field("scriptSource.checksum")
                label=t.node_life.checksum
                hint=t.node_life.checksum_hint
                optional=true
                check=checksum
            >
                <TextInput value=script.checksum mono=true />
            </Field>
            <Field name=field("scriptSource.s3VersionId") label=t.node_life.version hint=t.node_life.version_hint optional=true>
                <TextInput value=script.version mono=true />
            </Field>
            <Field name=field("arguments") label=t.node_life.arguments hint=t.node_life.arguments_hint optional=true check=arguments>
                <TextArea value=script.arguments rows=3 />
            </Field>
            <Field name=field("onError") label=t.node_life.error>
                <Select value=script.error choices=error_choices(t) />
            </Field>
            <Field name=field("executionPolicy") label=t.node_life.when>
                <Select value=script.when choices=when_choices(t) />
            </Field>
        </div>
    }
    .into_any()
}

fn error_choices(t: &'static Text) -> Vec<Choice> {
    vec![
        Choice::new("TERMINATE", t.node_life.terminate),
        Choice::new("STOP_SEQUENCE", t.node_life.stop_sequence),
        Choice::new("CONTINUE", t.node_life.go_on),
    ]
}

fn when_choices(t: &'static Text) -> Vec<Choice> {
    vec![
        Choice::new("FIRST_BOOT_ONLY", t.node_life.first_boot),
        Choice::new("EVERY_BOOT", t.node_life.every_boot),
    ]
}

#[component]
fn Health(life: LifeDraft) -> impl IntoView {
    let t = text();
    view! {
        <Field
            name="instanceHealthChecks.healthMonitoring"
            label=t.node_life.monitoring
            hint=t.node_life.monitoring_hint
            optional=true
        >
            <Select value=life.monitoring choices=repair_choices(t) empty=t.node_life.no_check />
        </Field>
    }
    .into_any()
}

fn repair_choices(t: &'static Text) -> Vec<Choice> {
    vec![
        Choice::new("AUTO", t.node_life.repair_auto),
        Choice::new("REPLACE", t.node_life.repair_replace),
        Choice::new("ISOLATE", t.node_life.repair_isolate),
        Choice::new("NONE", t.node_life.repair_none),
    ]
}

fn repair_words(t: &'static Text, repair: RepairAction) -> &'static str {
    match repair {
        RepairAction::Auto => t.node_life.repair_auto,
        RepairAction::Replace => t.node_life.repair_replace,
        RepairAction::Isolate => t.node_life.repair_isolate,
        RepairAction::None => t.node_life.repair_none,
    }
}

/// What a group runs and looks at, for its page and the wizard's review.
pub fn life_facts(
    actions: impl Fn() -> Option<NodeLifecycleActions> + Copy + Send + Sync + 'static,
    checks: impl Fn() -> Option<InstanceHealthChecks> + Copy + Send + Sync + 'static,
) -> Vec<Fact> {
    let t = text();
    let stage = move |stage: Stage| {
        let (title, _) = stage_words(t, stage);
        Fact::view(title, move || script_list(t, actions().as_ref(), stage)).wide()
    };
    let health = move || health_words(t, checks().as_ref());
    vec![
        stage(Stage::NodeBootstrapped),
        stage(Stage::NodeReady),
        Fact::text(t.node_life.health, health).wide(),
    ]
}

fn script_list(t: &'static Text, actions: Option<&NodeLifecycleActions>, stage: Stage) -> AnyView {
    let scripts = actions.map(|actions| actions.of(stage)).unwrap_or_default();
    if scripts.is_empty() {
        return t.common.none.into_any();
    }
    let one = |script: &NodeLifecycleScript| view! { <li>{script_words(t, script)}</li> };
    view! { <ol class="script-list">{scripts.iter().map(one).collect_view()}</ol> }.into_any()
}

fn health_words(t: &'static Text, checks: Option<&InstanceHealthChecks>) -> String {
    match checks.and_then(InstanceHealthChecks::monitoring) {
        Some(repair) => t.node_life.monitored(repair_words(t, repair)),
        None => t.node_life.no_check.into(),
    }
}
