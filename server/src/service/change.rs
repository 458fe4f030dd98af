//! What changes, for the pages of those who may watch it: of each cluster only what a policy lets them see.

use app::model::error;
use app::model::live::Change;
use app::model::name::Arns;
use app::model::operation::Operation;
use app::port::Ctx;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{Receiver, Sender};

use crate::auth::policy::Authorize as _;
use crate::live::recent::Recent;

/// The changes of all clusters. Cheap to clone.
#[derive(Clone)]
pub struct Changes {
    told: Sender<Change>,
    recent: Recent,
    arns: Arns,
}

impl Changes {
    /// Listens from now on. To be called inside the runtime.
    pub fn follow(told: Sender<Change>, arns: Arns) -> Changes {
        Changes {
            recent: Recent::follow(&told),
            told,
            arns,
        }
    }

    /// What changes from now on, and what did lately, for whoever may watch at all.
    pub fn watch(&self, ctx: &Ctx) -> error::Result<Watch> {
        ctx.authorize(Operation::WatchEvents, "*")?;
        Ok(Watch {
            ctx: ctx.clone(),
            arns: self.arns.clone(),
            told: self.told.subscribe(),
            recent: self.recent.clone(),
        })
    }
}

/// What one reader sees of it. Asked anew for each change: rights may end while somebody watches.
pub struct Watch {
    ctx: Ctx,
    arns: Arns,
    told: Receiver<Change>,
    recent: Recent,
}

impl Watch {
    /// One change of each kind and cluster; none when not all are known.
    pub fn recent(&self) -> Option<Vec<Change>> {
        let mut recent = self.recent.changes()?;
        recent.retain(|change| self.shows(change));
        Some(recent)
    }

    /// The next change, as soon as there is one.
    pub async fn next(&mut self) -> Result<Change, RecvError> {
        loop {
            let change = self.told.recv().await?;
            if self.shows(&change) {
                return Ok(change);
            }
        }
    }

    /// The next change, if it is there already.
    pub fn next_now(&mut self) -> Result<Change, TryRecvError> {
        loop {
            let change = self.told.try_recv()?;
            if self.shows(&change) {
                return Ok(change);
            }
        }
    }

    fn shows(&self, change: &Change) -> bool {
        let arn = self.arns.cluster(&change.cluster_id);
        self.ctx.may(Operation::WatchEvents, &arn)
    }
}

#[cfg(test)]
mod tests {
    use app::model::live::Kind;
    use app::port::{Principal, Why};
    use tokio::sync::broadcast;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn who_may_not_watch_a_cluster_is_told_nothing_of_it() {
        let arns = Arns::default();
        let user = Principal::User {
            name: "admin".into(),
            arn: arns.user("admin"),
        };
        let (told, _) = broadcast::channel(8);
        let changes = Changes::follow(told.clone(), arns);
        let mut allowed = changes
            .watch(&Ctx::new(user, Why::Console, "r".into()))
            .unwrap();
        let mut refused = changes.watch(&allowed.ctx).unwrap();
        // As if the right was taken away meanwhile.
        refused.ctx.who = Principal::Anonymous;
        let change = Change {
            kind: Kind::Job,
            cluster_id: "pcs_a".into(),
            resource_id: String::new(),
        };
        told.send(change.clone()).unwrap();
        yield_now().await;
        assert_eq!(allowed.recent(), Some(vec![change.clone()]));
        assert_eq!(allowed.next_now(), Ok(change.clone()));
        assert_eq!(refused.recent(), Some(vec![]));
        assert_eq!(refused.next_now(), Err(TryRecvError::Empty));

        told.send(change.clone()).unwrap();
        assert_eq!(allowed.next().await, Ok(change));
        drop((told, changes));
        // Nothing passes until all is over.
        assert_eq!(refused.next().await, Err(RecvError::Closed));
    }
}
