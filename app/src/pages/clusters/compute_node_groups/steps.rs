//! The wizard's steps but for instances and launch, and its review.

use leptos::prelude::*;

use super::super::fields::{NameField, SettingsField, name_and_id};
use super::draft::{DYNAMIC, Draft, OWN_FIELD, STATIC};
use super::instances::Instances;
use super::launch::{Launch, Subnets};
use super::life::{Life, life_facts};
use super::lists::Lists;
use crate::components::wizard::{ReviewPart, Step};
use crate::components::{TagsField, idle_words, purchase_words, scaling_words, shown_tags};
use crate::i18n::text;
use crate::rules::check_number;
use crate::rules::cluster::IDLE_FOREVER;
use crate::ui::form::{Field, RadioCards, TextInput};
use crate::ui::help::topic;
use crate::ui::{Choice, Fact, facts};

pub fn steps(draft: Draft, lists: Lists) -> Vec<Step> {
    let t = text();
    let instances_lead = match draft.exists {
        true => t.create_group.instances_lead_edit,
        false => t.create_group.instances_lead,
    };
    vec![
        Step::new(
            t.create_group.general,
            t.create_group.general_lead,
            move || {
                view! {
                    <Name draft lists />
                    <Scaling draft lists />
                }
            },
        ),
        Step::new(
            t.create_group.instances,
            instances_lead,
            move || view! { <Instances draft lists /> },
        ),
        Step::new(
            t.create_group.launch,
            t.create_group.launch_lead,
            move || {
                view! {
                    <Launch draft lists />
                    <Subnets draft lists />
                }
            },
        ),
        Step::new(
            t.create_group.slurm,
            t.create_group.slurm_lead,
            move || view! { <Slurm draft lists /> },
        ),
        Step::new(
            t.node_life.title,
            t.node_life.lead,
            move || view! { <Life life=draft.life /> },
        ),
    ]
}

#[component]
fn Name(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let taken = move |name: String| {
        let others = lists.others.read();
        let is_taken = others.iter().any(|group| group.name == name);
        is_taken.then(|| t.create_group.name_taken.into())
    };
    view! {
        <NameField
            member="computeNodeGroupName"
            label=t.create_group.name
            hint=t.create_group.name_hint
            value=draft.name
            exists=draft.exists
            taken
        />
    }
    .into_any()
}

/// Static or dynamic as a choice, and one number: not two to get wrong (N2).
#[component]
fn Scaling(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let kinds = vec![
        Choice::new(DYNAMIC, t.create_group.dynamic).description(t.create_group.dynamic_hint),
        Choice::new(STATIC, t.create_group.always).description(t.create_group.always_hint),
    ];
    let check = move || {
        let free = lists.free();
        match draft.nodes() {
            None => Some(t.create_group.count_number.to_owned()),
            Some(count) if count > free => Some(t.create_group.count_over(free)),
            Some(_) => None,
        }
    };
    view! {
        <Field name="scaling" label=t.create_group.scaling group=true help=topic::SCALING>
            <RadioCards value=draft.scaling choices=kinds />
        </Field>
        <Field
            name="scalingConfiguration"
            label=t.create_group.count
            hint=Signal::derive(move || t.create_group.count_hint(lists.free()))
            check=Signal::derive(check)
        >
            <TextInput value=draft.count numeric=true />
        </Field>
    }
    .into_any()
}

#[component]
fn Slurm(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let number = move |value: RwSignal<String>, min| {
        move || value.with(|text| check_number(t, text, min)).err()
    };
    let [weight, memory, features] = draft.settings.values;
    let idle = move || draft.idle.with(|text| check_number(t, text, 1)).err();
    view! {
        <Field
            name="slurmConfiguration.scaleDownIdleTimeInSeconds"
            label=t.create_group.idle
            hint=Signal::derive(move || t.create_group.idle_hint(lists.cluster_idle(), IDLE_FOREVER))
            help=topic::IDLE_TIME
            optional=true
            check=Signal::derive(idle)
        >
            <TextInput value=draft.idle numeric=true unit=t.create_cluster.seconds />
        </Field>
        <Field
            name=OWN_FIELD[0].1
            label=t.create_group.weight
            hint=t.create_group.weight_hint
            optional=true
            check=Signal::derive(number(weight, 0))
        >
            <TextInput value=weight numeric=true />
        </Field>
        <Field
            name=OWN_FIELD[1].1
            label=t.create_group.memory
            hint=t.create_group.memory_hint
            optional=true
            check=Signal::derive(number(memory, 1))
        >
            <TextInput value=memory numeric=true unit="MiB" />
        </Field>
        <Field name=OWN_FIELD[2].1 label=t.create_group.features hint=t.create_group.features_hint optional=true>
            <TextInput value=features mono=true />
        </Field>
        <SettingsField
            rows=draft.settings.others
            label=t.create_group.settings
            hint=t.create_group.settings_hint
        />
        {(!draft.exists).then(|| view! { <TagsField rows=draft.tags /> })}
    }
    .into_any()
}

pub fn review(draft: Draft, lists: Lists) -> AnyView {
    let t = text();
    let known = lists.offers.known;
    let named = move |id: &str| known.with(|known| name_and_id(t, known, id));
    let scaling = move || scaling_words(t, &draft.bounds());
    let template = move || match draft.custom_template() {
        Some(template) => t
            .groups
            .template_version(named(&template.id), template.version),
        None => t.groups.template_managed.to_owned(),
    };
    let image = move || match draft.image.get() {
        image if image.is_empty() => t.groups.ami_of_template.to_owned(),
        image => named(&image),
    };
    let subnets = move || {
        let ids = draft.subnets.read();
        ids.iter()
            .map(|id| named(id))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let settings = move || {
        let all = draft.settings.all();
        let pairs = all
            .into_iter()
            .map(|s| (s.parameter_name, s.parameter_value));
        shown_tags(&pairs.collect::<Vec<_>>())
    };
    let idle = move || idle_words(t, draft.idle_seconds());
    let general = vec![
        Fact::text(t.create_group.name, move || draft.name.get()),
        Fact::text(t.create_group.scaling, scaling),
    ];
    let instances = vec![
        Fact::text(t.create_group.types, move || draft.types.get().join(", ")),
        Fact::text(t.create_group.purchase, move || {
            purchase_words(t, draft.purchase_option()).into()
        }),
    ];
    let launch = vec![
        Fact::text(t.create_group.mode, template).wide(),
        Fact::text(t.create_group.image, image).wide(),
        Fact::text(t.create_group.subnets, subnets).wide(),
        Fact::text(t.create_group.profile, move || draft.profile.get()).wide(),
    ];
    let mut slurm = vec![
        Fact::text(t.create_group.idle, idle),
        Fact::text(t.create_group.settings, settings),
    ];
    if !draft.exists {
        let tags = move || shown_tags(&draft.tags.pairs());
        slurm.push(Fact::text(t.details.tags, tags));
    }
    let life = life_facts(
        move || draft.life.actions(None),
        move || draft.life.checks(None),
    );
    let part = |(step, (title, of)): (usize, (&'static str, Vec<Fact>))| {
        view! { <ReviewPart step title>{facts(of)}</ReviewPart> }.into_any()
    };
    let parts = [
        (t.create_group.general, general),
        (t.create_group.instances, instances),
        (t.create_group.launch, launch),
        (t.create_group.slurm, slurm),
        (t.node_life.title, life),
    ];
    let parts: Vec<AnyView> = parts.into_iter().enumerate().map(part).collect();
    parts.into_any()
}
