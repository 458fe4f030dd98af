//! How an instance becomes a node: it says which one it is, and gets the node's name and the cluster's key.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::imds::Imds;
use super::memory::Memory;
use crate::http::{Client, Reply};
use crate::protocol::{Claim, ClaimAnswer, ClaimCall, Claimed, NodeFile};
use crate::{Result, context, say, sealed};

/// How long the server, or what it waits for, may be away while a node boots.
const PATIENCE: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Why it did not work this time.
#[derive(Debug, PartialEq, Eq)]
enum Not {
    Yet(String),
    Ever(String),
}

/// Also of an instance that is one already and has started anew.
pub fn claim(file: &NodeFile, imds: &Imds, memory: &Memory) -> Result<Claimed> {
    let provider_id = patiently(|| told(imds, "instance-id").map_err(Not::Yet))?;
    let recalled = context("keep the claim's number", memory.recall(&provider_id))?;
    let group = &file.compute_node_group_id;
    let client = Client::new(&file.endpoint, group, &file.key, CALL_TIMEOUT);
    let claimed = patiently(|| {
        let claim = Claim {
            cluster_id: file.cluster_id.clone(),
            provider_id: provider_id.clone(),
            address: address(imds).map_err(Not::Yet)?,
            claim_id: recalled.claim_id.clone(),
            has_restarted: recalled.has_restarted,
        };
        let purpose = sealed::claim(group);
        let call = ClaimCall {
            compute_node_group_id: group.clone(),
            sealed: sealed::seal(&file.key, &purpose, &claim)
                .ok_or_else(|| Not::Ever("the claim cannot be sealed".into()))?,
        };
        // No bearer: only who has the group's key can have sealed it.
        let reply = client
            .call("/instance/v1/claim", "none", &call)
            .map_err(Not::Yet)?;
        understand(reply, &file.key, &sealed::claimed(group, &claim.claim_id))
    })?;
    context("note that this is a node", memory.claimed())?;
    Ok(claimed)
}

/// Asks until there is an answer, or it makes no sense to ask any more.
fn patiently<T>(mut ask: impl FnMut() -> std::result::Result<T, Not>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = FIRST_PAUSE;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(Not::Ever(message)) => return Err(format!("this is no node: {message}")),
            Err(Not::Yet(message)) if Instant::now() + pause > deadline => {
                return Err(format!("this could not become a node: {message}"));
            }
            Err(Not::Yet(message)) => say(&format!("not a node yet, trying again: {message}")),
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn understand(reply: Reply, key: &str, purpose: &str) -> std::result::Result<Claimed, Not> {
    let Reply { status, body } = reply;
    if status.is_success() {
        let answer: Option<ClaimAnswer> = serde_json::from_str(&body).ok();
        let claimed = answer.and_then(|answer| sealed::open(key, purpose, &answer.sealed));
        return claimed.ok_or_else(|| Not::Ever("the answer cannot be opened".into()));
    }
    let message = format!("{status} {body}");
    // Throttling is the one refusal of the client's side that passes: the server does not know this instance yet.
    match status.is_client_error() && !body.contains("ThrottlingException") {
        true => Err(Not::Ever(message)),
        false => Err(Not::Yet(message)),
    }
}

fn told(imds: &Imds, what: &str) -> Result<String> {
    let found = imds.get(&format!("/latest/meta-data/{what}"))?;
    let found = found.map(|text| text.trim().to_owned());
    found
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("the metadata service tells no {what}"))
}

/// In a network without IPv4 the other one.
fn address(imds: &Imds) -> Result<IpAddr> {
    let text = told(imds, "local-ipv4").or_else(|_| told(imds, "ipv6"))?;
    let wrong =
        |error| format!("the metadata service tells an address that is none, {text}: {error}");
    text.parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use ureq::http::StatusCode;

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.into(),
        }
    }

    #[test]
    fn only_a_refusal_ends_the_asking() {
        let is_for_good = |status, body: &str| {
            matches!(
                understand(reply(status, body), "key", "p"),
                Err(Not::Ever(_))
            )
        };
        assert!(is_for_good(400, r#"{"__type": "AccessDeniedException"}"#));
        assert!(is_for_good(200, r#"{"sealed": "not with this key"}"#));
        assert!(!is_for_good(400, r#"{"__type": "ThrottlingException"}"#));
        assert!(!is_for_good(500, "") && !is_for_good(503, ""));
    }

    #[test]
    fn it_asks_again_until_there_is_an_answer() {
        let mut asked = 0;
        let answer = patiently(|| {
            asked += 1;
            (asked > 1).then_some(7).ok_or(Not::Yet("a moment".into()))
        });
        assert_eq!(answer, Ok(7));
        let refused = patiently(|| Err::<(), _>(Not::Ever("ended".into())));
        assert!(refused.unwrap_err().contains("ended"));
    }
}
