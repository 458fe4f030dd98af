//! A cluster as the API shows it.

use std::net::IpAddr;

use app::model::cluster::*;
use app::model::setting::ErrorInfo;
use app::model::sight::Sight;

use super::{Service, timestamp};
use crate::db::cluster::{ClusterRow, SLURMCTLD, SLURMDBD, SLURMRESTD};

impl Service {
    pub(super) fn cluster(&self, row: &ClusterRow) -> Cluster {
        Cluster {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.cluster(&row.id),
            status: row.status,
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            scheduler: row.spec.scheduler.clone(),
            size: row.spec.size,
            slurm_configuration: Some(slurm_configuration(row)),
            networking: row.spec.networking.clone(),
            endpoints: endpoints(row),
            error_info: row
                .error_info
                .iter()
                .cloned()
                .chain(self.outages(row))
                .collect(),
        }
    }

    /// Why it has no controller or no accounting at the moment. It is in no row: it goes away by itself.
    fn outages(&self, row: &ClusterRow) -> impl Iterator<Item = ErrorInfo> {
        let seen = self.parts.observed.latest(&row.id);
        let told = |of| {
            let trouble = seen.trouble(of)?;
            let (since, words) = (timestamp(trouble.since), &trouble.words);
            let (code, message) = match of {
                Sight::Accounts => (
                    "AccountingUnavailable",
                    format!(
                        "The accounting has not worked since {since}. Jobs go on, and what is to be recorded is recorded \
                         when it works again. {words}"
                    ),
                ),
                _ => (
                    "ControllerUnavailable",
                    format!(
                        "The controller has not answered since {since}. It is started again and again; meanwhile jobs \
                         that run go on, and none is taken or started. Mend what it complains of: {words}"
                    ),
                ),
            };
            Some(ErrorInfo {
                code: Some(code.into()),
                message: Some(message),
            })
        };
        let found = [told(Sight::Controller), told(Sight::Accounts)];
        found.into_iter().flatten()
    }

    pub(super) fn cluster_summary(&self, row: &ClusterRow) -> ClusterSummary {
        ClusterSummary {
            name: row.name.clone(),
            id: row.id.clone(),
            arn: self.parts.arns.cluster(&row.id),
            created_at: timestamp(row.created_at),
            modified_at: timestamp(row.modified_at),
            status: row.status,
        }
    }
}

/// The key of the REST API is of no use without it.
fn slurm_configuration(row: &ClusterRow) -> ClusterSlurmConfiguration {
    let mut slurm = row.spec.slurm.clone();
    slurm.jwt_auth = slurm.jwt_auth.filter(|_| row.spec.has_rest());
    slurm
}

/// Of what is in force; none before the first controller has answered, for there is nobody to talk to.
fn endpoints(row: &ClusterRow) -> Option<Vec<Endpoint>> {
    let spec = row.applied_spec.as_ref()?;
    let place = row.placement.as_ref();
    let daemons = [
        (EndpointType::Slurmctld, SLURMCTLD, true),
        (EndpointType::Slurmdbd, SLURMDBD, spec.has_accounting()),
        (EndpointType::Slurmrestd, SLURMRESTD, spec.has_rest()),
    ];
    let there = daemons.into_iter().filter(|(_, _, is_there)| *is_there);
    let found = there.filter_map(|(of, at, _)| {
        let place = place?;
        Some(endpoint(of, place.address, *place.ports.get(at)?))
    });
    Some(found.collect())
}

/// Of an address of the sixth version the model has the private one empty, and not left out.
pub(super) fn endpoint(r#type: EndpointType, address: IpAddr, port: u16) -> Endpoint {
    let (private_ip_address, ipv6_address) = match address {
        IpAddr::V4(address) => (address.to_string(), None),
        IpAddr::V6(address) => (String::new(), Some(address.to_string())),
    };
    Endpoint {
        r#type,
        private_ip_address,
        public_ip_address: None,
        ipv6_address,
        port: port.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_the_address_that_there_is() {
        let of = |address: &str| endpoint(EndpointType::Slurmctld, address.parse().unwrap(), 6817);
        let (four, six) = (of("10.3.0.4"), of("fd00::4"));
        assert_eq!(
            (four.private_ip_address.as_str(), four.ipv6_address),
            ("10.3.0.4", None)
        );
        assert_eq!(
            (six.private_ip_address.as_str(), six.ipv6_address.as_deref()),
            ("", Some("fd00::4"))
        );
        assert_eq!(six.port, "6817");
    }
}
