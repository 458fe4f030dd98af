//! Whether Slurm can be looked at: a look that fails is said on the cluster's page since when, and in its timeline if
//! it goes on.

use app::explain::What;
use app::model::sight::Sight;

use super::Parts;
use crate::db::now;
use crate::slurm::client::SlurmError;

/// A controller that starts anew does not answer for some seconds: that alone is no event.
const PATIENCE_MS: i64 = 15_000;

/// The looks of one reconciler at one cluster.
pub struct Looks {
    of: Sight,
    /// The timeline says that they fail.
    told: bool,
}

impl Looks {
    pub fn new(of: Sight) -> Self {
        Self { of, told: false }
    }

    /// Passes on what a look found that began then, and notes whether it worked.
    pub async fn note<T>(
        &mut self,
        parts: &Parts,
        cluster_id: &str,
        asked_at: i64,
        found: Result<T, SlurmError>,
    ) -> anyhow::Result<T> {
        let words = found.as_ref().err().map(ToString::to_string);
        let before = parts
            .observed
            .set_trouble(cluster_id, self.of, asked_at, words.clone());
        let lasts = |since: i64| now() - since > PATIENCE_MS;
        match (&words, before) {
            (Some(words), Some(before)) if !self.told && lasts(before.since) => {
                let words = words.clone();
                self.tell(parts, cluster_id, &What::LookFails { of: self.of, words })
                    .await?;
            }
            (None, _) if self.told => {
                self.tell(parts, cluster_id, &What::LookWorks { of: self.of })
                    .await?;
            }
            _ => {}
        }
        Ok(found?)
    }

    async fn tell(&mut self, parts: &Parts, cluster_id: &str, what: &What) -> sqlx::Result<()> {
        parts.tell(cluster_id, what).await?;
        self.told = matches!(what, What::LookFails { .. });
        Ok(())
    }
}
