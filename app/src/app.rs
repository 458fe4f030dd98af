//! The page around everything, and which page stands at which URL.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes, RoutingProgress};
use leptos_router::{Lazy, SsrMode, path};

#[cfg(feature = "hydrate")]
use crate::alive::Alive;
use crate::components::Frame;
use crate::i18n::text;
use crate::pages::clusters::ClusterList;
// The page of all components is there only where they are worked on.
#[cfg(feature = "design")]
use crate::pages::Design;
#[cfg(not(feature = "design"))]
use crate::pages::NotFound as Design;
use crate::pages::{NotFound, SignIn, parts};
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

/// Takes over the page that the server sent, as soon as its part of the console is there.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    let Some(body) = document().body() else {
        return;
    };
    // It fails where there is an executor already, which will do.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    crate::browser::load_links_until_live();
    let early = crate::early::Early::watch();
    leptos::task::spawn_local(async {
        let alive = Alive::default();
        let known = alive.clone();
        let page = move || {
            provide_context(known);
            App()
        };
        leptos::mount::hydrate_from_async(body, page).await.forget();
        crate::browser::mark_live();
        alive.begin();
        // After the effects of what was just taken over: they set fields.
        set_timeout(move || early.redo(), std::time::Duration::ZERO);
    });
}

/// The console.
#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    let preference = Preference::current();
    provide_context(preference);
    provide_context(preference.language);
    Clock::provide();
    #[cfg(feature = "ssr")]
    crate::components::Answers::provide();
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
                    <Route path=path!("clusters/import") view={Lazy::<parts::ImportCluster>::new()} />
                    <Route path=path!("clusters/:id/compute-node-groups/create") view={Lazy::<parts::CreateGroup>::new()} />
                    <Route path=path!("clusters/:id/compute-node-groups/:group") view={Lazy::<parts::Group>::new()} />
                    <Route path=path!("clusters/:id/compute-node-groups/:group/edit") view={Lazy::<parts::EditGroup>::new()} />
                    <Route path=path!("clusters/:id/queues/create") view={Lazy::<parts::CreateQueue>::new()} />
                    <Route path=path!("clusters/:id/queues/:queue") view={Lazy::<parts::Queue>::new()} />
                    <Route path=path!("clusters/:id/queues/:queue/edit") view={Lazy::<parts::EditQueue>::new()} />
                    <Route path=path!("clusters/:id/logs/deliveries/create") view={Lazy::<parts::CreateDelivery>::new()} />
                    <Route path=path!("clusters/:id/export") view={Lazy::<parts::ExportCluster>::new()} />
                    <Route path=path!("clusters/create") view={Lazy::<parts::CreateCluster>::new()} />
                    <Route path=path!("clusters/:id/edit") view={Lazy::<parts::EditCluster>::new()} />
                    <ParentRoute path=path!("clusters/:id") view={Lazy::<parts::Cluster>::new()}>
                        <Route path=path!("") view={Lazy::<parts::Details>::new()} />
                        <Route path=path!("compute-node-groups") view={Lazy::<parts::ComputeNodeGroups>::new()} />
                        <Route path=path!("queues") view={Lazy::<parts::Queues>::new()} />
                        <Route path=path!("nodes") view={Lazy::<parts::Nodes>::new()} />
                        <Route path=path!("nodes/:node") view={Lazy::<parts::Node>::new()} />
                        <Route path=path!("nodes/:node/logs") view={Lazy::<parts::NodeLogs>::new()} />
                        <Route path=path!("jobs") view={Lazy::<parts::Jobs>::new()} />
                        <Route path=path!("jobs/submit") view={Lazy::<parts::SubmitJob>::new()} />
                        <Route path=path!("jobs/:job") view={Lazy::<parts::Job>::new()} />
                        <Route path=path!("accounts") view={Lazy::<parts::Accounts>::new()} />
                        <Route path=path!("qos") view={Lazy::<parts::SharingRules>::new()} />
                        <Route path=path!("monitoring") view={Lazy::<parts::ClusterMonitoring>::new()} />
                        <Route path=path!("logs") view={Lazy::<parts::Logs>::new()} />
                        <Route path=path!("events") view={Lazy::<parts::Events>::new()} />
                        <Route path=path!("tags") view={Lazy::<parts::Tags>::new()} />
                        <Route path=path!("connect") view={Lazy::<parts::Connect>::new()} />
                    </ParentRoute>
                    <Route path=path!("jobs") view={Lazy::<parts::AllJobs>::new()} />
                    <Route path=path!("jobs/past") view={Lazy::<parts::PastJobs>::new()} />
                    <Route path=path!("jobs/past/:cluster/:job") view={Lazy::<parts::PastJob>::new()} />
                    <Route path=path!("nodes") view={Lazy::<parts::AllNodes>::new()} />
                    <Route path=path!("logs") view={Lazy::<parts::AllLogs>::new()} />
                    <Route path=path!("monitoring") view={Lazy::<parts::AllMonitoring>::new()} />
                    <Route path=path!("audit") view={Lazy::<parts::Audit>::new()} />
                    <Route path=path!("notifications") view={Lazy::<parts::Notifications>::new()} />
                    <Route path=path!("system") view={Lazy::<parts::System>::new()} />
                    <Route path=path!("troubleshooting") view={Lazy::<parts::Troubleshooting>::new()} />
                    <Route path=path!("troubleshooting/:code") view={Lazy::<parts::Trouble>::new()} />
                    <Route path=path!("design") view=Design />
                    <Route path=path!("*any") view=NotFound />
                </ParentRoute>
            </Routes>
        </Router>
    }
    .into_any()
}
