//! The scripts of nodes, fetched by the server and kept for a while: five hundred nodes that boot ask for the same one.
//!
//! One with a checksum stays what it is, and is kept as long as there is room. One without is asked for again soon: whoever
//! changes it expects the next node to have it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openpcs_agent::actions::message::{MOST_BYTES, Source};
use openpcs_provider::ProviderError;
use openpcs_provider::script::{self, Location};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::buckets::Buckets;

/// Codes of errors that asking again does not mend.
pub const IS_FOR_GOOD: [&str; 3] = [script::REFUSED, "ScriptChanged", "AwsNotBuilt"];

/// How long one without a checksum is given out.
const FRESH: Duration = Duration::from_secs(30);
/// Of so many scripts the oldest goes: at most 64 MiB.
const MOST_KEPT: usize = 64;

/// Cheap to clone.
#[derive(Clone)]
pub struct Scripts(Arc<Inner>);

struct Inner {
    buckets: Buckets,
    fetcher: fetching::Lazy,
    kept: Mutex<HashMap<Source, Arc<Mutex<Kept>>>>,
}

/// Held while it is fetched: whoever wants the same script waits.
#[derive(Default)]
struct Kept {
    since: Option<Instant>,
    bytes: Arc<Vec<u8>>,
}

impl Scripts {
    pub fn new(buckets: Buckets) -> Scripts {
        Scripts(Arc::new(Inner {
            buckets,
            fetcher: Default::default(),
            kept: Default::default(),
        }))
    }

    /// The script, which is what its checksum says.
    pub async fn get(&self, source: &Source) -> Result<Arc<Vec<u8>>, ProviderError> {
        let place = self.place(source).await;
        let mut kept = place.lock().await;
        let is_good = |since: Instant| source.checksum.is_some() || since.elapsed() < FRESH;
        if kept.since.is_some_and(is_good) {
            return Ok(kept.bytes.clone());
        }
        let location = Location {
            address: source.script_location.clone(),
            version: source.s3_version_id.clone(),
        };
        let bytes = match self.0.buckets.read(&location, MOST_BYTES).await {
            Some(read) => read?,
            None => self.0.fetcher.fetch(&location, MOST_BYTES).await?,
        };
        check(source, &bytes)?;
        *kept = Kept {
            since: Some(Instant::now()),
            bytes: Arc::new(bytes),
        };
        Ok(kept.bytes.clone())
    }

    async fn place(&self, source: &Source) -> Arc<Mutex<Kept>> {
        let mut all = self.0.kept.lock().await;
        if !all.contains_key(source) && all.len() >= MOST_KEPT {
            let age = |place: &Arc<Mutex<Kept>>| place.try_lock().ok().map(|kept| kept.since);
            let idle = all
                .iter()
                .filter_map(|(source, place)| Some((age(place)?, source)));
            if let Some(oldest) = idle.min_by_key(|(since, _)| *since).map(|(_, s)| s.clone()) {
                all.remove(&oldest);
            }
        }
        all.entry(source.clone()).or_default().clone()
    }
}

fn check(source: &Source, bytes: &[u8]) -> Result<(), ProviderError> {
    let Some(wanted) = &source.checksum else {
        return Ok(());
    };
    let found = hex::encode(Sha256::digest(bytes));
    if found.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(ProviderError {
        code: "ScriptChanged".into(),
        message: format!(
            "{} is not what its checksum says: its SHA-256 is {found}, not {wanted}. Give the group the new checksum if \
             the change is meant.",
            source.script_location
        ),
    })
}

#[cfg(feature = "aws")]
mod fetching {
    use openpcs_provider::ProviderError;
    use openpcs_provider::script::Location;
    use openpcs_provider_aws::script::Fetcher;
    use tokio::sync::OnceCell;

    /// Made when it is needed first: most servers have no scripts.
    #[derive(Default)]
    pub struct Lazy(OnceCell<Fetcher>);

    impl Lazy {
        pub async fn fetch(
            &self,
            location: &Location,
            most: usize,
        ) -> Result<Vec<u8>, ProviderError> {
            let fetcher = self.0.get_or_init(Fetcher::load).await;
            fetcher.fetch(location, most).await
        }
    }
}

#[cfg(not(feature = "aws"))]
mod fetching {
    use openpcs_provider::ProviderError;
    use openpcs_provider::script::Location;

    /// Neither TLS nor what signs for S3 is in this build.
    #[derive(Default)]
    pub struct Lazy;

    impl Lazy {
        pub async fn fetch(&self, at: &Location, _most: usize) -> Result<Vec<u8>, ProviderError> {
            Err(ProviderError {
                code: "AwsNotBuilt".into(),
                message: format!(
                    "{}: this build of the server cannot fetch scripts. Build it with the feature `aws`.",
                    at.address
                ),
            })
        }
    }
}
