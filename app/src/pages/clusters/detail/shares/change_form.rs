//! The form of one change of who shares a cluster, and how it is sent.

use leptos::prelude::*;

use super::use_page;
use crate::api::shares::change_shares;
use crate::components::{self, Submission};
use crate::i18n::{language, text};
use crate::model::shares::{ChangeShares, SharesChange};

/// Inside a dialog; the children are its fields.
#[component]
pub fn ChangeForm(
    open: RwSignal<bool>,
    change: Callback<(), SharesChange>,
    on_done: Callback<()>,
    children: Children,
) -> impl IntoView {
    let submission = Submission::new();
    let send_change = sender(submission, open, on_done);
    let send = Callback::new(move |()| send_change.run(change.run(())));
    view! {
        <components::ChangeForm open submission refused=text().jobs.not_done send>
            {children()}
        </components::ChangeForm>
    }
    .into_any()
}

/// Sends a change of this page's cluster; done, the dialog closes and the page asks again.
pub fn sender(
    submission: Submission,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> Callback<SharesChange> {
    let page = use_page();
    let language = StoredValue::new(language());
    Callback::new(move |change: SharesChange| {
        let input = ChangeShares {
            cluster_identifier: page.id.get_untracked(),
            change,
        };
        let request = change_shares(input, language.get_value());
        submission.send(request, move |()| {
            open.set(false);
            on_done.run(());
        });
    })
}
