//! `/design`: each component in each state, to look at and to test. Only in builds with the feature `design`; a release
//! does not carry it.

mod controls;
mod fields;
mod flow;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::i18n::text;
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

#[component]
pub fn Design() -> impl IntoView {
    let t = text();
    page_help(topic::CREATE_CLUSTER);
    view! {
        <Title text=t.design.title />
        <div class="grid gap-5">
            <PageHeader title=t.design.title>""</PageHeader>
            <controls::Buttons />
            <controls::Dialogs />
            <controls::Messages />
            <fields::Fields />
            <flow::Progressing />
            <flow::Rows />
            <flow::Steps />
        </div>
    }
    .into_any()
}

/// A box with a heading around one kind of component.
#[component]
fn Shelf(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="grid gap-4 rounded-xl border border-line bg-surface p-5" aria-label=title>
            <h2 class="text-base font-semibold">{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}
