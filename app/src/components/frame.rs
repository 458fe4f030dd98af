//! What stands around every page behind the sign-in: top bar, side navigation, messages, help, the page's own place.

use leptos::prelude::*;
use leptos_router::components::Outlet;

use super::follow_up::{FollowUps, Following};
use super::guard::{Guard, UnsavedChanges};
use super::help_panel::HelpPanel;
use super::palette::Palette;
use super::session::use_session;
use super::side_nav::SideNav;
use super::top_bar::TopBar;
use crate::api::cluster::list_clusters;
use crate::i18n::text;
use crate::live::{self, Live};
use crate::model::cluster::Cluster;
use crate::model::error::Result;
use crate::model::live::Kind;
use crate::ui::help::Help;
use crate::ui::{FlashStack, Flashes};

/// All clusters: the navigation and the list show the same answer.
#[derive(Clone, Copy)]
pub struct Clusters(pub Resource<Result<Vec<Cluster>>>);

#[component]
pub fn Frame() -> impl IntoView {
    let live = Live::provide();
    let clusters = Resource::new(|| live::version(Kind::Cluster), |_| list_clusters());
    provide_context(Clusters(clusters));
    let flashes = Flashes::provide();
    let follow_ups = FollowUps::provide(flashes);
    let help = Help::provide();
    let guard = Guard::provide();
    let session = use_session();
    Effect::new(move |_| {
        if live.signed_out.get() {
            session.ended();
        }
    });
    let nav_open = RwSignal::new(false);
    let palette_open = RwSignal::new(false);

    view! {
        <a class="skip-link" href="#content">{text().common.skip_to_content}</a>
        <TopBar nav_open palette_open help />
        <div class="frame" class:frame-with-help=move || help.open.get().is_some()>
            <SideNav clusters nav_open />
            <main id="content" class="content" tabindex="-1">
                <FlashStack flashes />
                <Following all=follow_ups />
                <Outlet />
            </main>
            <HelpPanel help />
        </div>
        <Palette open=palette_open clusters guard />
        <UnsavedChanges guard />
    }
    .into_any()
}
