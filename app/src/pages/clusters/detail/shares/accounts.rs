//! The tree of accounts and users.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::chosen::{self, Deletion, Doomed};
use super::limits::{LimitChips, chips_of};
use super::share_form::{ShareForm, as_it_is};
use super::usage::{UsageParts, Used, hours};
use super::{WithAccounting, use_page};
use crate::api::shares::list_shares;
use crate::components::{Fetched, asked};
use crate::i18n::{Text, text};
use crate::model::live::Kind;
use crate::model::shares::{PutShare, ROOT, Share, Shares, SharesChange};
use crate::ui::table::Table;
use crate::ui::{Button, Column, Dialog, Look, foreign};

#[component]
pub fn Accounts() -> impl IntoView {
    let page = use_page();
    let asked = asked([page.id], &[Kind::Cluster], |[id]| list_shares(id));
    let again = Callback::new(move |()| asked.refetch());
    let used = Used::new(page.id);
    view! {
        <Fetched resource=asked let:shares>
            {used.follow(shares)}
            <WithAccounting shares>
                <div class="grid gap-5">
                    <Tree shares again />
                    <UsageParts used />
                </div>
            </WithAccounting>
        </Fetched>
    }
    .into_any()
}

fn key(share: &Share) -> String {
    format!("{}/{}", share.account, share.user)
}

fn name(share: &Share) -> &str {
    match share.is_account() {
        true => &share.account,
        false => &share.user,
    }
}

#[component]
fn Tree(shares: Signal<Shares>, again: Callback<()>) -> impl IntoView {
    let t = text();
    let rows = Signal::derive(move || shares.with(|shares| shares.shares.clone()));
    let selected = RwSignal::new(BTreeSet::new());
    let chosen = chosen::one(rows, selected, key);
    let on_done = Callback::new(move |()| {
        selected.set(BTreeSet::new());
        again.run(());
    });
    view! {
        <Table
            title=t.shares.accounts
            id="accounts"
            noun=t.shares.accounts_filter
            rows
            columns=columns(t)
            key
            selected
            actions=move || view! { <Actions chosen shares on_done /> }
            empty=move || view! { <p class="p-5 text-muted">{t.shares.none_title}</p> }
        />
    }
    .into_any()
}

/// What the dialog is to make or change, and whether that is a user.
type Begun = Option<(PutShare, bool)>;

#[component]
fn Actions(
    chosen: Memo<Option<Share>>,
    shares: Signal<Shares>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let open = RwSignal::new(false);
    let begun = RwSignal::new(None::<(PutShare, bool)>);
    let begin = move |what: Begun| {
        begun.set(what);
        open.set(true);
    };
    let of = move || {
        chosen
            .get_untracked()
            .map_or_else(|| ROOT.to_owned(), |one| one.account)
    };
    let new_account = move || {
        let parent = of();
        let put = PutShare { parent, ..fresh() };
        begin(Some((put, false)));
    };
    let new_user = move || {
        let account = of();
        let put = PutShare { account, ..fresh() };
        begin(Some((put, true)));
    };
    let edit = move || {
        if let Some(one) = chosen.get_untracked() {
            begin(Some((as_it_is(&one), !one.is_account())));
        }
    };
    let not_chosen = move || {
        chosen
            .with(Option::is_none)
            .then(|| t.shares.choose_first.to_owned())
    };
    let title = Signal::derive(move || match begun.get() {
        None => String::new(),
        Some((put, true)) if put.is_new => t.shares.add_user.to_owned(),
        Some((put, false)) if put.is_new => t.shares.add_account.to_owned(),
        Some((put, true)) => t.shares.change_user(&put.user, &put.account),
        Some((put, false)) => t.shares.change_account(&put.account),
    });
    view! {
        <Deletion chosen=Signal::derive(move || chosen.get().map(|one| doomed(t, one))) on_done />
        <Button label=t.shares.change disabled=Signal::derive(not_chosen) on_press=edit />
        <Button label=t.shares.add_user on_press=new_user />
        <Button label=t.shares.add_account look=Look::Primary on_press=new_account />
        <Dialog open title class="dialog-wide">
            {move || {
                begun
                    .get_untracked()
                    .map(|(before, is_user)| view! { <ShareForm before is_user shares open on_done /> })
            }}
        </Dialog>
    }
    .into_any()
}

fn fresh() -> PutShare {
    PutShare {
        is_new: true,
        fair_share: "1".into(),
        ..PutShare::default()
    }
}

fn doomed(t: &'static Text, one: Share) -> Result<Doomed, String> {
    if one.is_root() && [ROOT, ""].contains(&one.user.as_str()) {
        return Err(t.shares.root_stays.to_owned());
    }
    let words = match one.is_account() {
        true => t.shares.account_ends.to_owned(),
        false => t.shares.user_ends(&one.user, &one.account),
    };
    let name = name(&one).to_owned();
    let Share { account, user, .. } = one;
    Ok(Doomed {
        name,
        words,
        change: SharesChange::DeleteShare { account, user },
    })
}

fn columns(t: &'static Text) -> Vec<Column<Share>> {
    vec![
        Column::new(t.shares.name, move |share: &Share| cell(t, share))
            .text(|share| format!("{} {}", share.account, share.user)),
        Column::new(t.shares.fair_share, |share: &Share| {
            view! { <span class="tabular-nums">{share.fair_share.clone()}</span> }
        }),
        Column::new(t.shares.factor, |share: &Share| {
            let factor = share
                .factor
                .map_or_else(|| "–".into(), |factor| format!("{factor:.3}"));
            view! { <span class="tabular-nums">{factor}</span> }
        })
        .sort(|share| (share.factor.unwrap_or(-1.0) * 1e6) as i64),
        Column::new(t.shares.used, |share: &Share| {
            let used = share.usage.map_or_else(|| "–".into(), hours);
            view! { <span class="tabular-nums">{used}</span> }
        })
        .sort(|share| share.usage.unwrap_or(-1.0) as i64),
        Column::new(t.shares.limits, |share: &Share| {
            view! { <LimitChips limits=share.limits.clone() /> }
        }),
        Column::new(t.shares.qos, |share: &Share| chips_of(share.qos.clone())),
        Column::new(t.shares.coordinators, |share: &Share| {
            chips_of(share.coordinators.clone())
        })
        .hidden(),
        Column::new(t.shares.default_qos, |share: &Share| {
            chips_of(
                [share.default_qos.clone()]
                    .into_iter()
                    .filter(|name| !name.is_empty())
                    .collect(),
            )
        })
        .hidden(),
    ]
}

/// Set in as deep as it stands in the tree.
fn cell(t: &'static Text, share: &Share) -> AnyView {
    let depth = match share.depth {
        0 => "",
        1 => "pl-5",
        2 => "pl-10",
        3 => "pl-15",
        _ => "pl-20",
    };
    let weight = if share.is_account() {
        "font-semibold"
    } else {
        ""
    };
    let default = share
        .is_default
        .then(|| view! { <span class="text-xs text-muted">{t.shares.default}</span> });
    view! {
        <span class=format!("flex flex-wrap items-baseline gap-x-2 {depth}")>
            <span class=weight>{foreign(name(share))}</span>
            {default}
        </span>
    }
    .into_any()
}
