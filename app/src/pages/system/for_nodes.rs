//! What nodes that are hosts of their own need of this one: where they call, and whether the network lets them.

use leptos::prelude::*;

use crate::i18n::{Text, text};
use crate::model::system::{ForNodes, KeyStore, Network, System};
use crate::ui::time::Ago;
use crate::ui::{Card, Code, Copyable, Fact, Flash, Indicator, Pairs, Tone, facts, foreign_lines};

/// Nothing where all nodes are of this host.
pub fn for_nodes(system: Signal<System>) -> AnyView {
    let of = Memo::new(move |_| system.with(|system| system.for_nodes.clone()));
    view! { {move || of.get().map(card)} }.into_any()
}

fn card(of: ForNodes) -> AnyView {
    let t = text();
    let (endpoint, registered_at) = (of.endpoint, of.registered_at);
    let (agents, slurm) = (listed(t, &of.agents), listed(t, &of.packages));
    let ports = of.controller_ports;
    let (network, keys) = (of.network.clone(), of.keys);
    let shown = vec![
        Fact::view(t.system.nodes_network, move || indicator(t, &network)),
        Fact::view(t.system.nodes_keys, move || kept(t, &keys)),
        Fact::view(t.system.nodes_registered, move || match registered_at {
            0 => t.system.nodes_never.into_any(),
            at => view! { <Ago at /> }.into_any(),
        }),
        Fact::view(t.system.nodes_call, move || {
            view! { <Copyable what=t.system.nodes_call value=endpoint.clone() /> }.into_any()
        }),
        Fact::text(t.system.nodes_ports, move || ports.clone()),
        Fact::text(t.system.nodes_agents, move || agents.clone()),
        Fact::text(t.system.nodes_slurm, move || slurm.clone()),
    ];
    view! {
        <Card title=t.system.for_nodes>
            <Pairs>{facts(shown)}</Pairs>
            {plain_rest(t, of.plain_rest)}
            {remedies(t, of.network)}
        </Card>
    }
    .into_any()
}

fn listed(t: &'static Text, of: &[String]) -> String {
    match of.is_empty() {
        true => t.system.nodes_no_programs.to_owned(),
        false => of.join(", "),
    }
}

fn indicator(t: &'static Text, network: &Network) -> AnyView {
    let (tone, label) = match network {
        Network::SameHost => return ().into_any(),
        Network::Stranger => (Tone::Warning, t.system.network_stranger),
        Network::Unknown { .. } => (Tone::Warning, t.system.network_unknown),
        Network::Host { .. } if network.is_closed() => (Tone::Danger, t.system.network_closed),
        Network::Host { .. } => (Tone::Success, t.system.network_open),
    };
    let about = match network {
        Network::Unknown { words } => foreign_lines(words.clone()),
        Network::Host {
            instance, groups, ..
        } => t
            .system
            .network_host(instance, groups.join(", "))
            .into_any(),
        Network::SameHost | Network::Stranger => ().into_any(),
    };
    view! {
        <Indicator tone label />
        <span class="block text-xs text-muted">{about}</span>
    }
    .into_any()
}

/// Where keys of clusters are.
fn kept(t: &'static Text, keys: &KeyStore) -> AnyView {
    let (tone, label) = match keys {
        KeyStore::Off => (Tone::Neutral, t.system.keys_off),
        KeyStore::Kept => (Tone::Success, t.system.keys_kept),
        KeyStore::Refused { .. } => (Tone::Warning, t.system.keys_refused),
    };
    let about = match keys {
        KeyStore::Refused { words } => foreign_lines(words.clone()),
        KeyStore::Off | KeyStore::Kept => ().into_any(),
    };
    view! {
        <Indicator tone label />
        <span class="block text-xs text-muted">{about}</span>
    }
    .into_any()
}

/// Where tokens can be read by others; nothing where nowhere.
fn plain_rest(t: &'static Text, clusters: Vec<String>) -> Option<AnyView> {
    (!clusters.is_empty()).then(|| {
        let message = t.system.plain_rest(clusters.join(", "));
        view! {
            <div class="mt-4">
                <Flash tone=Tone::Warning title=t.connect.rest_plain_title message=message />
            </div>
        }
        .into_any()
    })
}

/// How the closed ports are opened; nothing where none is.
fn remedies(t: &'static Text, network: Network) -> Option<AnyView> {
    let Network::Host {
        closed, remedies, ..
    } = network
    else {
        return None;
    };
    (!closed.is_empty()).then(|| {
        view! {
            <p class="mt-4 mb-3">{t.system.network_closed_why(closed)}</p>
            <Code what=t.system.nodes_network text=remedies.join("\n") />
        }
        .into_any()
    })
}
