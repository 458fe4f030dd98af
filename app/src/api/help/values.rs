//! What a guide is filled in with (D2): the values of a cluster, as far as whoever asks may read them. What is not known
//! is a word in capitals that says what belongs there, as `CLUSTER_ID`.
//!
//! A text names a value as `{{cluster_id}}`. In a command a value is a word of the shell, whatever is in it: it stands
//! where no quotes are, and in no document between `<<END` and `END`.

use std::collections::BTreeMap;

use crate::command::quoted;
use crate::model::catalogue::Catalogue;
use crate::model::cluster::{Cluster, EndpointType, GetClusterRequest};
use crate::model::help::HelpText;
use crate::model::refs::Refs;
use crate::model::user::Identity;
use crate::port::{ControlPlane, Ctx};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// Each by name; several words where there are several things. One that is not known is not in it.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<&'static str, Vec<String>>);

/// What whoever asks may know of the cluster. What is refused, gone or out of reach is left out: the guide is of use
/// without it.
pub async fn known(plane: &dyn ControlPlane, ctx: &Ctx, cluster: Option<String>) -> Values {
    let identity = plane.identity(ctx).await.ok();
    let cluster = match cluster {
        Some(cluster_identifier) => {
            let input = GetClusterRequest { cluster_identifier };
            plane.get_cluster(ctx, input).await.ok()
        }
        None => None,
    };
    let cluster = cluster.map(|answer| answer.cluster);
    let network = match &cluster {
        Some(cluster) => {
            let refs = Refs::of_network(&cluster.networking);
            plane.resolve_offers(ctx, refs).await.unwrap_or_default()
        }
        None => Catalogue::default(),
    };
    let mut values = Values::default();
    values.of_place(identity);
    values.of_cluster(cluster, &network);
    values
}

impl Values {
    fn put(&mut self, name: &'static str, words: impl IntoIterator<Item = String>) {
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if !words.is_empty() {
            self.0.insert(name, words);
        }
    }

    fn of_place(&mut self, identity: Option<Identity>) {
        if let Some(identity) = identity {
            self.put("region", [identity.region]);
            self.put("account_id", [identity.account_id]);
        }
    }

    fn of_cluster(&mut self, cluster: Option<Cluster>, network: &Catalogue) {
        let Some(cluster) = cluster else {
            return;
        };
        self.of_network(&cluster, network);
        self.put("cluster_name", [cluster.name]);
        self.put("cluster_id", [cluster.id]);
        self.put("slurm_version", [cluster.scheduler.version]);
        let mut endpoints = cluster.endpoints.into_iter().flatten();
        let controller = endpoints.find(|endpoint| endpoint.r#type == EndpointType::Slurmctld);
        let address = controller.map(|it| format!("{}:{}", it.private_ip_address, it.port));
        self.put("controller_address", address);
        let slurm = cluster.slurm_configuration;
        if let Some(key) = slurm.and_then(|slurm| slurm.auth_key) {
            self.put("secret_arn", [key.secret_arn]);
            self.put("secret_version", [key.secret_version]);
        }
    }

    fn of_network(&mut self, cluster: &Cluster, network: &Catalogue) {
        let subnets = cluster.networking.subnet_ids.clone().unwrap_or_default();
        let first = subnets.into_iter().next();
        let subnet = network
            .subnets
            .iter()
            .find(|it| Some(&it.id) == first.as_ref());
        let vpc_id = subnet.map(|subnet| subnet.vpc_id.clone());
        let vpc = network
            .vpcs
            .iter()
            .find(|it| Some(&it.id) == vpc_id.as_ref());
        // The group that a cluster has which names none.
        let default = vpc.map(|vpc| vpc.default_security_group_id.clone());
        let own = cluster.networking.security_group_ids.clone();
        let groups = own.filter(|groups| !groups.is_empty());
        let groups = groups.unwrap_or_else(|| default.into_iter().collect());
        self.put("security_group_id", groups.first().cloned());
        self.put("security_group_ids", groups);
        self.put("subnet_id", first);
        self.put("vpc_id", vpc_id);
    }

    /// The text with its commands.
    pub fn fill(&self, help: &mut HelpText) {
        help.text = filled(&help.text, |name| self.plain(name));
        for command in help.commands.values_mut() {
            *command = filled(command, |name| self.words(name));
        }
    }

    /// A command of a page of troubleshooting.
    pub fn fill_command(&self, command: &str) -> String {
        filled(command, |name| self.words(name))
    }

    /// For people.
    fn plain(&self, name: &str) -> String {
        let known = self.0.get(name).map(|words| words.join(" "));
        known.unwrap_or_else(|| name.to_uppercase())
    }

    /// For a shell.
    fn words(&self, name: &str) -> String {
        let quoted = |words: &Vec<String>| words.iter().map(|word| quoted(word)).collect();
        let known: Option<Vec<String>> = self.0.get(name).map(quoted);
        known.map_or_else(|| name.to_uppercase(), |words| words.join(" "))
    }
}

/// What is filled in is not read again.
fn filled(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split(OPEN);
    let mut all = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(CLOSE) {
            Some((name, rest)) => all = all + &value(name) + rest,
            None => all = all + OPEN + piece,
        }
    }
    all
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
