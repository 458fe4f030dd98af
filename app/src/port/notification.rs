//! Notifications, and the notices behind the bell.

use crate::model::notification::*;

port! {
    /// What people are told of without looking.
    Notifying {
        /// Channels without their secrets, rules, and the newest messages.
        ListNotifications => list_notifications() -> Notifications;
        ChangeNotifications => change_notifications(input: ChangeNotifications) -> NotificationChanged;
        /// Sends a message at once and says how it went.
        TestNotificationChannel =>
            test_notification_channel(input: TestNotificationChannelRequest) -> TestNotificationChannelResponse;
        /// Of whoever asks: the ends of their jobs, and what failed.
        ListNotices => list_notices() -> Notices;
        MarkNotices => mark_notices(input: MarkNoticesRequest) -> ();
    }
}
