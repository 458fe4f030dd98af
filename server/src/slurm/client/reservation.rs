//! Reservations: nodes that are kept for some jobs, or for maintenance, for a time.

use serde_json::Value;

use super::{Client, SlurmError, parse};

/// One reservation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reservation {
    pub name: String,
    pub nodes: Vec<String>,
    /// Milliseconds since 1970.
    pub starts_at: i64,
    pub ends_at: i64,
    pub is_maintenance: bool,
}

impl Client {
    /// Those that are in force or to come.
    pub async fn reservations(&self) -> Result<Vec<Reservation>, SlurmError> {
        let json = self
            .run("scontrol", ["show", "reservations", "--json"])
            .await?;
        let all = parse::reservations(&json);
        Ok(all.iter().map(reservation).collect())
    }
}

fn reservation(value: &Value) -> Reservation {
    let time = |name: &str| parse::millis(&value[name]);
    Reservation {
        name: parse::text(&value["name"]),
        nodes: parse::node_names(&value["node_list"]),
        starts_at: time("start_time"),
        ends_at: time("end_time"),
        is_maintenance: parse::words(&value["flags"]).any(|flag| flag == "MAINT"),
    }
}
