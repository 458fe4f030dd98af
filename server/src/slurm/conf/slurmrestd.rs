//! Renders slurm.conf as slurmrestd has it: where the daemons are that it asks, and that who asks it shows a token. Pure.
//!
//! It has a file of its own because it proves itself by nothing but the tokens that it passes on, whatever slurmctld's own
//! file says at the moment, and because others may not read what that one says of the cluster.

use std::net::IpAddr;

use super::of_cluster;

/// All that the file depends on.
#[derive(Clone, Debug)]
pub struct SlurmrestdInput {
    pub cluster_name: String,
    /// The host's own short name.
    pub host: String,
    /// Where slurmctld listens, and slurmdbd.
    pub controller_address: IpAddr,
    pub slurmctld_port: u16,
    /// None without accounting.
    pub slurmdbd_port: Option<u16>,
    /// The user that those daemons run as: slurmrestd believes nobody else to be them.
    pub user: String,
}

pub fn render(input: &SlurmrestdInput) -> String {
    let mut p = of_cluster(
        &input.cluster_name,
        &input.host,
        input.controller_address,
        input.slurmctld_port,
    );
    p.set("AuthType", "auth/jwt");
    p.set("CredType", "cred/slurm");
    p.set("SlurmUser", &input.user);
    p.set("SlurmdUser", &input.user);
    if let Some(port) = input.slurmdbd_port {
        p.set("AccountingStorageType", "accounting_storage/slurmdbd");
        p.set(
            "AccountingStorageHost",
            input.controller_address.to_string(),
        );
        p.set("AccountingStoragePort", port.to_string());
    }
    p.write_column()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_those_that_it_asks() {
        let input = SlurmrestdInput {
            cluster_name: "Get-Started".into(),
            host: "head".into(),
            controller_address: [10, 0, 0, 4].into(),
            slurmctld_port: 20001,
            slurmdbd_port: None,
            user: "root".into(),
        };
        let conf = render(&input);
        assert!(conf.contains("SlurmctldHost=head(10.0.0.4)\n"), "{conf}");
        assert!(conf.contains("AuthType=auth/jwt\n"), "{conf}");
        assert!(!conf.contains("AccountingStorage"), "{conf}");
        let with = render(&SlurmrestdInput {
            slurmdbd_port: Some(20002),
            ..input
        });
        assert!(with.contains("AccountingStoragePort=20002\n"), "{with}");
    }
}
