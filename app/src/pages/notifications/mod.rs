//! Who is told of what: channels, rules, and the last messages.

mod change_form;
mod channel_form;
mod channels;
mod deliveries;
mod rule_form;
mod rules;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::notification::list_notifications;
use crate::components::{Fetched, asked};
use crate::i18n::{Text, text};
use crate::model::live::Kind;
use crate::model::notification::{Trigger, *};
use crate::ui::PageHeader;
use crate::ui::help::{page_help, topic};

#[component]
pub fn NotificationsPage() -> impl IntoView {
    page_help(topic::NOTIFICATIONS);
    let t = text();
    let all = asked([], &[Kind::Notification], |[]| list_notifications());
    let again = Callback::new(move |()| all.refetch());
    view! {
        <Title text=t.notifications.title />
        <div class="grid gap-5">
            <div class="grid gap-1">
                <PageHeader title=t.notifications.title>""</PageHeader>
                <p class="text-muted">{t.notifications.lead}</p>
            </div>
            <Fetched resource=all let:all>
                <div class="grid gap-5">
                    <channels::Channels all again />
                    <rules::Rules all again />
                    <deliveries::Deliveries all />
                </div>
            </Fetched>
        </div>
    }
    .into_any()
}

fn kind_word(t: &Text, kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Webhook => t.notifications.kind_webhook,
        ChannelKind::Slack => t.notifications.kind_slack,
        ChannelKind::Email => t.notifications.kind_email,
    }
}

fn trigger_word(t: &Text, trigger: Trigger) -> &'static str {
    let t = &t.notifications;
    match trigger {
        Trigger::ClusterFailed => t.trigger_cluster_failed,
        Trigger::NodeFailed => t.trigger_node_failed,
        Trigger::CapacityRefused => t.trigger_capacity_refused,
        Trigger::JobFailed => t.trigger_job_failed,
        Trigger::JobDone => t.trigger_job_done,
        Trigger::NodeHours => t.trigger_node_hours,
        Trigger::SignInFailures => t.trigger_sign_in_failures,
        Trigger::LogDestinationDown => t.trigger_log_destination_down,
    }
}

/// Of a text with one of them in each line.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
