//! What a rule of a security group lets in.

use app::model::catalogue::InboundRule;
use aws_sdk_ec2::types::IpPermission;

/// None of what is not TCP.
pub fn inbound(rule: &IpPermission) -> Option<InboundRule> {
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    let (from, to) = match rule.ip_protocol()? {
        "-1" => (0, u16::MAX),
        "tcp" | "6" => (port(rule.from_port())?, port(rule.to_port())?),
        _ => return None,
    };
    let groups = rule.user_id_group_pairs().iter();
    let v4 = rule.ip_ranges().iter().map(|it| it.cidr_ip());
    let v6 = rule.ipv6_ranges().iter().map(|it| it.cidr_ipv6());
    let lists = rule.prefix_list_ids().iter().map(|it| it.prefix_list_id());
    let owned = |it: Option<&str>| it.map(str::to_owned);
    Some(InboundRule {
        from,
        to,
        groups: groups.filter_map(|it| owned(it.group_id())).collect(),
        ranges: v4.chain(v6).chain(lists).filter_map(owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IpRange, UserIdGroupPair};

    use super::*;

    #[test]
    fn what_is_let_in() {
        let of = |protocol: &str| IpPermission::builder().ip_protocol(protocol);
        let own = UserIdGroupPair::builder().group_id("sg-1").build();
        let all = inbound(&of("-1").user_id_group_pairs(own).build()).unwrap();
        assert_eq!(
            (all.from, all.to, all.groups),
            (0, u16::MAX, vec!["sg-1".into()])
        );
        let here = IpRange::builder().cidr_ip("10.0.0.0/16").build();
        let tcp = of("tcp").from_port(22).to_port(23).ip_ranges(here).build();
        let tcp = inbound(&tcp).unwrap();
        assert_eq!(
            (tcp.from, tcp.to, tcp.ranges),
            (22, 23, vec!["10.0.0.0/16".into()])
        );
        // A kind of message where TCP has a port.
        let icmp = of("icmp").from_port(-1).to_port(-1).build();
        assert_eq!(inbound(&icmp), None);
        assert_eq!(inbound(&of("tcp").build()), None);
    }
}
