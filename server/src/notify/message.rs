//! What each kind of channel is sent: a pure function of what is told. What users could say in a name is bounded and says
//! nothing to the receiver's own syntax.

use app::foreign::visible;
use app::model::date::exact;
use app::model::notification::Content;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use super::http::Posted;

/// Of a text in a message, in characters.
const LONGEST_TEXT: usize = 2_000;
/// Of the subject of a letter.
const LONGEST_SUBJECT: usize = 150;
/// What stands before a secret that is written in Base64, as Standard Webhooks have it.
const ENCODED: &str = "whsec_";
/// Behind it a name of somebody notifies nobody.
const NO_WIDTH: char = '\u{200B}';

/// Signed as <https://www.standardwebhooks.com> says: receivers check `id.timestamp.body` and refuse what is old.
pub fn webhook(secret: &str, id: &str, content: &Content, now: i64) -> Result<Posted, String> {
    let body = serde_json::to_vec(content).map_err(|error| error.to_string())?;
    Ok(Posted {
        headers: vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", now.to_string()),
            ("webhook-signature", signature(secret, id, now, &body)),
        ],
        body,
    })
}

fn signature(secret: &str, id: &str, now: i64, body: &[u8]) -> String {
    let encoded = secret.strip_prefix(ENCODED);
    let key = encoded.and_then(|text| STANDARD.decode(text).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut hash = <Hmac<Sha256> as Mac>::new_from_slice(&key).expect("every length is right");
    hash.update(format!("{id}.{now}.").as_bytes());
    hash.update(body);
    format!("v1,{}", STANDARD.encode(hash.finalize().into_bytes()))
}

pub fn slack(content: &Content) -> Result<Posted, String> {
    let (head, text) = (subject(content), cut(&content.text, LONGEST_TEXT));
    let mut lines = vec![escaped(&head), escaped(&text)];
    if !content.url.is_empty() {
        lines.push(escaped(&content.url));
    }
    let body = json!({"text": lines.join("\n"), "mrkdwn": false});
    Ok(Posted {
        headers: vec![],
        body: serde_json::to_vec(&body).map_err(|error| error.to_string())?,
    })
}

/// Slack's control characters are words again, and what calls people calls nobody.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '@' => safe.extend(['@', NO_WIDTH]),
            one => safe.push(one),
        }
    }
    safe
}

/// One line: how grave it is, and where it is.
pub fn subject(content: &Content) -> String {
    let (severity, what) = (content.severity.as_str(), content.trigger.as_str());
    let line = match content.cluster_name.is_empty() {
        true => format!("OpenPCS {severity}: {what}"),
        false => format!("OpenPCS {severity}: {what}: {}", content.cluster_name),
    };
    cut(&visible(&line), LONGEST_SUBJECT)
}

/// The body of a letter.
pub fn plain(content: &Content) -> String {
    let text = cut(&content.text, LONGEST_TEXT);
    format!("{text}\n\n{}\n{}\n", exact(content.at), content.url)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn signed_as_the_standard_says() {
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn slack_obeys_no_name() {
        let content = Content {
            text: "Job <!channel> <https://evil|click> & @here".into(),
            ..Default::default()
        };
        let posted = slack(&content).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
        let text = body["text"].as_str().unwrap();
        assert!(!text.contains(['<', '>']), "{text}");
        assert!(
            text.contains("&lt;!channel&gt;") && text.contains("&amp;"),
            "{text}"
        );
        assert!(!text.contains("@here"), "{text}");
    }

    #[test]
    fn nothing_is_endless() {
        let content = Content {
            text: "ü".repeat(100_000),
            cluster_name: "x".repeat(10_000),
            ..Default::default()
        };
        assert!(plain(&content).chars().count() < 2_200);
        assert!(subject(&content).chars().count() <= 151);
        assert!(slack(&content).unwrap().body.len() < 5_000);
    }
}
