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
    "disable_http",
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
pub fn problem(value: &str) -> Option<String> {
    let has = |option: &str| value.split(',').any(|w| w.eq_ignore_ascii_case(option));
    for option in ["DisableIPv4", "EnableIPv6"] {
        if has(option) {
            return Some(format!(
                "must not hold {option}: the service lets the daemons talk by IPv4 only. Leave it out."
            ));
        }
    }
    let both = has("disable_http") && has("enable_http");
    both.then(|| "holds both enable_http and disable_http. Keep one.".to_owned())
}

/// What stands in the file, with what was given, if anything was.
///
/// From 25.11 on slurmctld and slurmd answer HTTP, metrics and probes, to whoever reaches their port, without asking who
/// that is. As with AWS that is off until `enable_http` asks for it (proved by the text only: see the release notes of 25.11).
pub fn merged(version: &str, value: &str, nodes_are_here: bool) -> String {
    let asks = |word: &str| word.eq_ignore_ascii_case("enable_http");
    let is_off = version >= "25.11" && !value.split(',').any(asks);
    let off = is_off.then_some("disable_http");
    let ours = ours(nodes_are_here).split(',').chain(off);
    let theirs = value
        .split(',')
        .filter(|word| !word.is_empty() && !ours.clone().any(|our| our.eq_ignore_ascii_case(word)));
    ours.clone().chain(theirs).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stay_and_theirs_are_added() {
        for here in [true, false] {
            assert_eq!(merged("24.11", "nOctldinaddrany", here), ours(here));
            assert_eq!(
                merged("24.11", "block_null_hash,keepalivetime=30", here),
                format!("{},block_null_hash,keepalivetime=30", ours(here))
            );
        }
    }

    #[test]
    fn http_is_off_until_it_is_asked_for() {
        assert_eq!(merged("25.05", "", false), "NoCtldInAddrAny");
        let off = "NoCtldInAddrAny,disable_http";
        assert_eq!(merged("25.11", "", false), off);
        assert_eq!(merged("25.11", "Disable_HTTP", false), off);
        let on = "NoCtldInAddrAny,enable_http";
        assert_eq!(merged("26.05", "enable_http", false), on);
    }

    #[test]
    fn what_fights_ours_or_itself_is_refused() {
        assert_eq!(problem("block_null_hash"), None);
        assert_eq!(problem("enable_http"), None);
        assert!(
            problem("enable_http,disable_http")
                .unwrap()
                .contains("Keep one")
        );
        for fights in ["disableipv4", "keepalivetime=3,EnableIPv6"] {
            assert!(problem(fights).unwrap().contains("IPv4"), "{fights}");
        }
    }
}
