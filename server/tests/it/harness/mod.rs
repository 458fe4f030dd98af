//! What the tests stand on: a real server per test, on SQLite or PostgreSQL, and the ways people reach it.
//!
//! A test starts a [`TestPlane`], uses it as a user would (SDK, AWS CLI, `openpcs connect`, plain HTTP) and ends with
//! [`TestPlane::finish`], which deletes everything and fails if a process or a directory is left. Tests wait for
//! states ([`wait_until`]), never for time to pass.

mod aws;
mod bucket;
mod checks;
mod cloudwatch_door;
pub mod ec2;
mod faulty_proxy;
mod free_port;
mod http;
mod jobs;
mod leftovers;
mod mariadb;
mod moto;
mod plane;
mod ports;
mod postgres;
mod random;
mod receiver;
mod records;
mod refusal;
mod requests;
pub mod scheduler;
mod server;
mod silent_proxy;
mod tls_door;
mod visitor;
mod wait;

pub use bucket::Bucket;
pub use checks::{Check, run};
pub use cloudwatch_door::{CloudWatchDoor, Put};
pub use faulty_proxy::{Fate, FaultyProxy};
pub use http::{Answer, Http, signed_for};
pub use jobs::fields;
pub use leftovers::{processes, slurmctld};
pub use mariadb::{MariaDb, certify};
pub use moto::Moto;
pub use plane::TestPlane;
pub use postgres::Postgres;
pub use random::Random;
pub use receiver::{MailServer, Posted, Receiver};
pub use records::Records;
pub use refusal::Refusal;
pub use requests::*;
pub use server::Server;
pub use silent_proxy::SilentProxy;
pub use tls_door::{Begins, TlsDoor};
pub use visitor::{SignedIn, Visitor, client_at, sign_in, until};
pub use wait::{DEADLINE, wait_until};

/// Where a server keeps its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
    /// The one that this run is for: SQLite, or PostgreSQL with `OPENPCS_TEST_DATABASE=postgres`.
    OfRun,
}

impl Database {
    pub fn is_postgres(self) -> bool {
        match self {
            Database::Sqlite => false,
            Database::Postgres => true,
            Database::OfRun => {
                std::env::var("OPENPCS_TEST_DATABASE").is_ok_and(|of| of == "postgres")
            }
        }
    }
}

/// Makes the tests `on_sqlite` and `on_postgres` of the checks that are named.
macro_rules! on_both_databases {
    ($($check:ident),+ $(,)?) => {
        const CHECKS: &[$crate::harness::Check] =
            &[$((stringify!($check), |plane| Box::pin($check(plane)))),+];

        #[tokio::test]
        async fn on_sqlite() {
            $crate::harness::run($crate::harness::Database::Sqlite, CHECKS).await;
        }

        #[tokio::test]
        async fn on_postgres() {
            $crate::harness::run($crate::harness::Database::Postgres, CHECKS).await;
        }
    };
}
pub(crate) use on_both_databases;
