//! Instances for a batch: those that are there under its token are its nodes' already, for the others there is one fleet.

use std::collections::{HashMap, HashSet};

use openpcs_provider::names::{Name, Names, assign};
use openpcs_provider::{Batch, LaunchError, Launched, Outcome, ProviderError, lease};

use super::outcome::{MISMATCH, all, of_answer, of_error};
use super::owned::Owned;
use super::pools::Asked;
use super::rounds::{Rounds, client_token};
use crate::calls::CallError;
use crate::calls::fleet::{self, Answer, Request};
use crate::calls::instance::{self, Seen, TOKEN};
use crate::client::Client;

/// What is known of a batch before anything is asked for.
struct Known {
    /// EC2's ids, by ours.
    there: HashMap<String, String>,
    /// All that are some row's, or marked with the token.
    taken: HashSet<String>,
    /// How many were asked for first under this token.
    asked_first: usize,
}

pub async fn launch(client: &Client, names: &dyn Names, rounds: &Rounds, batch: &Batch) -> Outcome {
    let ids: Vec<String> = batch
        .nodes
        .iter()
        .map(|it| it.instance_id.clone())
        .collect();
    let owned = match Owned::read(batch.owned.as_deref()) {
        Ok(owned) => owned,
        Err(error) => return all(&ids, &error).into(),
    };
    let known = match known(client, names, batch).await {
        Ok(known) => known,
        // Nothing is asked for before it is known what is there.
        Err(error) => return all(&ids, &not_asked(&error)).into(),
    };
    let mut launched = vec![];
    let mut lacking = vec![];
    for id in ids {
        match known.there.get(&id) {
            Some(ec2) => launched.push(Launched {
                instance_id: id,
                result: Ok(ec2.clone()),
            }),
            None => lacking.push(id),
        }
    }
    if lacking.is_empty() {
        return launched.into();
    }
    let mut outcome = ask_for(client, rounds, batch, &owned, &known, &lacking).await;
    launched.append(&mut outcome.launched);
    Outcome {
        launched,
        ..outcome
    }
}

/// Those that have ended count too: under a token no instance is started twice, and what ended tells why.
async fn known(client: &Client, names: &dyn Names, batch: &Batch) -> Result<Known, ProviderError> {
    let (seen, _) = instance::with_tag(&client.ec2, TOKEN, Some(&batch.token)).await?;
    // After the look: what it shows was asked for by a row that is there by now.
    let rows = names.of_cluster(&batch.cluster_id).await?;
    Ok(known_of(&seen, &rows, &batch.token))
}

fn known_of(seen: &[Seen], rows: &[Name], token: &str) -> Known {
    let marked: Vec<_> = seen
        .iter()
        .map(|it| (it.id.clone(), it.launch_token.clone()))
        .collect();
    let ours = assign(rows, &marked);
    let of_rows = rows.iter().filter_map(|row| row.provider_id.clone());
    let there = rows.iter().filter_map(|row| {
        let ec2 = row.provider_id.clone()?;
        Some((row.id.clone(), ec2))
    });
    let mut there: HashMap<String, String> = there.collect();
    there.extend(ours.into_iter().map(|(ec2, id)| (id, ec2)));
    Known {
        there,
        taken: of_rows.chain(seen.iter().map(|it| it.id.clone())).collect(),
        asked_first: rows.iter().filter(|row| row.launch_token == token).count(),
    }
}

async fn ask_for(
    client: &Client,
    rounds: &Rounds,
    batch: &Batch,
    owned: &Owned,
    known: &Known,
    lacking: &[String],
) -> Outcome {
    let template = owned.template(batch);
    if template.pools.is_empty() {
        return all(lacking, &LaunchError::all_rest(&batch.resting)).into();
    }
    let request = fleet::request(&batch.settings, &template, tags(batch, owned));
    let asked_for = Asked {
        pools: &template.pools,
        zones: &owned.zones,
    };
    let token = client_token(&batch.token, rounds.of(&batch.token));
    let mut outcome = match asked(client, batch, &request, &token, known, lacking.len()).await {
        Ok(answer) => {
            let outcome = of_answer(lacking, &answer, &asked_for, |id| known.taken.contains(id));
            rounds.answered(&batch.token, &outcome.launched);
            outcome
        }
        Err(NotAsked::Lost(lost)) => return all(lacking, &unknown(lost)).into(),
        Err(NotAsked::Refused(error)) => of_error(lacking, &error, &asked_for),
    };
    outcome.asked.strategy = request.strategy();
    outcome
}

enum NotAsked {
    Lost(lease::Lost),
    Refused(CallError),
}

/// One fleet. Where another number was asked for under the token before, and some of it is there, the same is asked for
/// once more: then EC2 starts nothing, and tells again why there are not more.
async fn asked(
    client: &Client,
    batch: &Batch,
    request: &Request,
    token: &str,
    known: &Known,
    count: usize,
) -> Result<Answer, NotAsked> {
    lease::check(batch.lease.as_ref()).map_err(NotAsked::Lost)?;
    let answer = fleet::create(&client.ec2, request, token, count).await;
    let is_other = answer.as_ref().is_err_and(|error| error.is(&[MISMATCH]));
    if !is_other || known.asked_first == count {
        return answer.map_err(NotAsked::Refused);
    }
    lease::check(batch.lease.as_ref()).map_err(NotAsked::Lost)?;
    let answer = fleet::create(&client.ec2, request, token, known.asked_first).await;
    answer.map_err(NotAsked::Refused)
}

/// Beside those that the template gives each instance.
fn tags(batch: &Batch, owned: &Owned) -> Vec<(String, String)> {
    let mut tags = vec![(TOKEN.to_owned(), batch.token.clone())];
    if !owned.has_name {
        let name = format!("{}/{}", batch.cluster_id, batch.compute_node_group_id);
        tags.push(("Name".into(), name));
    }
    tags
}

fn unknown(cause: impl ToString) -> LaunchError {
    LaunchError::Unknown {
        message: cause.to_string(),
    }
}

/// Asked again soon, whatever it is: it is not the launch that failed.
fn not_asked(error: &ProviderError) -> LaunchError {
    unknown(format!("{}: {error}", error.code))
}
