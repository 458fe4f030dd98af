//! What was found by name, for a short while: the rules of a form ask for the same things at each of its fields.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openpcs_provider::ProviderError;

use super::kind::{Kind, VALUES};
use super::source::Source;

/// How long a thing that there is not stays unknown: people make it and try again.
const MISSING: Duration = Duration::from_secs(3);

pub struct Named<T> {
    /// None is for what there was not.
    known: Mutex<HashMap<String, (Instant, Option<T>)>>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named {
            known: Mutex::default(),
        }
    }
}

impl<T: Kind> Named<T> {
    /// Those of these names that there are.
    pub async fn get(
        &self,
        source: &Source,
        names: &BTreeSet<String>,
    ) -> Result<Vec<T>, ProviderError> {
        let (mut found, missing) = self.known(names);
        for part in parts(missing) {
            let mut new = T::named(source, &part).await?;
            // A filter takes `*` for any letters.
            new.retain(|it| part.contains(it.key()));
            self.learn(part, &new);
            found.extend(new);
        }
        Ok(found)
    }

    /// What is known of these, and of which nothing is.
    fn known(&self, names: &BTreeSet<String>) -> (Vec<T>, BTreeSet<String>) {
        let known = self.lock();
        let (mut found, mut missing) = (vec![], BTreeSet::new());
        for name in names.iter().filter(|name| !name.is_empty()) {
            match known.get(name).filter(|it| is_fresh(it)) {
                Some((_, it)) => found.extend(it.clone()),
                None => {
                    missing.insert(name.clone());
                }
            }
        }
        (found, missing)
    }

    fn learn(&self, asked: BTreeSet<String>, found: &[T]) {
        let now = Instant::now();
        let mut known = self.lock();
        known.retain(|_, it| is_fresh(it));
        known.extend(asked.into_iter().map(|name| {
            let it = found.iter().find(|it| it.key() == name);
            (name, (now, it.cloned()))
        }));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Option<T>)>> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh<T: Kind>((at, it): &(Instant, Option<T>)) -> bool {
    let most = match it {
        Some(_) => T::FOUND,
        None => MISSING,
    };
    at.elapsed() < most
}

/// As many as a call takes.
fn parts(names: BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let names: Vec<String> = names.into_iter().collect();
    names
        .chunks(VALUES)
        .map(|part| part.iter().cloned().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_for_so_many_names() {
        let names: BTreeSet<String> = (0..450).map(|number| format!("{number:03}")).collect();
        let parts = parts(names.clone());
        let sizes: Vec<usize> = parts.iter().map(BTreeSet::len).collect();
        assert_eq!(sizes, [200, 200, 50]);
        let together: BTreeSet<String> = parts.into_iter().flatten().collect();
        assert_eq!(together, names);
    }
}
