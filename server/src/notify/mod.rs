//! Sends messages to the outside: signed webhooks, Slack-compatible ones, e-mail. Nothing here knows a database; who calls
//! tries again. Where a message may go at all says [`guard`].

pub mod guard;
mod http;
mod mail;
mod message;

use std::time::Duration;

use app::model::notification::{ChannelKind, ChannelSettings, Content};
use tokio::time::timeout;
use zeroize::Zeroizing;

use self::guard::Guard;

/// For a message, from the first look-up of a name to the receiver's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A channel with its secret.
pub struct Target {
    pub settings: ChannelSettings,
    pub secret: Zeroizing<String>,
}

/// Sends one message; why it did not arrive, in words that have neither a secret nor anything of the receiver's answer but
/// its status.
pub async fn send(guard: Guard, to: &Target, id: &str, content: &Content) -> Result<(), String> {
    let sent = async {
        match to.settings.kind {
            ChannelKind::Webhook => {
                let request = message::webhook(&to.secret, id, content, now_seconds())?;
                http::post(guard, &to.settings.url, request).await
            }
            ChannelKind::Slack => http::post(guard, &to.secret, message::slack(content)?).await,
            ChannelKind::Email => mail::send(guard, to, id, content).await,
        }
    };
    let late = || format!("It did not answer within {} s.", PATIENCE.as_secs());
    timeout(PATIENCE, sent)
        .await
        .unwrap_or_else(|_| Err(late()))
}

fn now_seconds() -> i64 {
    chrono::Utc::now().timestamp()
}
