//! An account, or a user in one, to make or to change.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::change_form::ChangeForm;
use super::limits::{LimitFields, Typed};
use crate::i18n::text;
use crate::model::shares::{Limit, PutShare, ROOT, Share, Shares, SharesChange};
use crate::rules::shares::{check_fair_share, check_new_name};
use crate::ui::Choice;
use crate::ui::form::{Checkbox, Combobox, Field, Select, TextInput};

/// What is there, as it would be said again.
pub fn as_it_is(share: &Share) -> PutShare {
    PutShare {
        account: share.account.clone(),
        user: share.user.clone(),
        is_new: false,
        parent: share.parent.clone(),
        fair_share: share.fair_share.clone(),
        qos: share.qos.clone(),
        default_qos: share.default_qos.clone(),
        coordinators: share.coordinators.clone(),
        limits: share.limits.clone(),
        is_default: share.is_default,
    }
}

/// `before` is what is there, or what a new one begins with; `is_user` tells what is new.
#[component]
pub fn ShareForm(
    before: PutShare,
    is_user: bool,
    shares: Signal<Shares>,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let t = text();
    let is_new = before.is_new;
    let account = RwSignal::new(before.account.clone());
    let user = RwSignal::new(before.user.clone());
    let parent = RwSignal::new(before.parent.clone());
    let fair_share = RwSignal::new(before.fair_share.clone());
    let qos = RwSignal::new(before.qos.clone());
    let default_qos = RwSignal::new(before.default_qos.clone());
    let coordinators = RwSignal::new(before.coordinators.clone());
    let is_default = RwSignal::new(before.is_default);
    let typed = Typed::new(&Limit::OF_ACCOUNTS, &before.limits);
    let change = Callback::new(move |()| {
        SharesChange::PutShare(PutShare {
            account: account.get_untracked().trim().to_owned(),
            user: user.get_untracked().trim().to_owned(),
            is_new,
            parent: parent.get_untracked(),
            fair_share: fair_share.get_untracked().trim().to_owned(),
            qos: qos.get_untracked(),
            default_qos: default_qos.get_untracked(),
            coordinators: coordinators.get_untracked(),
            limits: typed.limits(),
            is_default: is_default.get_untracked(),
        })
    });
    let name_check = move |name: RwSignal<String>| {
        Signal::derive(move || check_new_name(t, name.get().trim()).err())
    };
    let accounts = accounts(shares, (!is_user).then(|| before.account.clone()));
    let all_qos = Signal::derive(move || {
        shares.with(|shares| {
            shares
                .qos
                .iter()
                .map(|qos| Choice::new(&qos.name, &qos.name))
                .collect::<Vec<_>>()
        })
    });
    let is_root = before.account == ROOT && !is_user;
    view! {
        <ChangeForm open change on_done>
            {(is_new && is_user)
                .then(|| {
                    view! {
                        <Field name="user" label=t.shares.user hint=t.shares.user_hint check=name_check(user)>
                            <TextInput value=user mono=true />
                        </Field>
                        <Field name="account" label=t.shares.account>
                            <Select value=account choices=accounts />
                        </Field>
                    }
                })}
            {(is_new && !is_user)
                .then(|| {
                    view! {
                        <Field name="account" label=t.shares.name check=name_check(account)>
                            <TextInput value=account mono=true />
                        </Field>
                    }
                })}
            {(!is_user && !is_root)
                .then(|| {
                    view! {
                        <Field name="parent" label=t.shares.parent>
                            <Select value=parent choices=accounts />
                        </Field>
                    }
                })}
            <Field
                name="fairShare"
                label=t.shares.fair_share
                hint=t.shares.fair_share_hint
                check=Signal::derive(move || check_fair_share(t, fair_share.get().trim()).err())
            >
                <TextInput value=fair_share mono=true />
            </Field>
            <Field name="qos" label=t.shares.qos hint=t.shares.qos_hint optional=true>
                <Combobox value=qos choices=all_qos />
            </Field>
            <Field name="defaultQos" label=t.shares.default_qos optional=true>
                <Select value=default_qos choices=all_qos empty=t.shares.default_qos_none />
            </Field>
            {(!is_user)
                .then(|| {
                    view! {
                        <Field
                            name="coordinators"
                            label=t.shares.coordinators
                            hint=t.shares.coordinators_hint
                            optional=true
                        >
                            <Combobox value=coordinators choices=users(shares) />
                        </Field>
                    }
                })}
            {(is_user && !before.is_default)
                .then(|| view! { <Checkbox value=is_default label=t.shares.is_default hint=t.shares.is_default_hint /> })}
            <LimitFields typed />
        </ChangeForm>
    }
    .into_any()
}

/// All users, each once.
fn users(shares: Signal<Shares>) -> Signal<Vec<Choice>> {
    Signal::derive(move || {
        shares.with(|shares| {
            let users = shares.shares.iter().filter(|share| !share.is_account());
            let users: BTreeSet<&String> = users.map(|share| &share.user).collect();
            let users = users.into_iter();
            users.map(|user| Choice::new(user, user)).collect()
        })
    })
}

/// All accounts but the one that cannot stand below itself.
fn accounts(shares: Signal<Shares>, but: Option<String>) -> Signal<Vec<Choice>> {
    Signal::derive(move || {
        shares.with(|shares| {
            let accounts = shares.shares.iter().filter(|share| share.is_account());
            let others = accounts.filter(|share| Some(&share.account) != but.as_ref());
            others
                .map(|share| Choice::new(&share.account, &share.account))
                .collect()
        })
    })
}
