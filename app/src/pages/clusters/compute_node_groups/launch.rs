//! The step about how instances start: template, image, profile, subnets (N4–N7). Everything is on the provider's real
//! lists; what does not fit is shown with the reason.

use leptos::prelude::*;

use super::super::fields::complaint;
use super::draft::{CUSTOM, Draft, MANAGED};
use super::lists::Lists;
use crate::components::OfferList;
use crate::i18n::{Text, text};
use crate::model::catalogue::*;
use crate::model::compute_node_group::GroupSettings;
use crate::model::offer::OfferKind;
use crate::rules::compute_node_group as rules;
use crate::ui::form::{Combobox, Field, RadioCards, Select};
use crate::ui::help::topic;
use crate::ui::{Choice, KeyValue, Pairs};

#[component]
pub fn Launch(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let modes = vec![
        Choice::new(CUSTOM, t.create_group.mode_custom)
            .description(t.create_group.mode_custom_hint),
        Choice::new(MANAGED, t.create_group.mode_managed)
            .description(t.create_group.mode_managed_hint),
    ];
    let managed = Memo::new(move |_| draft.is_managed());
    let view_mode = move || match managed.get() {
        true => ().into_any(),
        false => view! { <Template draft lists /> }.into_any(),
    };
    view! {
        <Field name="launchTemplateMode" label=t.create_group.mode group=true>
            <RadioCards value=draft.mode choices=modes />
        </Field>
        {view_mode}
        <Own draft lists />
        <Image draft lists />
        <Profile draft lists />
    }
    .into_any()
}

/// Template and version, and what is in them.
#[component]
fn Template(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let list = OfferList::new(lists.offers, OfferKind::LaunchTemplate);
    let shown = |templates: &[LaunchTemplate]| {
        let of_people = templates.iter();
        let of_people = of_people.filter(|t| !rules::is_services_own(&t.name));
        of_people
            .map(|t| Choice::new(&t.id, &t.name))
            .collect::<Vec<_>>()
    };
    let templates = Signal::derive(move || shown(&list.offers().launch_templates));
    let known = Signal::derive(move || shown(&lists.offers.known.read().launch_templates));
    let versions = Signal::derive(move || {
        let (catalogue, id) = (lists.offers.known.read(), draft.template.get());
        let template = catalogue.launch_templates.iter().find(|t| t.id == id);
        let versions = template.map(|t| t.versions.as_slice()).unwrap_or_default();
        versions
            .iter()
            .rev()
            .map(|v| Choice::new(&v.version, &v.version))
            .collect::<Vec<_>>()
    });
    // The newest version of a template that has just been chosen.
    Effect::new(move |_| {
        let known = versions.get();
        let is_known = draft
            .version
            .with_untracked(|v| known.iter().any(|k| k.id == *v));
        if let (false, Some(newest)) = (is_known, known.first()) {
            draft.version.set(newest.id.clone());
        }
    });
    let check = move || {
        if draft.template.with(String::is_empty) {
            return Some(t.create_group.template_needed.to_owned());
        }
        lists.offers.judge(|catalogue| {
            let (cluster, chosen) = (lists.cluster.read(), draft.custom_template());
            let template = match rules::template(t, catalogue, false, chosen.as_ref()) {
                Ok(template) => template,
                // Until the version has followed the template.
                Err(_) if draft.version.with(String::is_empty) => return None,
                Err(error) => return complaint::<()>(Err(error)),
            };
            let network = &cluster.networking;
            let refused = rules::security_groups(t, catalogue, network, &[], template)
                .and_then(|()| rules::placement(t, catalogue, template))
                .and_then(|()| {
                    let group = draft.over(GroupSettings::default());
                    rules::reservation(t, catalogue, &group, template)
                });
            complaint(refused)
        })
    };
    let contents = move || draft.template_version(&lists.offers.known.read());
    view! {
        <Field
            name="customLaunchTemplate.id"
            label=t.create_group.template
            help=topic::LAUNCH_TEMPLATE
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.template
                choices=templates
                known
                pages=list.pages()
                placeholder=t.create_group.template_choose
            />
        </Field>
        <Field
            name="customLaunchTemplate.version"
            label=t.create_group.version
            hint=t.create_group.version_hint
        >
            <Select value=draft.version choices=versions />
        </Field>
        {move || contents().map(|version| view_contents(t, &lists.offers.known.read(), &version))}
    }
    .into_any()
}

fn view_contents(
    t: &'static Text,
    catalogue: &Catalogue,
    version: &LaunchTemplateVersion,
) -> AnyView {
    let group = |id: &String| {
        let known = catalogue.security_groups.iter().find(|g| g.id == *id);
        known.map_or(id.clone(), |g| t.create_cluster.name_and_id(&g.name, id))
    };
    let groups: Vec<String> = version.security_group_ids.iter().map(group).collect();
    let image = version.image_id.clone();
    let key = version.key_name.clone();
    let placement = version.placement_group.as_ref().map(|name| {
        let known = catalogue.placement_groups.iter().find(|g| g.name == *name);
        known.map_or(name.clone(), |group| format!("{name} ({})", group.strategy))
    });
    let reservation = version.capacity_reservation_id.as_ref().map(|id| {
        let known = catalogue.capacity_reservations.iter().find(|r| r.id == *id);
        known.map_or(id.clone(), |found| reservation_words(t, found))
    });
    view! {
        <section class="rounded-lg border border-line p-4" aria-label=t.create_group.template_contents>
            <h3 class="mb-2 font-semibold">{t.create_group.template_contents}</h3>
            <Pairs>
                <KeyValue label=t.create_group.image>
                    {image.unwrap_or_else(|| t.create_group.template_no_image.into())}
                </KeyValue>
                <KeyValue label=t.create_group.security_groups>{groups.join(", ")}</KeyValue>
                <KeyValue label=t.create_group.key>
                    {key.unwrap_or_else(|| t.create_group.key_none.into())}
                </KeyValue>
                {placement.map(|name| view! { <KeyValue label=t.create_group.placement_group>{name}</KeyValue> })}
                {reservation.map(|line| view! { <KeyValue label=t.create_group.reservation>{line}</KeyValue> })}
            </Pairs>
        </section>
    }
    .into_any()
}

/// Security groups and key pair: they go before the template's.
#[component]
fn Own(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let kind = OfferKind::SecurityGroup;
    let list = OfferList::within(lists.offers, kind, move || Some(lists.vpc()), None);
    let shown = |groups: &[SecurityGroup]| {
        let choice = |g: &SecurityGroup| Choice::new(&g.id, &g.name).description(&g.description);
        groups.iter().map(choice).collect::<Vec<_>>()
    };
    let groups = Signal::derive(move || shown(&list.offers().security_groups));
    let known = Signal::derive(move || shown(&lists.offers.known.read().security_groups));
    let check = move || {
        lists.offers.judge(|catalogue| {
            let (cluster, ids) = (lists.cluster.read(), draft.security_groups.get());
            let template = draft.template_version(catalogue);
            // A template that is still to be chosen has its own complaint.
            if template.is_none() && !draft.is_managed() {
                return None;
            }
            let (network, template) = (&cluster.networking, template.as_ref());
            complaint(rules::security_groups(
                t, catalogue, network, &ids, template,
            ))
        })
    };
    view! {
        <Field
            name="securityGroupIds"
            label=t.create_group.security_groups
            hint=t.create_group.own_hint
            help=topic::SECURITY_GROUPS
            optional=true
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.security_groups
                choices=groups
                known
                pages=list.pages()
                placeholder=t.create_group.security_groups_choose
            />
        </Field>
        <Key draft lists />
    }
    .into_any()
}

/// From the browser's own list, or searched if there are many.
#[component]
fn Key(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let list = OfferList::new(lists.offers, OfferKind::KeyPair);
    let shown = |keys: &[KeyPair]| {
        let choice = |k: &KeyPair| Choice::new(&k.name, &k.name);
        keys.iter().map(choice).collect::<Vec<_>>()
    };
    let found = Signal::derive(move || shown(&list.offers().key_pairs));
    let known = Signal::derive(move || shown(&lists.offers.known.read().key_pairs));
    let is_long = Memo::new(move |was: Option<&bool>| was == Some(&true) || list.is_part());
    view! {
        <Field name="sshKeyName" label=t.create_group.key optional=true>
            {move || match is_long.get() {
                true => {
                    view! {
                        <Combobox
                            value=draft.key
                            choices=found
                            known
                            pages=list.pages()
                            placeholder=t.create_group.key_none
                        />
                    }
                        .into_any()
                }
                false => {
                    view! { <Select value=draft.key choices=known empty=t.create_group.key_none /> }
                        .into_any()
                }
            }}
        </Field>
    }
    .into_any()
}

/// N6. Images of the types' architecture and the cluster's Slurm stand first.
#[component]
fn Image(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let list = OfferList::new(lists.offers, OfferKind::Image);
    let shown = move |images: &[Image]| {
        let first = draft.first_type(&lists.offers.known.read());
        let architecture = first.map(|kind| kind.architecture);
        let choice = |image: &Image| {
            let wrong = architecture
                .as_ref()
                .is_some_and(|a| *a != image.architecture);
            let reason = match image.state.as_str() {
                "available" => {
                    wrong.then(|| t.create_group.image_architecture(&image.architecture))
                }
                state => Some(t.create_group.image_state(state)),
            };
            let line = t
                .create_group
                .image_line(&image.slurm_version, &image.architecture);
            Choice::new(&image.id, &image.name)
                .description(line)
                .disabled(reason)
        };
        images.iter().map(choice).collect::<Vec<_>>()
    };
    let choices = Signal::derive(move || {
        let (mut images, cluster) = (list.offers().images, lists.cluster.read());
        let version = &cluster.scheduler.version;
        // Not among what was shown before the next page came.
        if list.is_whole() {
            images.sort_by_key(|image| (image.slurm_version != *version, image.name.clone()));
        }
        shown(&images)
    });
    let known = Signal::derive(move || shown(&lists.offers.known.read().images));
    let check = move || {
        lists.offers.judge(|catalogue| {
            let kind = draft.first_type(catalogue)?;
            let template = draft.template_version(catalogue);
            let asked = draft.image.get();
            let asked = (!asked.is_empty()).then_some(asked.as_str());
            complaint(rules::image(t, catalogue, asked, template.as_ref(), &kind))
        })
    };
    view! {
        <Field
            name="amiId"
            label=t.create_group.image
            hint=t.create_group.image_hint
            help=topic::MACHINE_IMAGE
            optional=true
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.image
                choices
                known
                pages=list.pages()
                placeholder=t.create_group.image_choose
            />
        </Field>
    }
    .into_any()
}

#[component]
fn Profile(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let list = OfferList::new(lists.offers, OfferKind::InstanceProfile);
    let shown = move |profiles: &[InstanceProfile]| {
        let catalogue = lists.offers.known.read();
        let choice = |profile: &InstanceProfile| {
            let wrong = rules::profile(t, &catalogue, &profile.arn).is_err();
            Choice::new(&profile.arn, &profile.name)
                .disabled(wrong.then(|| t.create_group.profile_name.into()))
        };
        profiles.iter().map(choice).collect::<Vec<_>>()
    };
    let choices = Signal::derive(move || shown(&list.offers().instance_profiles));
    let known = Signal::derive(move || shown(&lists.offers.known.read().instance_profiles));
    let check = move || {
        let arn = draft.profile.get();
        if arn.is_empty() {
            return Some(t.create_group.profile_needed.to_owned());
        }
        let rule = |known: &Catalogue| complaint(rules::profile(t, known, &arn));
        lists.offers.judge(rule)
    };
    view! {
        <Field
            name="iamInstanceProfileArn"
            label=t.create_group.profile
            hint=t.create_group.profile_hint
            help=topic::INSTANCE_PROFILE
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.profile
                choices
                known
                pages=list.pages()
                placeholder=t.create_group.profile_choose
            />
        </Field>
    }
    .into_any()
}

#[component]
pub fn Subnets(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let list = OfferList::new(lists.offers, OfferKind::Subnet);
    let shown = move |subnets: &[Subnet]| {
        let vpc = lists.vpc();
        let template = draft.template_version(&lists.offers.known.read());
        let of_template = template.map(|t| t.subnet_ids).unwrap_or_default();
        let choice = |subnet: &Subnet| {
            let line = t.create_group.subnet_line(
                &subnet.availability_zone,
                &subnet.cidr,
                subnet.free_addresses,
            );
            let reason = if subnet.vpc_id != vpc {
                Some(t.create_group.subnet_vpc)
            } else if !of_template.is_empty() && !of_template.contains(&subnet.id) {
                Some(t.create_group.subnet_template)
            } else {
                None
            };
            Choice::new(&subnet.id, &subnet.name)
                .description(line)
                .disabled(reason.map(str::to_owned))
        };
        subnets.iter().map(choice).collect::<Vec<_>>()
    };
    let choices = Signal::derive(move || shown(&list.offers().subnets));
    let known = Signal::derive(move || shown(&lists.offers.known.read().subnets));
    let check = move || {
        if draft.subnets.with(Vec::is_empty) {
            return Some(t.create_group.subnets_needed.to_owned());
        }
        lists.offers.judge(|catalogue| {
            let (cluster, ids) = (lists.cluster.read(), draft.subnets.get());
            let template = draft.template_version(catalogue);
            let (network, template) = (&cluster.networking, template.as_ref());
            complaint(rules::subnets(t, catalogue, network, &ids, template))
        })
    };
    view! {
        <Field
            name="subnetIds"
            label=t.create_group.subnets
            hint=t.create_group.subnets_hint
            help=topic::SUBNETS
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.subnets
                choices
                known
                pages=list.pages()
                placeholder=t.create_group.subnets_choose
            />
        </Field>
    }
    .into_any()
}

/// `cr-1: p5.48xlarge, us-east-1a: 3 of 4 free (active), until …`.
fn reservation_words(t: &'static Text, found: &CapacityReservation) -> String {
    let words = &t.create_group;
    let line = words.reservation_line(
        &found.instance_type,
        &found.availability_zone,
        found.free,
        found.total,
        &found.state,
    );
    let begins = found
        .begins
        .as_deref()
        .map(|at| words.reservation_begins(at));
    let ends = found.ends.as_deref().map(|at| words.reservation_ends(at));
    let parts = [Some(found.id.clone()), Some(line), begins, ends];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
