//! Notifications, and the notices behind the bell.

use leptos::prelude::*;

use super::Json;
#[cfg(feature = "ssr")]
use super::{call, call_in};
use crate::model::error::Result;
use crate::model::notification::*;

#[server(prefix = "/console", endpoint = "list-notifications", input = Json, output = Json)]
pub async fn list_notifications() -> Result<Notifications> {
    call(|plane, ctx| async move { plane.list_notifications(&ctx).await }).await
}

#[server(name = SendNotificationChange, prefix = "/console", endpoint = "change-notifications", input = Json, output = Json)]
pub async fn change_notifications(
    input: ChangeNotifications,
    language: String,
) -> Result<NotificationChanged> {
    call_in(&language, |plane, ctx| async move {
        plane.change_notifications(&ctx, input).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "test-notification-channel", input = Json, output = Json)]
pub async fn test_notification_channel(
    input: TestNotificationChannelRequest,
) -> Result<TestNotificationChannelResponse> {
    call(|plane, ctx| async move { plane.test_notification_channel(&ctx, input).await }).await
}

#[server(prefix = "/console", endpoint = "list-notices", input = Json, output = Json)]
pub async fn list_notices(language: String) -> Result<Notices> {
    call_in(&language, |plane, ctx| async move {
        plane.list_notices(&ctx).await
    })
    .await
}

#[server(prefix = "/console", endpoint = "mark-notices", input = Json, output = Json)]
pub async fn mark_notices(input: MarkNoticesRequest) -> Result<()> {
    call(|plane, ctx| async move { plane.mark_notices(&ctx, input).await }).await
}
