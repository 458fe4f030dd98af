//! What a node's instances logged, searched, followed and taken along (L5). The node itself may be gone.

use leptos::prelude::*;

use super::super::{SubHeader, use_page};
use crate::components::{NodeLogViewer, TabTitle, param};
use crate::i18n::text;
use crate::paths;
use crate::ui::Card;
use crate::ui::help::{page_help, topic};

#[component]
pub fn NodeLogs() -> impl IntoView {
    page_help(topic::LOGS);
    let t = text();
    let page = use_page();
    let name = param("node");
    let title = Memo::new(move |_| t.node_log.of(&*name.read()));
    view! {
        <TabTitle text=title />
        <div class="grid gap-5">
            <SubHeader
                title=title.into()
                back=t.node_log.back
                href=Signal::derive(move || paths::node(&page.id.read(), &name.read()))
            >
                ""
            </SubHeader>
            <Card title=t.node_log.title>
                <NodeLogViewer cluster=page.id node=name />
            </Card>
        </div>
    }
    .into_any()
}
