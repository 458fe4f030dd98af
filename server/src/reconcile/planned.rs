//! What the provider plans for the hosts of instances, as it says when it is looked at. An instance reports the same by itself;
//! one that does not answer any more cannot.

use app::explain::What;
use app::model::live::Kind;
use app::model::notice::Notice;
use openpcs_provider::Instance;

use super::Parts;
use crate::db::event::{self, RECONCILER};
use crate::db::instance::{self, InstanceRow};

/// Writes down what is new, also in these rows.
pub async fn note(
    parts: &Parts,
    rows: &mut [InstanceRow],
    provider: &[Instance],
) -> anyhow::Result<()> {
    for one in provider {
        let Some(planned) = &one.health.planned else {
            continue;
        };
        let row = rows.iter_mut().find(|row| row.id == one.id);
        if let Some(row) = row.filter(|row| is_news(row.notice.as_ref(), planned)) {
            write_down(parts, row, planned).await?;
            row.notice = Some(planned.clone());
        }
    }
    Ok(())
}

/// The two tell the time in words of their own: it is the same plan when the moment is.
fn is_news(known: Option<&Notice>, planned: &Notice) -> bool {
    known.is_none_or(|known| {
        known.kind < planned.kind || known.kind == planned.kind && known.until != planned.until
    })
}

async fn write_down(parts: &Parts, row: &InstanceRow, planned: &Notice) -> anyhow::Result<()> {
    let mut write = parts.db.write().await?;
    instance::set_notice(&mut write, &row.id, planned).await?;
    let what = What::NodeNoticed {
        node: row.node_name.clone(),
        notice: planned.clone(),
    };
    let (cluster, node) = (&row.cluster_id, &row.node_name);
    event::insert(&mut write, cluster, Kind::Node, node, RECONCILER, &what).await?;
    Ok(write.commit().await?)
}

#[cfg(test)]
mod tests {
    use app::model::notice::NoticeKind;

    use super::*;

    #[test]
    fn a_plan_is_told_once_and_never_instead_of_what_is_graver() {
        let notice = |kind, until, time: &str| Notice {
            kind,
            until,
            time: time.into(),
            what: "system-reboot".into(),
        };
        let planned = notice(NoticeKind::Scheduled, Some(5_000), "1970-01-01T00:00:05Z");
        for (known, expected) in [
            (None, true),
            (Some(planned.clone()), false),
            // As the instance's own metadata has it.
            (
                Some(notice(
                    NoticeKind::Scheduled,
                    Some(5_000),
                    "1 Jan 1970 00:00:05 GMT",
                )),
                false,
            ),
            (Some(notice(NoticeKind::Scheduled, Some(9_000), "")), true),
            (Some(notice(NoticeKind::Rebalance, None, "")), true),
            (Some(notice(NoticeKind::Interruption, None, "")), false),
        ] {
            assert_eq!(is_news(known.as_ref(), &planned), expected, "{known:?}");
        }
    }
}
