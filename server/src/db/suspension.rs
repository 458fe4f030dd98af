//! How a cluster's groups and queues follow it when it is suspended, and when it comes back (C3).

use app::model::status::Status;

use super::Write;
use super::cluster::ClusterRow;
use super::compute_node_group::ComputeNodeGroupSpec;
use super::queue::QueueSpec;
use super::resource::{self, Noun, Row};

/// Writes the cluster and what follows it, unless somebody has changed the cluster since; whether it was written.
pub async fn update(write: &mut Write, cluster: &ClusterRow) -> sqlx::Result<bool> {
    if !resource::update(write, cluster, false).await? {
        return Ok(false);
    }
    follow_all(write, cluster).await?;
    Ok(true)
}

/// Has its groups and queues follow a cluster that is written already.
pub async fn follow_all(write: &mut Write, cluster: &ClusterRow) -> sqlx::Result<()> {
    follow::<ComputeNodeGroupSpec>(write, cluster).await?;
    follow::<QueueSpec>(write, cluster).await
}

async fn follow<S: Noun>(write: &mut Write, cluster: &ClusterRow) -> sqlx::Result<()> {
    let all: Vec<Row<S>> = resource::list(&mut *write.tx, Some(&cluster.id)).await?;
    for row in all.iter().filter_map(|row| followed(cluster, row)) {
        resource::update(write, &row, false).await?;
    }
    Ok(())
}

/// The row as it is with a cluster like that; none: as it was.
fn followed<S: Noun>(cluster: &ClusterRow, row: &Row<S>) -> Option<Row<S>> {
    let status = status(cluster.status, row)?;
    let error_info = match status {
        Status::Suspending | Status::Suspended => cluster.error_info.clone(),
        _ => vec![],
    };
    Some(Row {
        status,
        error_info,
        ..row.clone()
    })
}

/// What is being deleted goes on to be, and what failed to be made stays so.
fn status<S: Noun>(of_cluster: Status, row: &Row<S>) -> Option<Status> {
    use Status::*;
    match (of_cluster, row.status) {
        (Suspending, Creating | Active | Updating | UpdateFailed) => Some(Suspending),
        (Suspended, Suspending | Resuming) => Some(Suspended),
        (Resuming, Suspended) => Some(Resuming),
        (Active, Suspending | Suspended | Resuming) => Some(wanted(row)),
        _ => None,
    }
}

/// What was asked for before the suspension is still to be done.
fn wanted<S: Noun>(row: &Row<S>) -> Status {
    match &row.applied_spec {
        None => Status::Creating,
        Some(applied) if applied.means(&row.spec) => Status::Active,
        Some(_) => Status::Updating,
    }
}

#[cfg(test)]
mod tests {
    use app::model::setting::ErrorInfo;

    use super::super::cluster::tests::row;
    use super::*;

    #[test]
    fn groups_and_queues_go_and_come_with_their_cluster() {
        use Status::*;
        for (cluster, before, after) in [
            (Suspending, Active, Some(Suspending)),
            (Suspending, Updating, Some(Suspending)),
            (Suspending, Deleting, None),
            (Suspending, CreateFailed, None),
            (Suspended, Suspending, Some(Suspended)),
            (Resuming, Suspended, Some(Resuming)),
            // The newer Slurm did not work.
            (Suspended, Resuming, Some(Suspended)),
            (Active, Resuming, Some(Active)),
            (Active, Suspended, Some(Active)),
            (Active, Updating, None),
            (Updating, Active, None),
        ] {
            let child = Row {
                status: before,
                applied_spec: Some(row().spec),
                ..row()
            };
            assert_eq!(status(cluster, &child), after, "{cluster} {before}");
        }
    }

    #[test]
    fn what_was_under_way_goes_on_after_it() {
        let mut child = Row {
            status: Status::Resuming,
            ..row()
        };
        assert_eq!(status(Status::Active, &child), Some(Status::Creating));
        let mut old = child.spec.clone();
        old.scheduler.version = "23.11".into();
        child.applied_spec = Some(old);
        assert_eq!(status(Status::Active, &child), Some(Status::Updating));
    }

    #[test]
    fn they_say_why_as_long_as_it_lasts() {
        let why = ErrorInfo {
            code: Some("VersionEnded".into()),
            message: None,
        };
        let cluster = |status| Row {
            status,
            error_info: vec![why.clone()],
            ..row()
        };
        let child = Row {
            status: Status::Active,
            ..row()
        };
        let gone = followed(&cluster(Status::Suspending), &child).unwrap();
        assert_eq!(gone.error_info, std::slice::from_ref(&why));
        let gone = Row {
            status: Status::Suspended,
            ..gone
        };
        let back = followed(&cluster(Status::Resuming), &gone).unwrap();
        assert_eq!(back.error_info, []);
    }
}
