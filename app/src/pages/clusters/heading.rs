//! The heading of a compute node group's or a queue's page: name, status, what went wrong, edit and delete.

use leptos::prelude::*;

use crate::components::delete::{DeleteDialog, Doomed, why_not_delete, why_not_edit};
use crate::components::{ErrorInfos, StatusIndicator, TabTitle};
use crate::i18n::text;
use crate::model::setting::ErrorInfo;
use crate::model::status::Status;
use crate::ui::{Button, ButtonLink, PageHeader};

#[component]
pub fn Heading(
    /// What it is, should it be deleted.
    of: Memo<Doomed>,
    status: Memo<Status>,
    errors: Memo<Vec<ErrorInfo>>,
    /// Where it is edited.
    edit: Signal<String>,
    /// What people mostly come for, before the rest.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let t = text();
    let deleting = RwSignal::new(false);
    let name = Signal::derive(move || of.with(|of| of.name.clone()));
    view! {
        <TabTitle text=name />
        <PageHeader title=name>
            <span role="status">{move || view! { <StatusIndicator status=status.get() /> }}</span>
            <span class="flex-1"></span>
            {children.map(|children| children())}
            <ButtonLink
                label=t.create_queue.edit
                href=edit
                disabled=Signal::derive(move || why_not_edit(&name.get(), status.get()))
            />
            <Button
                label=t.delete.delete
                disabled=Signal::derive(move || why_not_delete(&name.get(), status.get()))
                on_press=move |()| deleting.set(true)
            />
        </PageHeader>
        {move || view! { <ErrorInfos errors=errors.get() /> }}
        <DeleteDialog open=deleting doomed=Signal::derive(move || Some(of.get())) />
    }
    .into_any()
}
