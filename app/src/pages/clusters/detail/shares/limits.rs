//! Limits, in a cell and to fill in.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::shares::{Limit, LimitKind, Limits};
use crate::rules::shares::check_limit;
use crate::ui::foreign;
use crate::ui::form::{Field, TextInput};

/// `MaxJobs=3`; a line for none.
#[component]
pub fn LimitChips(limits: Limits) -> impl IntoView {
    let chips: Vec<String> = limits
        .into_iter()
        .map(|(limit, value)| format!("{}={value}", limit.name()))
        .collect();
    chips_of(chips)
}

/// Short words beside each other; a line for none.
pub fn chips_of(chips: Vec<String>) -> AnyView {
    if chips.is_empty() {
        return view! { <span class="text-muted">"–"</span> }.into_any();
    }
    let chip =
        |text: String| view! { <code class="chip" title=text.clone()>{foreign(&text)}</code> };
    view! { <span class="flex flex-wrap gap-1">{chips.into_iter().map(chip).collect_view()}</span> }
        .into_any()
}

/// What is typed into the fields of some limits.
#[derive(Clone, Copy)]
pub struct Typed(StoredValue<Vec<(Limit, RwSignal<String>)>>);

impl Typed {
    pub fn new(all: &[Limit], set: &Limits) -> Typed {
        let value = |limit: &Limit| set.get(limit).cloned().unwrap_or_default();
        let pairs = all
            .iter()
            .map(|limit| (*limit, RwSignal::new(value(limit))));
        Typed(StoredValue::new(pairs.collect()))
    }

    pub fn limits(self) -> Limits {
        let typed = self.0.get_value().into_iter();
        let pairs = typed.map(|(limit, value)| (limit, value.get_untracked().trim().to_owned()));
        pairs.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// All of them in two columns; an empty one is no limit.
#[component]
pub fn LimitFields(typed: Typed) -> impl IntoView {
    let t = text();
    let field = move |(limit, value): (Limit, RwSignal<String>)| {
        let check = move || match value.get().trim() {
            "" => None,
            text => check_limit(t, limit, text).err(),
        };
        let placeholder = match limit.kind() {
            LimitKind::Number => "10",
            LimitKind::Resources => "cpu=64,node=8",
            LimitKind::ResourceMinutes => "cpu=60000",
            LimitKind::Time => "2-00:00:00",
        };
        view! {
            <Field name=format!("limits.{}", limit.field()) label=label(t, limit) optional=true check=Signal::derive(check)>
                <TextInput value placeholder mono=true />
            </Field>
        }
    };
    view! {
        <div class="grid gap-4 sm:grid-cols-2">
            {typed.0.get_value().into_iter().map(field).collect_view()}
        </div>
    }
    .into_any()
}

fn label(t: &'static Text, limit: Limit) -> &'static str {
    match limit {
        Limit::MaxJobs => t.shares.max_jobs,
        Limit::MaxSubmit => t.shares.max_submit,
        Limit::MaxJobsPerUser => t.shares.max_jobs_per_user,
        Limit::MaxSubmitPerUser => t.shares.max_submit_per_user,
        Limit::MaxTresPerUser => t.shares.max_tres_per_user,
        Limit::MaxTres => t.shares.max_tres,
        Limit::MaxWall => t.shares.max_wall,
        Limit::GrpJobs => t.shares.grp_jobs,
        Limit::GrpTres => t.shares.grp_tres,
        Limit::GrpTresMins => t.shares.grp_tres_mins,
        Limit::MaxTresMins => t.shares.max_tres_mins,
    }
}
