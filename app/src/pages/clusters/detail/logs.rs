//! The logs of a cluster: what the daemons of its controller log, searched, or as they log it.

use leptos::prelude::*;

use super::deliveries::Deliveries;
use super::use_page;
use crate::components::{LogModes, LogTail, LogViewer, log_view};
use crate::i18n::text;
use crate::model::log::LIVE;
use crate::paths::{self, ClusterTab};
use crate::ui::Card;
use crate::ui::help::{page_help, topic};

#[component]
pub fn Logs() -> impl IntoView {
    page_help(topic::LOGS);
    let t = text();
    let page = use_page();
    let view = log_view();
    let here = Signal::derive(move || paths::cluster(&page.id.read(), ClusterTab::Logs));
    let is_live = Memo::new(move |_| view.read().mode == LIVE);
    view! {
        <Card title=t.logs.controller>
            <div class="grid gap-4">
                <LogModes here view />
                {move || match is_live.get() {
                    true => view! { <LogTail id=page.id cluster=page.cluster /> }.into_any(),
                    false => view! { <LogViewer cluster=page.id here /> }.into_any(),
                }}
            </div>
        </Card>
        <Deliveries />
    }
    .into_any()
}
