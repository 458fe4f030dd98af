//! A rule, to make or to change.

use leptos::prelude::*;

use super::change_form::ChangeForm;
use super::{lines, trigger_word};
use crate::components::Clusters;
use crate::i18n::{Text, text};
use crate::model::notification::{Trigger, *};
use crate::rules::notification::*;
use crate::ui::Choice;
use crate::ui::form::{Checkbox, Combobox, Field, Select, TextArea, TextInput};

/// What is typed.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    triggers: RwSignal<Vec<Trigger>>,
    clusters: RwSignal<Vec<String>>,
    at_least: RwSignal<String>,
    users: RwSignal<String>,
    channel: RwSignal<String>,
    is_quiet: RwSignal<bool>,
    quiet_from: RwSignal<String>,
    quiet_to: RwSignal<String>,
    time_zone: RwSignal<String>,
    per_hour: RwSignal<String>,
    node_hours: RwSignal<String>,
}

impl Draft {
    fn of(settings: &RuleSettings, channels: &[Channel]) -> Draft {
        let quiet = settings.quiet.clone().unwrap_or(Quiet {
            from_minute: 22 * 60,
            to_minute: 7 * 60,
            time_zone: "UTC".to_owned(),
        });
        let first = channels.first().map(|one| one.id.clone());
        let channel = match settings.channel_id.is_empty() {
            true => first.unwrap_or_default(),
            false => settings.channel_id.clone(),
        };
        Draft {
            name: RwSignal::new(settings.name.clone()),
            triggers: RwSignal::new(settings.triggers.clone()),
            clusters: RwSignal::new(settings.clusters.clone()),
            at_least: RwSignal::new(settings.at_least.as_str().to_owned()),
            users: RwSignal::new(settings.users.join("\n")),
            channel: RwSignal::new(channel),
            is_quiet: RwSignal::new(settings.quiet.is_some()),
            quiet_from: RwSignal::new(time_text(quiet.from_minute)),
            quiet_to: RwSignal::new(time_text(quiet.to_minute)),
            time_zone: RwSignal::new(quiet.time_zone),
            per_hour: RwSignal::new(settings.per_hour.to_string()),
            node_hours: RwSignal::new(settings.node_hours.to_string()),
        }
    }

    fn settings(self, t: &Text) -> RuleSettings {
        let typed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let minute = |signal| check_time(t, &typed(signal)).unwrap_or_default();
        let quiet = self.is_quiet.get_untracked().then(|| Quiet {
            from_minute: minute(self.quiet_from),
            to_minute: minute(self.quiet_to),
            time_zone: typed(self.time_zone),
        });
        RuleSettings {
            name: typed(self.name),
            triggers: self.triggers.get_untracked(),
            clusters: self.clusters.get_untracked(),
            at_least: Severity::parse(&typed(self.at_least)).unwrap_or_default(),
            users: lines(&self.users.get_untracked()),
            channel_id: typed(self.channel),
            quiet,
            per_hour: typed(self.per_hour).parse().unwrap_or_default(),
            node_hours: typed(self.node_hours).parse().unwrap_or_default(),
        }
    }
}

#[component]
pub fn RuleForm(
    before: Rule,
    channels: Signal<Vec<Channel>>,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let draft = channels.with_untracked(|channels| Draft::of(&before.settings, channels));
    let id = before.id.clone();
    let change = Callback::new(move |()| NotificationChange::PutRule {
        id: id.clone(),
        settings: draft.settings(t),
    });
    let name_check = Signal::derive(move || check_name(t, draft.name.get().trim()).err());
    let offered = Signal::derive(move || {
        let choice = |one: &Channel| Choice::new(&one.id, &one.settings.name);
        channels.with(|all| all.iter().map(choice).collect::<Vec<_>>())
    });
    view! {
        <ChangeForm open change on_done>
            <Field name="name" label=t.notifications.name check=name_check>
                <TextInput value=draft.name />
            </Field>
            <Field name="channelId" label=t.notifications.channel>
                <Select value=draft.channel choices=offered />
            </Field>
            {triggers(t, draft)}
            {narrowed(t, draft)}
            {bounds(t, draft)}
        </ChangeForm>
    }
    .into_any()
}

fn triggers(t: &'static Text, draft: Draft) -> AnyView {
    let check = Signal::derive(move || {
        let none = draft.triggers.with(Vec::is_empty);
        none.then(|| t.notifications.trigger_missing.to_owned())
    });
    let boxed = move |trigger: &'static Trigger| {
        let value = RwSignal::new(draft.triggers.with_untracked(|all| all.contains(trigger)));
        Effect::new(move |_| {
            let is_wanted = value.get();
            draft.triggers.update(|all| {
                all.retain(|one| one != trigger);
                if is_wanted {
                    all.push(*trigger);
                }
            });
        });
        view! { <Checkbox value label=trigger_word(t, *trigger) /> }
    };
    let has_hours = move || draft.triggers.with(|all| all.contains(&Trigger::NodeHours));
    view! {
        <Field name="triggers" label=t.notifications.triggers group=true check>
            <div class="grid gap-2">{Trigger::ALL.iter().map(boxed).collect_view()}</div>
        </Field>
        <Show when=has_hours>
            <Field
                name="nodeHours"
                label=t.notifications.node_hours
                hint=t.notifications.node_hours_hint
                check=number(t, draft.node_hours)
            >
                <TextInput value=draft.node_hours numeric=true />
            </Field>
        </Show>
    }
    .into_any()
}

/// Of which clusters, how grave, and whose jobs.
fn narrowed(t: &'static Text, draft: Draft) -> AnyView {
    let n = &t.notifications;
    let known = use_context::<Clusters>();
    let clusters = Signal::derive(move || {
        let all = known
            .and_then(|Clusters(all)| all.get()?.ok())
            .unwrap_or_default();
        let choice =
            |cluster: crate::model::cluster::Cluster| Choice::new(cluster.id, cluster.name);
        all.into_iter().map(choice).collect::<Vec<_>>()
    });
    let severities = Severity::ALL.iter().map(|one| {
        let word = match one {
            Severity::Info => n.severity_info,
            Severity::Warning => n.severity_warning,
            Severity::Critical => n.severity_critical,
        };
        Choice::new(one.as_str(), word)
    });
    let severities = Signal::stored(severities.collect::<Vec<_>>());
    let has_jobs = move || {
        draft
            .triggers
            .with(|all| all.iter().any(|one| one.is_of_jobs()))
    };
    view! {
        <Field name="clusters" label=n.clusters hint=n.clusters_hint optional=true>
            <Combobox value=draft.clusters choices=clusters placeholder=n.all_clusters />
        </Field>
        <Field name="atLeast" label=n.at_least>
            <Select value=draft.at_least choices=severities />
        </Field>
        <Show when=has_jobs>
            <Field name="users" label=n.users hint=n.users_hint optional=true>
                <TextArea value=draft.users rows=3 />
            </Field>
        </Show>
    }
    .into_any()
}

/// When it is silent, and how much it may say.
fn bounds(t: &'static Text, draft: Draft) -> AnyView {
    let n = &t.notifications;
    let time = move |value: RwSignal<String>| {
        Signal::derive(move || check_time(t, value.get().trim()).err())
    };
    view! {
        <Checkbox value=draft.is_quiet label=n.quiet hint=n.quiet_hint />
        <Show when=move || draft.is_quiet.get()>
            <Field name="quiet" label=n.quiet_from check=time(draft.quiet_from)>
                <TextInput value=draft.quiet_from />
            </Field>
            <Field name="quietTo" label=n.quiet_to check=time(draft.quiet_to)>
                <TextInput value=draft.quiet_to />
            </Field>
            <Field name="timeZone" label=n.time_zone hint=n.time_zone_hint>
                <TextInput value=draft.time_zone />
            </Field>
        </Show>
        <Field name="perHour" label=n.per_hour hint=n.per_hour_hint check=number(t, draft.per_hour)>
            <TextInput value=draft.per_hour numeric=true />
        </Field>
    }
    .into_any()
}

fn number(t: &'static Text, value: RwSignal<String>) -> Signal<Option<String>> {
    Signal::derive(move || {
        let number = value.get().trim().parse::<u32>();
        number
            .is_err()
            .then(|| t.notifications.number_wrong.to_owned())
    })
}
