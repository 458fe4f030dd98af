//! Where in the provider's network instances are, in the database.

use openpcs_provider::NetworkPlace;
use sqlx::Row as _;

use super::Db;
use super::connection::Pool;

const SEPARATOR: char = '/';

/// Instances of a group that are up and were not asked for yet, the first ones.
pub async fn unknown(
    pool: &Pool,
    cluster_id: &str,
    group_id: &str,
    most: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select id from instance where cluster_id = $1 and compute_node_group_id = $2 and ended_at is null \
         and ready_at is not null and network_place is null order by ready_at, id limit $3",
    )
    .bind(cluster_id)
    .bind(group_id)
    .bind(most)
    .fetch_all(pool)
    .await
}

pub async fn put(db: &Db, places: &[(String, NetworkPlace)]) -> sqlx::Result<()> {
    let mut write = db.write().await?;
    for (id, place) in places {
        sqlx::query("update instance set network_place = $1 where id = $2")
            .bind(text(place))
            .bind(id)
            .execute(&mut *write.tx)
            .await?;
    }
    write.commit().await
}

/// Of a group's nodes whose instances the provider told of.
pub async fn known(
    pool: &Pool,
    cluster_id: &str,
    group_id: &str,
) -> sqlx::Result<Vec<(String, NetworkPlace)>> {
    let rows = sqlx::query(
        "select node_name, network_place from instance where cluster_id = $1 and compute_node_group_id = $2 \
         and ended_at is null and network_place <> ''",
    )
    .bind(cluster_id)
    .bind(group_id)
    .fetch_all(pool)
    .await?;
    let one = |row: &sqlx::any::AnyRow| {
        let place: String = row.try_get("network_place")?;
        Ok((row.try_get("node_name")?, place_of(&place)))
    };
    rows.iter().map(one).collect()
}

fn text(place: &NetworkPlace) -> String {
    if place.network_nodes.is_empty() {
        return String::new();
    }
    let all = [&place.zone].into_iter().chain(&place.network_nodes);
    let all: Vec<String> = all.map(|name| name.replace(SEPARATOR, "-")).collect();
    all.join(&SEPARATOR.to_string())
}

fn place_of(text: &str) -> NetworkPlace {
    let mut names = text.split(SEPARATOR).map(str::to_owned);
    NetworkPlace {
        zone: names.next().unwrap_or_default(),
        network_nodes: names.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = NetworkPlace {
            zone: "us-east-2b".into(),
            network_nodes: vec!["nn-1".into(), "nn-2".into()],
        };
        assert_eq!(text(&place), "us-east-2b/nn-1/nn-2");
        assert_eq!(place_of(&text(&place)), place);
        let nowhere = NetworkPlace {
            network_nodes: vec![],
            ..place
        };
        assert_eq!(text(&nowhere), "");
    }
}
