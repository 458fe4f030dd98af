//! The page around everything, and which page stands at which URL.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes, RoutingProgress};
use leptos_router::{SsrMode, path};

use crate::components::Frame;
use crate::i18n::text;
use crate::pages::clusters::compute_node_groups::{CreateGroup, EditGroup, GroupPage};
use crate::pages::clusters::queues::{CreateQueue, EditQueue, QueuePage};
use crate::pages::clusters::{
    ClusterList, CreateCluster, EditCluster, ExportCluster, ImportCluster, detail,
};
// The page of all components is there only where they are worked on.
#[cfg(feature = "design")]
use crate::pages::Design;
#[cfg(not(feature = "design"))]
use crate::pages::NotFound as Design;
use crate::pages::{AllJobs, AllNodes, NotFound, SignIn};
use crate::paths;
use crate::preference::Preference;
use crate::ui::time::Clock;

/// The product's sign (`components::Mark`), in a colour that stands on light and dark tabs.
#[cfg(feature = "ssr")]
const FAVICON: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='%232a7de1'>\
    <rect x='1' y='1' width='8' height='8' rx='2'/><rect x='11' y='1' width='8' height='8' rx='2' opacity='.55'/>\
    <rect x='1' y='11' width='8' height='8' rx='2' opacity='.55'/><circle cx='15' cy='15' r='4'/></svg>";

/// The document that the server sends; the browser takes over its body.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> AnyView {
    use leptos_meta::MetaTags;

    let preference = Preference::current();
    view! {
        <!DOCTYPE html>
        <html lang=preference.language.tag() data-theme=preference.theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" type="image/svg+xml" href=FAVICON />
                <link rel="stylesheet" href=format!("/pkg/{}.css", options.output_name) />
                <HydrationScripts options=options.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
    .into_any()
}

/// The pages' addresses, for the server's router.
#[cfg(feature = "ssr")]
pub fn routes() -> Vec<leptos_axum::AxumRouteListing> {
    leptos_axum::generate_route_list(App)
}

/// Takes over the page that the server sent.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}

/// The console.
#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    let preference = Preference::current();
    provide_context(preference);
    provide_context(preference.language);
    Clock::provide();
    let (is_routing, set_is_routing) = signal(false);

    view! {
        <Title formatter=|title: String| if title.is_empty() {
            text().common.product.to_owned()
        } else {
            format!("{title} · {}", text().common.product)
        } />
        <Router set_is_routing>
            <div class="routing" aria-hidden="true">
                <RoutingProgress is_routing max_time=std::time::Duration::from_millis(400) />
            </div>
            // Pages are sent whole, not streamed: what a stream completes by script is lost on a reader without one.
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <ParentRoute path=path!("/") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path=paths::CLUSTERS /> } />
                    <Route path=path!("clusters") view=ClusterList />
                    <Route path=path!("clusters/import") view=ImportCluster />
                    <Route path=path!("clusters/:id/compute-node-groups/create") view=CreateGroup />
                    <Route path=path!("clusters/:id/compute-node-groups/:group") view=GroupPage />
                    <Route path=path!("clusters/:id/compute-node-groups/:group/edit") view=EditGroup />
                    <Route path=path!("clusters/:id/queues/create") view=CreateQueue />
                    <Route path=path!("clusters/:id/queues/:queue") view=QueuePage />
                    <Route path=path!("clusters/:id/queues/:queue/edit") view=EditQueue />
                    <Route path=path!("clusters/:id/export") view=ExportCluster />
                    <Route path=path!("clusters/create") view=CreateCluster />
                    <Route path=path!("clusters/:id/edit") view=EditCluster />
                    <ParentRoute path=path!("clusters/:id") view=detail::ClusterPage>
                        <Route path=path!("") view=detail::Details />
                        <Route path=path!("compute-node-groups") view=detail::ComputeNodeGroups />
                        <Route path=path!("queues") view=detail::Queues />
                        <Route path=path!("nodes") view=detail::Nodes />
                        <Route path=path!("nodes/:node") view=detail::NodePage />
                        <Route path=path!("jobs") view=detail::Jobs />
                        <Route path=path!("jobs/submit") view=detail::SubmitJob />
                        <Route path=path!("jobs/:job") view=detail::JobPage />
                        <Route path=path!("logs") view=detail::Logs />
                        <Route path=path!("events") view=detail::Events />
                        <Route path=path!("tags") view=detail::Tags />
                        <Route path=path!("connect") view=detail::Connect />
                    </ParentRoute>
                    <Route path=path!("jobs") view=AllJobs />
                    <Route path=path!("nodes") view=AllNodes />
                    <Route path=path!("design") view=Design />
                    <Route path=path!("*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
    }
    .into_any()
}
