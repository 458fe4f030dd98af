//! The pages that load when they are opened, so that the first visit does not pay for all: two parts beside the first
//! download (`frontend/bundle/src/wasm.rs`). More parts would share too much to be worth their requests. The server
//! renders these pages like any other.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::clusters::{self, compute_node_groups as groups, deliveries, detail, queues};
use super::{
    audit, jobs, logs, monitoring, nodes, notifications, past_jobs, system, troubleshooting,
};

/// `Jobs: detail::Jobs` lets `Lazy::<parts::Jobs>::new()` stand for that component in the table of routes.
macro_rules! part {
    ($part:ident of $Page:ident { $($page:ident: $view:path;)* }) => {
        enum $Page {
            $($page),*
        }

        /// No page: only load the part.
        #[lazy]
        fn $part(page: Option<$Page>) -> AnyView {
            match page {
                None => ().into_any(),
                $(Some($Page::$page) => $view().into_any()),*
            }
        }

        $(
            pub struct $page;

            impl LazyRoute for $page {
                fn data() -> Self {
                    Self
                }

                async fn view(_this: Self) -> AnyView {
                    $part(Some($Page::$page)).await
                }

                async fn preload() {
                    $part(None).await;
                }
            }
        )*
    };
}

part! {
    look of Look {
        Accounts: detail::Accounts;
        AllJobs: jobs::AllJobs;
        AllLogs: logs::AllLogs;
        AllMonitoring: monitoring::AllMonitoring;
        AllNodes: nodes::AllNodes;
        Audit: audit::AuditPage;
        Cluster: detail::ClusterPage;
        ClusterMonitoring: detail::Monitoring;
        ComputeNodeGroups: detail::ComputeNodeGroups;
        Connect: detail::Connect;
        Details: detail::Details;
        Events: detail::Events;
        Group: groups::GroupPage;
        Job: detail::JobPage;
        Jobs: detail::Jobs;
        Logs: detail::Logs;
        Node: detail::NodePage;
        NodeLogs: detail::NodeLogs;
        Nodes: detail::Nodes;
        Notifications: notifications::NotificationsPage;
        PastJob: past_jobs::PastJobPage;
        PastJobs: past_jobs::PastJobs;
        Queue: queues::QueuePage;
        Queues: detail::Queues;
        SharingRules: detail::SharingRules;
        SubmitJob: detail::SubmitJob;
        System: system::SystemPage;
        Tags: detail::Tags;
        Trouble: troubleshooting::Trouble;
        Troubleshooting: troubleshooting::Troubleshooting;
    }
}

part! {
    change of Change {
        CreateCluster: clusters::CreateCluster;
        CreateDelivery: deliveries::CreateDelivery;
        CreateGroup: groups::CreateGroup;
        CreateQueue: queues::CreateQueue;
        EditCluster: clusters::EditCluster;
        EditGroup: groups::EditGroup;
        EditQueue: queues::EditQueue;
        ExportCluster: clusters::ExportCluster;
        ImportCluster: clusters::ImportCluster;
    }
}
