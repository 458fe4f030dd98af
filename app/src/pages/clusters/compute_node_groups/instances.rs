//! The step about instance types and how they are bought (N3, N8).

use leptos::prelude::*;

use super::super::fields::complaint;
use super::choice::word;
use super::draft::Draft;
use super::lists::Lists;
use crate::components::OfferList;
use crate::i18n::{Text, text};
use crate::model::catalogue::{Catalogue, InstanceType};
use crate::model::compute_node_group::{PurchaseOption, SpotAllocationStrategy};
use crate::model::offer::OfferKind;
use crate::rules::compute_node_group as rules;
use crate::ui::form::{Combobox, Field, RadioCards, Select};
use crate::ui::help::topic;
use crate::ui::{Choice, KeyValue};

#[component]
pub fn Instances(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    if draft.exists {
        return view! {
            <dl class="grid gap-4">
                <KeyValue label=t.create_group.types>{move || draft.types.get().join(", ")}</KeyValue>
            </dl>
            <Purchase draft lists />
        }
        .into_any();
    }
    let family = RwSignal::new(String::new());
    let list = OfferList::new(lists.offers, OfferKind::InstanceType);
    let families = Signal::derive(move || families(&list.offers().instance_types));
    let shown = move |types: &[InstanceType]| {
        let first = draft.first_type(&lists.offers.known.read());
        let choice = |kind: &InstanceType| choice(t, kind, first.as_ref());
        types.iter().map(choice).collect::<Vec<_>>()
    };
    let choices = Signal::derive(move || {
        let (mut types, wanted) = (list.offers().instance_types, family.get());
        types.retain(|kind| wanted.is_empty() || family_of(&kind.id) == wanted);
        shown(&types)
    });
    let known = Signal::derive(move || shown(&lists.offers.known.read().instance_types));
    let check = move || {
        let none = draft.types.with(Vec::is_empty);
        none.then(|| t.create_group.types_needed.to_owned())
    };
    view! {
        // Of more than are here not all families are known; they are found by typing.
        <Show when=move || list.is_whole()>
            <Field name="family" label=t.create_group.family optional=true>
                <Select value=family choices=families empty=t.create_group.family_all />
            </Field>
        </Show>
        <Field
            name="instanceConfigs"
            label=t.create_group.types
            hint=t.create_group.types_hint
            help=topic::INSTANCE_TYPES
            check=Signal::derive(check)
        >
            <Combobox
                value=draft.types
                choices
                known
                pages=list.pages()
                placeholder=t.create_group.types_choose
            />
        </Field>
        <Purchase draft lists />
    }
    .into_any()
}

/// How instances are bought; what the provider does not sell is shown, with that.
#[component]
fn Purchase(draft: Draft, lists: Lists) -> impl IntoView {
    let t = text();
    let on_offer = lists
        .offers
        .known
        .with_untracked(|known| known.purchase_options.clone());
    let option = |option: PurchaseOption, name: &str, hint: &str| {
        let is_there = on_offer.contains(&option);
        Choice::new(word(&option), name)
            .description(hint)
            .disabled((!is_there).then(|| t.create_group.not_on_provider.to_owned()))
    };
    let words = &t.create_group;
    let options = vec![
        option(
            PurchaseOption::Ondemand,
            words.ondemand,
            words.ondemand_hint,
        ),
        option(PurchaseOption::Spot, words.spot, words.spot_hint),
        option(
            PurchaseOption::CapacityBlock,
            words.capacity_block,
            words.capacity_block_hint,
        ),
        option(
            PurchaseOption::InterruptibleCapacityReservation,
            words.interruptible,
            words.interruptible_hint,
        ),
    ];
    let strategies = [
        (
            SpotAllocationStrategy::PriceCapacityOptimized,
            words.price_capacity_optimized,
        ),
        (
            SpotAllocationStrategy::CapacityOptimized,
            words.capacity_optimized,
        ),
        (SpotAllocationStrategy::LowestPrice, words.lowest_price),
    ];
    let strategies = strategies.map(|(strategy, name)| Choice::new(word(&strategy), name));
    let strategies = Signal::stored(strategies.to_vec());
    let check = move || {
        let option = draft.purchase_option();
        let rule = |known: &Catalogue| complaint(rules::spot_role(t, known, option));
        lists.offers.judge(rule)
    };
    view! {
        <Field
            name="purchaseOption"
            label=t.create_group.purchase
            group=true
            check=Signal::derive(check)
        >
            <RadioCards value=draft.purchase choices=options />
        </Field>
        <Show when=move || draft.is_spot()>
            <Field
                name="spotOptions.allocationStrategy"
                label=t.create_group.spot_strategy
                hint=t.create_group.spot_strategy_hint
            >
                <Select value=draft.strategy choices=strategies />
            </Field>
        </Show>
    }
    .into_any()
}

fn family_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(family, _)| family)
}

fn families(types: &[InstanceType]) -> Vec<Choice> {
    let mut names: Vec<&str> = types.iter().map(|kind| family_of(&kind.id)).collect();
    names.dedup();
    names
        .into_iter()
        .map(|name| Choice::new(name, name))
        .collect()
}

/// Incompatible with the first chosen one: shown, with the reason.
fn choice(t: &'static Text, kind: &InstanceType, first: Option<&InstanceType>) -> Choice {
    let memory = kind.memory_mib / 1024;
    let mut line = match &kind.gpu_name {
        Some(gpu) if kind.gpus > 0 => {
            t.create_group
                .type_line_gpu(kind.vcpus, memory, kind.gpus, gpu, &kind.architecture)
        }
        _ => t
            .create_group
            .type_line(kind.vcpus, memory, &kind.architecture),
    };
    if kind.efa {
        line = format!("{line} · {}", t.create_group.type_efa);
    }
    let differs = first.filter(|first| rules::difference(t, first, kind).is_some());
    Choice::new(&kind.id, &kind.name)
        .description(line)
        .disabled(differs.map(|first| t.create_group.types_differ(&first.id)))
}
