//! A script of a node's life in a line, and what follows its failure.

use leptos::prelude::*;

use crate::i18n::Text;
use crate::model::lifecycle::*;
use crate::ui::foreign;

/// `name: address arguments · what follows a failure · when it runs`.
pub fn script_words(t: &'static Text, script: &NodeLifecycleScript) -> AnyView {
    let arguments = script.arguments.clone().unwrap_or_default();
    let source = &script.script_source;
    let command = std::iter::once(source.script_location.clone()).chain(arguments);
    let command = command.collect::<Vec<_>>().join(" ");
    let checksum = source.checksum.as_ref().map(|sum| format!("sha256:{sum}"));
    let when = match script.when() {
        ExecutionPolicy::FirstBootOnly => t.node_life.first_boot,
        ExecutionPolicy::EveryBoot => t.node_life.every_boot,
    };
    let error = error_words(t, script.error_policy());
    view! {
        <span class="font-semibold">{script.name.clone()}</span>
        " "
        <code class="chip script-command">{foreign(command)}</code>
        " "
        {checksum.map(|sum| view! { <code class="chip script-command">{sum}</code> })}
        <span class="text-muted">" " {t.node_life.policies(when, error)}</span>
    }
    .into_any()
}

pub fn error_words(t: &'static Text, policy: OnError) -> &'static str {
    match policy {
        OnError::Terminate => t.node_life.terminate,
        OnError::StopSequence => t.node_life.stop_sequence,
        OnError::Continue => t.node_life.go_on,
    }
}
