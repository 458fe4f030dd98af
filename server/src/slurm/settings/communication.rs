//! `CommunicationParameters`: what people give is added to what the service needs there.

/// What the service needs: daemons of sandboxes listen on the address of their host's name, which is loopback there. So
/// does a controller where nodes reach it; nodes that are hosts of their own listen everywhere.
pub fn ours(nodes_are_here: bool) -> &'static str {
    match nodes_are_here {
        true => "NoInAddrAny,NoCtldInAddrAny",
        false => "NoCtldInAddrAny",
    }
}

/// The options that Slurm knows.
pub const OPTIONS: &[&str] = &[
    "block_null_hash",
    "CheckGhalQuiesce",
    "DisableIPv4",
    "EnableIPv6",
    "enable_http",
    "getnameinfo_cache_timeout",
    "keepaliveinterval",
    "keepaliveprobes",
    "keepalivetime",
    "NoCtldInAddrAny",
    "NoInAddrAny",
];

/// Why these options cannot be had, as the end of a sentence.
pub fn problem(version: &str, value: &str) -> Option<String> {
    let has = |option: &str| value.split(',').any(|w| w.eq_ignore_ascii_case(option));
    for option in ["DisableIPv4", "EnableIPv6"] {
        if has(option) {
            return Some(format!(
                "must not hold {option}: the service lets the daemons talk by IPv4 only. Leave it out."
            ));
        }
    }
    (has("enable_http") && version < "25.11").then(|| {
        format!("holds enable_http, which needs Slurm 25.11 or later; this cluster runs {version}.")
    })
}

/// What stands in the file.
pub fn merged(value: &str, nodes_are_here: bool) -> String {
    let ours = ours(nodes_are_here).split(',');
    let theirs = value
        .split(',')
        .filter(|word| !ours.clone().any(|our| our.eq_ignore_ascii_case(word)));
    ours.clone().chain(theirs).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stay_and_theirs_are_added() {
        for here in [true, false] {
            assert_eq!(merged("nOctldinaddrany", here), ours(here));
            assert_eq!(
                merged("block_null_hash,keepalivetime=30", here),
                format!("{},block_null_hash,keepalivetime=30", ours(here))
            );
        }
    }

    #[test]
    fn what_fights_ours_or_is_newer_is_refused() {
        assert_eq!(problem("24.11", "block_null_hash"), None);
        assert_eq!(problem("25.11", "enable_http"), None);
        assert!(
            problem("24.11", "block_null_hash,enable_http")
                .unwrap()
                .contains("25.11")
        );
        for fights in ["disableipv4", "keepalivetime=3,EnableIPv6"] {
            assert!(
                problem("24.11", fights).unwrap().contains("IPv4"),
                "{fights}"
            );
        }
    }
}
