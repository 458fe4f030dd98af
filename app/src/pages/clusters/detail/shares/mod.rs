//! Who shares the cluster: the tab of accounts and users with what they used, and that of QOS, reservations and licences.

mod accounts;
mod change_form;
mod chosen;
mod limits;
mod pick;
mod qos;
mod reservations;
mod share_form;
mod usage;
mod usage_chart;

use leptos::prelude::*;

pub use accounts::Accounts;
use qos::QosTable;
use reservations::Reservations;

use super::use_page;
use crate::api::shares::list_shares;
use crate::components::{Fetched, asked};
use crate::i18n::text;
use crate::model::live::Kind;
use crate::model::shares::Shares;
use crate::paths;
use crate::ui::{ButtonLink, Card, EmptyState, Look};

/// QOS, reservations, licences.
#[component]
pub fn Rules() -> impl IntoView {
    let page = use_page();
    let asked = asked([page.id], &[Kind::Cluster], |[id]| list_shares(id));
    let again = Callback::new(move |()| asked.refetch());
    view! {
        <div class="grid gap-5">
            <Fetched resource=asked let:shares>
                <WithAccounting shares>
                    <QosTable shares again />
                </WithAccounting>
            </Fetched>
            <Reservations />
        </div>
    }
    .into_any()
}

/// What only accounting keeps, or how to switch that on, or that it is being done.
#[component]
fn WithAccounting(shares: Signal<Shares>, children: ChildrenFn) -> impl IntoView {
    let t = text();
    let page = use_page();
    let kept =
        Memo::new(move |_| shares.with(|shares| (shares.has_accounting, shares.is_starting)));
    let href = Signal::derive(move || paths::edit_cluster(&page.id.read()));
    move || match kept.get() {
        (true, _) => children().into_any(),
        (false, true) => view! {
            <Card title=t.shares.tab>
                <EmptyState title=t.shares.starting_title text=t.shares.starting>
                    ""
                </EmptyState>
            </Card>
        }
        .into_any(),
        (false, false) => view! {
            <Card title=t.shares.tab>
                <EmptyState title=t.shares.none_title text=t.shares.none>
                    <ButtonLink label=t.shares.switch_on href look=Look::Primary />
                </EmptyState>
            </Card>
        }
        .into_any(),
    }
}
