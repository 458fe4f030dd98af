//! The step about how instances start: template, image, profile, subnets (N4–N7). Everything is on the provider's real
//! lists; what does not fit is shown with the reason.

use leptos::prelude::*;

use super::super::fields::complaint;
use super::draft::{CUSTOM, Draft, MANAGED};
use super::lists::Lists;
use crate::i18n::{Text, text};
use crate::model::catalogue::{Catalogue, LaunchTemplateVersion, Subnet};
use crate::rules::compute_node_group as rules;
use crate::rules::network::vpc_of;
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
    let templates = Signal::derive(move || {
        let catalogue = lists.catalogue.read();
        let of_people = catalogue.launch_templates.iter();
        let of_people = of_people.filter(|t| !rules::is_services_own(&t.name));
        of_people
            .map(|t| Choice::new(&t.id, &t.name))
            .collect::<Vec<_>>()
    });
    let versions = Signal::derive(move || {
        let (catalogue, id) = (lists.catalogue.read(), draft.template.get());
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
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let chosen = draft.custom_template();
        let template = match rules::template(t, &catalogue, false, chosen.as_ref()) {
            Ok(template) => template,
            // Until the version has followed the template.
            Err(_) if draft.version.with(String::is_empty) => return None,
            Err(error) => return complaint::<()>(Err(error)),
        };
        complaint(rules::security_groups(
            t,
            &catalogue,
            &cluster.networking,
            &[],
            template,
        ))
    };
    let contents = move || draft.template_version(&lists.catalogue.read());
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
        {move || contents().map(|version| view_contents(t, &lists.catalogue.read(), &version))}
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
            </Pairs>
        </section>
    }
    .into_any()
}

/// Security groups and key pair: they go before the template's.
#[component]
fn Own(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let groups = Signal::derive(move || {
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let vpc = vpc_of(&catalogue, &cluster.networking).unwrap_or_default();
        let here = catalogue.security_groups.iter().filter(|g| g.vpc_id == vpc);
        let choice = here.map(|g| Choice::new(&g.id, &g.name).description(&g.description));
        choice.collect::<Vec<_>>()
    });
    let keys = Signal::derive(move || {
        let catalogue = lists.catalogue.read();
        let keys = catalogue.key_pairs.iter();
        keys.map(|k| Choice::new(&k.name, &k.name))
            .collect::<Vec<_>>()
    });
    let check = move || {
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let ids = draft.security_groups.get();
        let template = draft.template_version(&catalogue);
        // A template that is still to be chosen has its own complaint.
        if template.is_none() && !draft.is_managed() {
            return None;
        }
        complaint(rules::security_groups(
            t,
            &catalogue,
            &cluster.networking,
            &ids,
            template.as_ref(),
        ))
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
                placeholder=t.create_group.security_groups_choose
            />
        </Field>
        <Field name="sshKeyName" label=t.create_group.key optional=true>
            <Select value=draft.key choices=keys empty=t.create_group.key_none />
        </Field>
    }
    .into_any()
}

/// N6. Images of the types' architecture and the cluster's Slurm stand first.
#[component]
fn Image(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let choices = Signal::derive(move || {
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let architecture = draft.first_type(&catalogue).map(|kind| kind.architecture);
        let version = &cluster.scheduler.version;
        let mut images: Vec<_> = catalogue.images.iter().collect();
        images.sort_by_key(|image| (image.slurm_version != *version, image.name.clone()));
        let choice = |image: &crate::model::catalogue::Image| {
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
        images.into_iter().map(choice).collect::<Vec<_>>()
    });
    let check = move || {
        let catalogue = lists.catalogue.read();
        let kind = draft.first_type(&catalogue)?;
        let template = draft.template_version(&catalogue);
        let asked = draft.image.get();
        let asked = (!asked.is_empty()).then_some(asked.as_str());
        complaint(rules::image(t, &catalogue, asked, template.as_ref(), &kind))
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
            <Combobox value=draft.image choices placeholder=t.create_group.image_choose />
        </Field>
    }
    .into_any()
}

#[component]
fn Profile(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let choices = Signal::derive(move || {
        let catalogue = lists.catalogue.read();
        let choice = |profile: &crate::model::catalogue::InstanceProfile| {
            let wrong = rules::profile(t, &catalogue, &profile.arn).is_err();
            Choice::new(&profile.arn, &profile.name)
                .disabled(wrong.then(|| t.create_group.profile_name.into()))
        };
        catalogue
            .instance_profiles
            .iter()
            .map(choice)
            .collect::<Vec<_>>()
    });
    let check = move || {
        let arn = draft.profile.get();
        if arn.is_empty() {
            return Some(t.create_group.profile_needed.to_owned());
        }
        complaint(rules::profile(t, &lists.catalogue.read(), &arn))
    };
    view! {
        <Field
            name="iamInstanceProfileArn"
            label=t.create_group.profile
            hint=t.create_group.profile_hint
            help=topic::INSTANCE_PROFILE
            check=Signal::derive(check)
        >
            <Combobox value=draft.profile choices placeholder=t.create_group.profile_choose />
        </Field>
    }
    .into_any()
}

#[component]
pub fn Subnets(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let choices = Signal::derive(move || {
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let vpc = vpc_of(&catalogue, &cluster.networking).unwrap_or_default();
        let template = draft.template_version(&catalogue);
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
        catalogue.subnets.iter().map(choice).collect::<Vec<_>>()
    });
    let check = move || {
        if draft.subnets.with(Vec::is_empty) {
            return Some(t.create_group.subnets_needed.to_owned());
        }
        let (catalogue, cluster) = (lists.catalogue.read(), lists.cluster.read());
        let template = draft.template_version(&catalogue);
        let ids = draft.subnets.get();
        complaint(rules::subnets(
            t,
            &catalogue,
            &cluster.networking,
            &ids,
            template.as_ref(),
        ))
    };
    view! {
        <Field
            name="subnetIds"
            label=t.create_group.subnets
            hint=t.create_group.subnets_hint
            help=topic::SUBNETS
            check=Signal::derive(check)
        >
            <Combobox value=draft.subnets choices placeholder=t.create_group.subnets_choose />
        </Field>
    }
    .into_any()
}
