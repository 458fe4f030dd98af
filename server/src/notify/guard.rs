//! Where messages may go. Whoever sets up a channel names a host, and the server calls it: so that this is no way to the
//! credentials of the host (the metadata services of clouds) or to what listens for this host only, addresses are looked at
//! after the name was resolved, and the connection goes to the very address that was looked at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};

/// Addresses of a name that are tried.
const TRIED: usize = 4;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// This host itself may be a receiver, and in the clear.
    pub allow_loopback: bool,
}

impl Guard {
    /// Why no message may go there.
    pub fn refusal(self, address: IpAddr) -> Option<&'static str> {
        let address = embedded(address).map_or(address, IpAddr::V4);
        if address.is_loopback() {
            let why = "This host itself is no receiver, unless the server is started with --notify-loopback.";
            return (!self.allow_loopback).then_some(why);
        }
        let is_local = match address {
            IpAddr::V4(four) => four.is_link_local(),
            // The metadata services of AWS by IPv6, too.
            IpAddr::V6(six) => {
                six.is_unicast_link_local() || six.segments()[..2] == [0xfd00, 0xec2]
            }
        };
        if is_local {
            return Some("Addresses of metadata services and of one link only are no receivers.");
        }
        let is_one = match address {
            IpAddr::V4(four) => four.octets()[0] != 0 && !four.is_broadcast(),
            IpAddr::V6(six) => !six.is_unspecified(),
        };
        (!is_one || address.is_multicast()).then_some("This is the address of no single host.")
    }

    /// The addresses of a host, none of which is refused: one that has also an address that is, is not to be trusted.
    pub async fn resolve(self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let found = lookup_host((host, port)).await;
        let found = found.map_err(|_| format!("The host {host} has no address."))?;
        let found: Vec<SocketAddr> = found.collect();
        if found.is_empty() {
            return Err(format!("The host {host} has no address."));
        }
        match found.iter().find_map(|one| self.refusal(one.ip())) {
            Some(why) => Err(format!("Nothing is sent to {host}. {why}")),
            None => Ok(found),
        }
    }

    /// A connection to the first of them that takes one.
    pub async fn connect(self, host: &str, port: u16) -> Result<TcpStream, String> {
        first_connection(host, &self.resolve(host, port).await?).await
    }
}

/// The first of these addresses of a host that takes a connection. Of one address nothing is asked.
pub async fn first_open(host: &str, addresses: &[SocketAddr]) -> Result<SocketAddr, String> {
    if let [only] = addresses {
        return Ok(*only);
    }
    let connection = first_connection(host, addresses).await?;
    connection
        .peer_addr()
        .map_err(|error| refused(host, &error))
}

async fn first_connection(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, String> {
    let tried = &addresses[..addresses.len().min(TRIED)];
    let connection = TcpStream::connect(tried).await;
    connection.map_err(|error| refused(host, &error))
}

fn refused(host: &str, error: &std::io::Error) -> String {
    format!("{host} takes no connection: {error}.")
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, by NAT64 or 6to4.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(six) = address else {
        return None;
    };
    if six == Ipv6Addr::LOCALHOST || six.is_unspecified() {
        return None;
    }
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match six.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_into_the_hosts_network() {
        let guard = Guard::default();
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "fe80::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(
                guard.refusal(address.parse().unwrap()).is_some(),
                "{address}"
            );
        }
        for address in ["192.0.2.1", "10.1.2.3", "2001:db8::1", "fd12::1"] {
            assert_eq!(guard.refusal(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn this_host_may_be_allowed_and_no_more_with_it() {
        let guard = Guard {
            allow_loopback: true,
        };
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(guard.refusal(address.parse().unwrap()), None, "{address}");
        }
        for address in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"] {
            assert!(
                guard.refusal(address.parse().unwrap()).is_some(),
                "{address}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_is_what_it_resolves_to() {
        for host in [
            "localhost",
            "127.1",
            "0x7f.1",
            "2130706433",
            "169.254.169.254",
        ] {
            let guard = Guard::default();
            assert!(guard.resolve(host, 80).await.is_err(), "{host}");
        }
    }
}
