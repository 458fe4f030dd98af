//! The Slurm REST API of a cluster: where it is, and a token to ask it with (C9).

use std::net::IpAddr;

use leptos::prelude::*;

use super::labelled::Labelled;
use crate::api::token::create_slurm_token;
use crate::command::{ask_rest, make_token};
use crate::components::{Refused, Submission};
use crate::i18n::text;
use crate::model::cluster::{Cluster, Endpoint, EndpointType};
use crate::model::token::{CreateSlurmTokenRequest, CreateSlurmTokenResponse};
use crate::ui::help::{HelpLink, topic};
use crate::ui::time::AgoText;
use crate::ui::{Button, Card, Flash, Tone};

/// Nothing where the cluster has none.
#[component]
pub fn RestApi(cluster: Cluster) -> impl IntoView {
    let t = text();
    let endpoints = cluster.endpoints.unwrap_or_default();
    let found = endpoints
        .into_iter()
        .find(|one| one.r#type == EndpointType::Slurmrestd);
    found.map(|endpoint| {
        view! {
            <Card title=t.connect.rest_title>
                <p class="mb-3 text-muted">{t.connect.rest}</p>
                <div class="grid gap-3">
                    <PlainWarning endpoint />
                    <Labelled label=t.connect.rest_command command=make_token(&cluster.name) />
                    <NewToken cluster=cluster.id />
                    <p>
                        <HelpLink topic=topic::SLURM_REST title=t.details.rest />
                    </p>
                </div>
            </Card>
        }
    })
}

/// Where others than this host's may read along.
#[component]
pub fn PlainWarning(endpoint: Endpoint) -> impl IntoView {
    let t = text();
    let address = endpoint.ipv6_address.unwrap_or(endpoint.private_ip_address);
    let is_open = !address
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    is_open.then(|| {
        let message = t.connect.rest_plain(&address, &endpoint.port);
        view! { <Flash tone=Tone::Warning title=t.connect.rest_plain_title message=message /> }
    })
}

/// Each press makes another one. It is shown here and kept nowhere.
#[component]
fn NewToken(cluster: String) -> impl IntoView {
    let t = text();
    let submission = Submission::new();
    let made = RwSignal::new(None::<CreateSlurmTokenResponse>);
    let make = move || {
        let input = CreateSlurmTokenRequest {
            cluster_identifier: cluster.clone(),
            user_name: None,
            lifetime_in_seconds: None,
        };
        submission.send(create_slurm_token(input), move |answer| {
            made.try_set(Some(answer));
        });
    };
    view! {
        <div>
            <Button label=t.connect.rest_make busy=submission.busy on_press=make />
        </div>
        <Refused submission title=t.connect.rest_not_made />
        <div class="grid gap-3" aria-live="polite">
            {move || made.get().map(|made| view! { <Made made /> })}
        </div>
    }
    .into_any()
}

#[component]
fn Made(made: CreateSlurmTokenResponse) -> impl IntoView {
    let t = text();
    let command = ask_rest(&made.token, &made.url);
    view! {
        <p>
            {t.connect.rest_of(&made.user_name)} " " {t.connect.rest_ends} " " <AgoText at=made.expires_at />
        </p>
        <Labelled label=t.connect.rest_token command=made.token />
        <Labelled label=t.connect.rest_curl command />
    }
    .into_any()
}
