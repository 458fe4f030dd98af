//! Accounts, users, QOS, reservations.

use crate::model::shares::*;

port! {
    /// Who shares a cluster, and how.
    Sharing {
        /// Accounts and users as a tree with what they used, and all QOS.
        ListAccounts => list_shares(cluster_identifier: String) -> Shares;
        ListReservations => list_reservations(cluster_identifier: String) -> Reservations;
        /// Of the last days.
        GetUsage => usage(cluster_identifier: String, days: u32) -> UsageReport;
        ChangeAccounts | ChangeQos | ChangeReservations => change_shares(input: ChangeShares) -> ();
    }
}
