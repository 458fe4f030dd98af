//! Guides filled in: every placeholder, both with a cluster and without one, and safely for a shell.

use super::super::texts::{self, COMMANDS};
use super::*;
use crate::i18n::Language;

const TOPICS: [&str; 6] = [
    "guide_login_node",
    "guide_image",
    "guide_efa",
    "guide_files",
    "guide_reservations",
    "guide_volumes",
];

/// As GetCluster answers it, but with a name that no cluster has.
fn cluster() -> Cluster {
    let document = serde_json::json!({
        "name": "it's $(mine)",
        "id": "pcs_0123456789",
        "arn": "arn:aws:pcs:us-east-2:123456789012:cluster/pcs_0123456789",
        "status": "ACTIVE",
        "createdAt": "2026-01-01T00:00:00Z",
        "modifiedAt": "2026-01-01T00:00:00Z",
        "scheduler": { "type": "SLURM", "version": "24.11" },
        "size": "SMALL",
        "networking": { "subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1", "sg-2"] },
        "slurmConfiguration": { "authKey": { "secretArn": "secret:pcs!key", "secretVersion": "v1" } },
        "endpoints": [
            { "type": "SLURMDBD", "privateIpAddress": "10.0.0.1", "port": "6819" },
            { "type": "SLURMCTLD", "privateIpAddress": "10.0.0.1", "port": "20000" },
        ],
    });
    serde_json::from_value(document).unwrap()
}

fn network() -> Catalogue {
    let document = serde_json::json!({
        "vpcs": [{
            "id": "vpc-1", "name": "", "cidr": "10.0.0.0/16", "dnsHostnames": true, "dnsResolution": true,
            "tenancy": "default", "defaultSecurityGroupId": "sg-default",
        }],
        "subnets": [{
            "id": "subnet-1", "name": "", "vpcId": "vpc-1", "cidr": "10.0.0.0/20", "availabilityZone": "us-east-2a",
            "zoneType": "availability-zone", "freeAddresses": 9, "public": false,
        }],
        "securityGroups": [], "launchTemplates": [], "instanceProfiles": [], "images": [], "instanceTypes": [],
        "keyPairs": [], "slurmVersions": [],
    });
    serde_json::from_value(document).unwrap()
}

fn of(cluster: Option<Cluster>) -> Values {
    let document = serde_json::json!({
        "userName": "admin", "arn": "", "accountId": "123456789012", "region": "us-east-2", "provider": "aws",
        "jobs": { "user": "", "home": "", "isServer": false },
    });
    let mut values = Values::default();
    values.of_place(serde_json::from_value(document).unwrap());
    values.of_cluster(cluster, &network());
    values
}

/// The placeholders of a text, with all that stands before each.
fn placeholders(text: &str) -> Vec<(&str, &str)> {
    let at = text.match_indices(OPEN).map(|(at, _)| at);
    let named = |at: usize| text[at + OPEN.len()..].split_once(CLOSE).map(|it| it.0);
    at.map(|at| (&text[..at], named(at).unwrap_or_default()))
        .collect()
}

#[test]
fn every_placeholder_of_every_text_is_known() {
    let values = of(Some(cluster()));
    for language in Language::ALL {
        for topic in TOPICS {
            let help = texts::find(language, topic).unwrap();
            assert!(help.is_guide(), "{topic} has no commands");
            for text in help.commands.values().chain([&help.text]) {
                for (_, name) in placeholders(text) {
                    assert!(values.0.contains_key(name), "{topic} {language:?}: {name}");
                }
            }
        }
    }
}

#[test]
fn with_a_cluster_or_without_none_is_left() {
    for values in [of(Some(cluster())), of(None), Values::default()] {
        for topic in TOPICS {
            let mut help = texts::find(Language::English, topic).unwrap();
            values.fill(&mut help);
            for text in help.commands.values().chain([&help.text]) {
                assert!(!text.contains(OPEN), "{topic}: {text}");
            }
        }
    }
}

#[test]
fn a_value_is_a_word_of_the_shell_whatever_is_in_it() {
    let words = |name: &str| of(Some(cluster())).words(name);
    assert_eq!(words("cluster_name"), r"'it'\''s $(mine)'");
    assert_eq!(words("secret_arn"), "'secret:pcs!key'");
    assert_eq!(words("controller_address"), "10.0.0.1:20000");
    assert_eq!(words("security_group_ids"), "sg-1 sg-2");
    assert_eq!(words("security_group_id"), "sg-1");
    assert_eq!(words("vpc_id"), "vpc-1");
    assert_eq!(of(None).words("cluster_id"), "CLUSTER_ID");
    assert_eq!(of(None).words("region"), "us-east-2");
}

#[test]
fn a_cluster_without_security_groups_has_its_networks_default() {
    let mut cluster = cluster();
    cluster.networking.security_group_ids = None;
    assert_eq!(of(Some(cluster)).words("security_group_ids"), "sg-default");
}

#[test]
fn what_is_filled_in_is_not_read_again() {
    let twice = |name: &str| format!("{OPEN}{name}{CLOSE}");
    assert_eq!(filled("a {{b}} {{c}} {{d", twice), "a {{b}} {{c}} {{d");
}

#[test]
fn no_placeholder_stands_in_quotes_or_in_a_document() {
    for (command, text) in COMMANDS {
        for (before, name) in placeholders(text) {
            assert!(is_outside(before), "{command}: {name}");
        }
    }
}

/// What follows is outside of quotes, comments and documents. Enough of a shell for the commands of the guides.
fn is_outside(before: &str) -> bool {
    let mut quote = None;
    let mut end: Option<&str> = None;
    for line in before.split('\n') {
        if let Some(word) = end {
            end = end.filter(|_| line != word);
            continue;
        }
        for c in line.chars() {
            quote = match (quote, c) {
                (None, '\'' | '"') => Some(c),
                (Some(open), c) if c == open => None,
                _ => quote,
            };
        }
        let document = line.split_once("<<").filter(|_| quote.is_none());
        end = document.map(|(_, word)| word.trim_matches('\''));
    }
    quote.is_none() && end.is_none()
}

#[test]
fn the_look_at_quotes_sees_them() {
    for (before, is) in [
        ("a 'b' ", true),
        ("a \"b ", false),
        ("a 'b\n", false),
        ("cat <<END\n\"x ", false),
        ("cat <<'END'\nit's\nEND\n", true),
    ] {
        assert_eq!(is_outside(before), is, "{before}");
    }
}
