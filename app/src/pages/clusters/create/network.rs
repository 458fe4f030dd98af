//! The second step: where the controller stands, who may talk to it, what keeps its secrets.

use leptos::prelude::*;

use super::draft::Draft;
use crate::components::{OfferList, Offers};
use crate::i18n::{Text, text};
use crate::model::catalogue::{SecurityGroup, Subnet, Vpc};
use crate::model::offer::{OfferKind, OfferPage};
use crate::rules::network::{MAX_SECURITY_GROUPS, subnet_problem, vpc_problems};
use crate::rules::ports;
use crate::ui::form::*;
use crate::ui::help::topic;
use crate::ui::{Choice, Code, Flash, Tone};

#[component]
pub fn Network(
    draft: Draft,
    offers: Offers,
    /// The first page of them.
    vpcs: OfferPage,
) -> impl IntoView {
    let t = text();
    // Subnet and groups are of the VPC: another VPC, other ones.
    Effect::new(move |before: Option<String>| {
        let vpc = draft.vpc.get();
        if before.is_some_and(|before| before != vpc) {
            draft.subnet.set(String::new());
            draft.security_groups.set(vec![]);
        }
        vpc
    });
    let all_vpcs = OfferList::within(offers, OfferKind::Vpc, || None, Some(vpcs));
    let in_vpc = move || Some(draft.vpc.get());
    let all_subnets = OfferList::within(offers, OfferKind::Subnet, in_vpc, None);
    let all_groups = OfferList::within(offers, OfferKind::SecurityGroup, in_vpc, None);
    let vpcs = move |all: &[Vpc]| {
        let choice = |vpc: &Vpc| vpc_choice(t, vpc);
        all.iter().map(choice).collect::<Vec<_>>()
    };
    let subnets = move |all: &[Subnet]| {
        let choice = |subnet: &Subnet| subnet_choice(t, subnet);
        all.iter().map(choice).collect::<Vec<_>>()
    };
    let groups = move |all: &[SecurityGroup]| {
        let full = draft.security_groups.with(Vec::len) >= MAX_SECURITY_GROUPS;
        let choice =
            |group: &SecurityGroup| group_choice(t, group, full && !is_chosen(draft, group));
        all.iter().map(choice).collect::<Vec<_>>()
    };
    let needed = move |value: RwSignal<String>| {
        move || {
            value
                .with(String::is_empty)
                .then(|| t.forms.required.to_owned())
        }
    };
    view! {
        <Field name="vpc" label=t.create_cluster.vpc hint=t.create_cluster.vpc_hint check=needed(draft.vpc)>
            <Combobox
                value=draft.vpc
                choices=Signal::derive(move || vpcs(&all_vpcs.offers().vpcs))
                known=Signal::derive(move || vpcs(&offers.known.read().vpcs))
                pages=all_vpcs.pages()
                placeholder=t.create_cluster.choose
            />
        </Field>
        <Field
            name="networking.subnetIds"
            label=t.create_cluster.subnet
            hint=t.create_cluster.subnet_hint
            help=topic::SUBNETS
            check=needed(draft.subnet)
        >
            <Combobox
                value=draft.subnet
                choices=Signal::derive(move || subnets(&all_subnets.offers().subnets))
                known=Signal::derive(move || subnets(&offers.known.read().subnets))
                pages=all_subnets.pages()
                placeholder=t.create_cluster.choose
                empty=t.create_cluster.no_subnet
            />
        </Field>
        <Field
            name="networking.securityGroupIds"
            label=t.create_cluster.security_groups
            hint=t.create_cluster.security_groups_hint
            optional=true
            help=topic::SECURITY_GROUPS
        >
            <Combobox
                value=draft.security_groups
                choices=Signal::derive(move || groups(&all_groups.offers().security_groups))
                known=Signal::derive(move || groups(&offers.known.read().security_groups))
                pages=all_groups.pages()
                placeholder=t.create_cluster.choose
                empty=t.create_cluster.no_subnet
            />
            <p class="form-hint">{t.create_cluster.security_groups_checked}</p>
            {move || closed_ports(t, draft, offers)}
        </Field>
        <Field name="encryption" label=t.create_cluster.encryption group=true help=topic::ENCRYPTION_KEY>
            <p>{t.create_cluster.encryption_server}</p>
        </Field>
    }
    .into_any()
}

fn is_chosen(draft: Draft, group: &SecurityGroup) -> bool {
    draft
        .security_groups
        .with(|chosen| chosen.contains(&group.id))
}

/// What the chosen groups' rules do not allow, with the command that mends it.
fn closed_ports(t: &'static Text, draft: Draft, offers: Offers) -> Option<AnyView> {
    let chosen = draft.security_groups.get();
    let known = offers.known.read();
    let (accounting, rest) = (draft.accounting.is_on(), draft.has_rest());
    let lack = ports::lack(&chosen, &known.security_groups, accounting, rest)?;
    let message = t.create_cluster.security_groups_closed(lack.ports);
    Some(
        view! {
            <div class="mt-3 grid gap-2">
                <Flash tone=Tone::Warning title=t.create_cluster.security_groups message />
                <Code what=t.create_cluster.security_groups text=lack.remedy />
            </div>
        }
        .into_any(),
    )
}

fn vpc_choice(t: &'static Text, vpc: &Vpc) -> Choice {
    let problems = vpc_problems(t, vpc);
    Choice::new(vpc.id.clone(), vpc.name.clone())
        .description(vpc.cidr.clone())
        .disabled((!problems.is_empty()).then(|| problems.join(" ")))
}

pub fn subnet_choice(t: &'static Text, subnet: &Subnet) -> Choice {
    let kind = match subnet.public {
        true => t.create_cluster.subnet_public,
        false => t.create_cluster.subnet_private,
    };
    let about = t.create_cluster.subnet_about(
        &subnet.availability_zone,
        &subnet.cidr,
        subnet.free_addresses,
        kind,
    );
    Choice::new(subnet.id.clone(), subnet.name.clone())
        .description(about)
        .disabled(subnet_problem(t, subnet))
}

fn group_choice(t: &'static Text, group: &SecurityGroup, full: bool) -> Choice {
    Choice::new(group.id.clone(), group.name.clone())
        .description(group.description.clone())
        .disabled(full.then(|| t.create_cluster.security_groups_full(MAX_SECURITY_GROUPS)))
}
