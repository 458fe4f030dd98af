//! A queue as it is being filled in, and the steps that fill it.

use leptos::prelude::*;

use super::super::fields::*;
use crate::components::wizard::{ReviewPart, Step};
use crate::components::{TagsField, scaling_words, shown_tags, status_label};
use crate::i18n::{Text, text};
use crate::model::compute_node_group::ComputeNodeGroup;
use crate::model::queue::*;
use crate::rules::queue::check_name;
use crate::rules::status::{Action, refusal};
use crate::ui::form::{Combobox, Field, Rows};
use crate::ui::help::topic;
use crate::ui::{Choice, Fact, facts};

#[derive(Clone, Copy)]
pub struct Draft {
    pub name: RwSignal<String>,
    /// Ids, in the order in which they were chosen.
    groups: RwSignal<Vec<String>>,
    settings: Rows,
    tags: Rows,
    /// It exists already: its name stands, its tags are edited elsewhere.
    exists: bool,
}

impl Draft {
    pub fn new() -> Draft {
        Draft {
            name: RwSignal::default(),
            groups: RwSignal::default(),
            settings: Rows::new([]),
            tags: Rows::new([]),
            exists: false,
        }
    }

    pub fn of(queue: &Queue) -> Draft {
        Draft {
            name: RwSignal::new(queue.name.clone()),
            groups: RwSignal::new(group_ids(queue)),
            settings: Rows::new(pairs(&settings_of(queue))),
            tags: Rows::new([]),
            exists: true,
        }
    }

    pub fn create(self, cluster_id: &str) -> CreateQueueRequest {
        let settings = settings(self.settings);
        CreateQueueRequest {
            cluster_identifier: cluster_id.into(),
            queue_name: self.name.get(),
            compute_node_group_configurations: Some(self.configurations()),
            slurm_configuration: (!settings.is_empty()).then(|| configuration(settings)),
            client_token: None,
            tags: tags(self.tags),
        }
    }

    /// Names only what differs from what was.
    pub fn update(self, before: &Queue) -> UpdateQueueRequest {
        let settings = settings(self.settings);
        let same_groups = self.groups.get() == group_ids(before);
        let same_settings = settings == settings_of(before);
        UpdateQueueRequest {
            cluster_identifier: before.cluster_id.clone(),
            queue_identifier: before.id.clone(),
            compute_node_group_configurations: (!same_groups).then(|| self.configurations()),
            slurm_configuration: (!same_settings).then(|| configuration(settings)),
            client_token: None,
            unmodified_since: None,
        }
    }

    fn configurations(self) -> Vec<ComputeNodeGroupConfiguration> {
        let one = |id: String| ComputeNodeGroupConfiguration {
            compute_node_group_id: Some(id),
        };
        self.groups.get().into_iter().map(one).collect()
    }
}

fn configuration(
    settings: Vec<crate::model::setting::SlurmCustomSetting>,
) -> QueueSlurmConfiguration {
    QueueSlurmConfiguration {
        slurm_custom_settings: Some(settings),
    }
}

pub fn group_ids(queue: &Queue) -> Vec<String> {
    let configurations = queue.compute_node_group_configurations.iter();
    configurations
        .filter_map(|c| c.compute_node_group_id.clone())
        .collect()
}

pub fn settings_of(queue: &Queue) -> Vec<crate::model::setting::SlurmCustomSetting> {
    let slurm = queue.slurm_configuration.clone();
    slurm
        .and_then(|s| s.slurm_custom_settings)
        .unwrap_or_default()
}

/// What the steps show beside the draft.
#[derive(Clone, Copy)]
pub struct Lists {
    pub groups: Signal<Vec<ComputeNodeGroup>>,
    /// Names that are taken.
    pub names: Signal<Vec<String>>,
}

pub fn steps(draft: Draft, lists: Lists) -> Vec<Step> {
    let t = text();
    vec![
        Step::new(
            t.create_queue.general,
            t.create_queue.general_lead,
            move || {
                view! {
                    <Name draft names=lists.names />
                    <Groups draft groups=lists.groups />
                }
            },
        ),
        Step::new(
            t.create_queue.settings_step,
            t.create_queue.settings_lead,
            move || {
                view! {
                    <SettingsField
                        rows=draft.settings
                        label=t.create_queue.settings
                        hint=t.create_queue.settings_hint
                    />
                    {(!draft.exists).then(|| view! { <TagsField rows=draft.tags /> })}
                }
            },
        ),
    ]
}

#[component]
fn Name(draft: Draft, names: Signal<Vec<String>>) -> impl IntoView {
    let t = text();
    let taken = move |name: String| {
        let names = names.read();
        let is_taken = names.iter().any(|other| other.eq_ignore_ascii_case(&name));
        let is_taken = is_taken.then(|| t.create_queue.name_taken.into());
        is_taken.or_else(|| check_name(t, &name).err())
    };
    view! {
        <NameField
            member="queueName"
            label=t.create_queue.name
            hint=t.create_queue.name_hint
            value=draft.name
            exists=draft.exists
            taken
        />
    }
    .into_any()
}

#[component]
fn Groups(draft: Draft, groups: Signal<Vec<ComputeNodeGroup>>) -> impl IntoView {
    let t = text();
    let choices =
        Signal::derive(move || groups.with(|all| all.iter().map(|g| choice(t, g)).collect()));
    view! {
        <Field
            name="computeNodeGroupConfigurations"
            label=t.create_queue.groups
            hint=t.create_queue.groups_hint
            help=topic::QUEUE_GROUPS
            optional=true
        >
            <Combobox
                value=draft.groups
                choices
                placeholder=t.create_queue.groups_choose
                empty=t.create_queue.groups_empty
            />
        </Field>
    }
    .into_any()
}

/// Only a group that is ready can be chosen (Q2).
fn choice(t: &'static Text, group: &ComputeNodeGroup) -> Choice {
    let types = group.settings.type_names();
    let scaling = scaling_words(t, &group.settings.scaling_configuration);
    let status = status_label(t, group.status);
    let not_ready = refusal(t, Action::Use, &group.name, group.status, status);
    Choice::new(&group.id, &group.name)
        .description(t.create_queue.group_line(types.join(", "), scaling, status))
        .disabled(not_ready)
}

pub fn review(draft: Draft, lists: Lists) -> AnyView {
    let t = text();
    let groups = move || {
        let name = |id: &String| {
            lists.groups.with(|all| {
                let known = all.iter().find(|g| g.id == *id);
                known.map_or(id.clone(), |g| g.name.clone())
            })
        };
        draft.groups.with(|ids| match ids.is_empty() {
            true => t.create_queue.groups_none.to_owned(),
            false => ids.iter().map(name).collect::<Vec<_>>().join(", "),
        })
    };
    let general = vec![
        Fact::text(t.create_queue.name, move || draft.name.get()),
        Fact::text(t.create_queue.groups, groups),
    ];
    let mut settings = vec![Fact::text(t.create_queue.settings, move || {
        shown_tags(&draft.settings.pairs())
    })];
    if !draft.exists {
        let tags = move || shown_tags(&draft.tags.pairs());
        settings.push(Fact::text(t.details.tags, tags));
    }
    view! {
        <ReviewPart step=0 title=t.create_queue.general>
            {facts(general)}
        </ReviewPart>
        <ReviewPart step=1 title=t.create_queue.settings_step>
            {facts(settings)}
        </ReviewPart>
    }
    .into_any()
}
