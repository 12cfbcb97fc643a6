//! The catalog: which of the manifests that are there count.
//!
//! A manifest cannot be overwritten, and to delete one leaves its id free for a publisher that comes
//! late. So what counts is said apart: by the newest of a row of numbered records, each created
//! only if its number is free. Whoever changes the catalog reads the newest record and creates the
//! next: of two who do so at once, one wins, and the other reads again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};

use crate::create::{Created, create, read_all};
use crate::damage::corrupt;
use crate::manifest::{Manifest, Purpose};
use crate::names::{self, CATALOG, number_of};
use crate::sealed;
use crate::storage::CheckpointStorage;
use crate::unique::unique_id;

const NAME: &str = "record";
const FORMAT: u16 = 1;

/// How often a change is tried when others change the catalog at the same time.
const ATTEMPTS: u32 = 64;

/// How many old records stay. A writer that slept while so many were created finds its number free
/// again; it sees the distance to the newest one and knows that it came too late.
pub(crate) const KEPT: u64 = 64;

/// A state of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    format_version: u16,
    pub(crate) seq: u64,
    commit_id: String,
    /// The newest fencing epoch: only the job that holds it may publish.
    pub(crate) fence: u64,
    /// From which id on manifests of older jobs do not count.
    fences: Vec<Fence>,
    /// Checkpoints below this id do not count any more, but for the savepoints.
    pub(crate) first: u64,
    /// The savepoints, by name.
    pub(crate) savepoints: BTreeMap<String, u64>,
}

/// Manifests with an id from `first_id` on count only with this fence or a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fence {
    fence: u64,
    first_id: u64,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            format_version: FORMAT,
            seq: 0,
            commit_id: String::new(),
            fence: 0,
            fences: Vec::new(),
            first: 0,
            savepoints: BTreeMap::new(),
        }
    }
}

impl Record {
    /// Whether a manifest of this id may count, as far as the id tells.
    pub(crate) fn retains(&self, id: u64) -> bool {
        id >= self.first || self.savepoints.values().any(|kept| *kept == id)
    }

    /// Whether a manifest counts.
    pub(crate) fn shows(&self, manifest: &Manifest) -> bool {
        match &manifest.purpose {
            Purpose::Void => false,
            Purpose::Savepoint(name)
                if self.savepoints.get(name) == Some(&manifest.checkpoint_id) =>
            {
                true
            }
            _ => {
                manifest.checkpoint_id >= self.first
                    && !self.is_fenced(manifest.fence, manifest.checkpoint_id)
            }
        }
    }

    /// Whether a job with `fence` has lost the right to publish `id`.
    pub(crate) fn is_fenced(&self, fence: u64, id: u64) -> bool {
        self.fences
            .iter()
            .any(|newer| newer.fence > fence && id >= newer.first_id)
    }

    /// The newest fence takes effect from `first_id` on.
    pub(crate) fn fence_from(&mut self, first_id: u64) {
        self.fences.push(Fence {
            fence: self.fence,
            first_id,
        });
        // Of those that hold for every id that can count, the newest one says it all.
        let everywhere = self.fences.iter().rposition(|f| f.first_id <= self.first);
        if let Some(newest) = everywhere {
            self.fences.drain(..newest);
        }
    }
}

/// The newest record.
///
/// # Errors
/// Those of the storage, and [`ErrorKind::Corrupt`], [`ErrorKind::Unsupported`]: without it nothing
/// is known to count.
pub(crate) async fn current(storage: &dyn CheckpointStorage) -> Result<Record> {
    for _ in 0..ATTEMPTS {
        let Some(seq) = newest(storage).await? else {
            return Ok(Record::default());
        };
        match read(storage, seq).await {
            // It was collected, because many newer ones were created meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            record => return record,
        }
    }
    Err(contended())
}

async fn newest(storage: &dyn CheckpointStorage) -> Result<Option<u64>> {
    let names = storage.list(CATALOG).await?;
    Ok(names.iter().filter_map(|name| number_of(name)).max())
}

async fn read(storage: &dyn CheckpointStorage, seq: u64) -> Result<Record> {
    let path = names::record(seq);
    decode(&read_all(storage, &path).await?, seq, &path)
}

fn decode(bytes: &[u8], seq: u64, path: &str) -> Result<Record> {
    let record: Record = sealed::decode(NAME, bytes, FORMAT, path)?;
    if record.seq != seq {
        return Err(corrupt(path, 0, "a record lies under the name of another")
            .with("expected", seq)
            .with("found", record.seq));
    }
    Ok(record)
}

/// Changes the catalog: `change` makes the next record of the current one, or says `false` when there is
/// nothing to change. It may run several times. Returns the record that holds then.
///
/// # Errors
/// Those of `change` and of the storage; [`ErrorKind::Conflict`] when others change the catalog all
/// the time.
pub(crate) async fn update(
    storage: &dyn CheckpointStorage,
    mut change: impl FnMut(&mut Record) -> Result<bool>,
) -> Result<Record> {
    for _ in 0..ATTEMPTS {
        let mut record = current(storage).await?;
        if !change(&mut record)? {
            return Ok(record);
        }
        record.seq = record
            .seq
            .checked_add(1)
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "the catalog has no number left"))?;
        record.commit_id = unique_id()?;
        let bytes = sealed::encode(NAME, &record)?;
        let created = create(storage, &names::record(record.seq), &bytes).await?;
        if created != Created::Ours {
            continue;
        }
        let newest = newest(storage).await?.unwrap_or(record.seq);
        // Created below records that are newer by far: the number had been used and collected.
        if newest.saturating_sub(record.seq) < KEPT / 2 {
            return Ok(record);
        }
    }
    Err(contended())
}

#[cold]
fn contended() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "others change the catalog of checkpoints all the time: try again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::MANIFEST_FORMAT;

    #[test]
    fn says_which_manifests_count() {
        let mut record = Record {
            fence: 2,
            first: 5,
            savepoints: [("old", 3), ("new", 8)]
                .map(|(name, id)| (name.to_owned(), id))
                .into(),
            ..Record::default()
        };
        record.fence_from(7);
        let named = |name: &str| Purpose::Savepoint(name.to_owned());
        for (purpose, id, fence, counts) in [
            (Purpose::Checkpoint, 4, 2, false),
            (Purpose::Checkpoint, 5, 2, true),
            (Purpose::Checkpoint, 6, 1, true),
            (Purpose::Checkpoint, 7, 1, false),
            (Purpose::Checkpoint, 7, 2, true),
            (Purpose::Checkpoint, 7, 3, true),
            // Registered, whatever else.
            (named("old"), 3, 1, true),
            (named("new"), 8, 1, true),
            // A checkpoint like others, as long as it is not registered.
            (named("old"), 4, 2, false),
            (named("other"), 3, 2, false),
            (named("new"), 7, 1, false),
            (named("new"), 7, 2, true),
            (Purpose::Void, 6, 1, false),
            (Purpose::Void, 9, 2, false),
        ] {
            let manifest = Manifest {
                format_version: MANIFEST_FORMAT,
                checkpoint_id: id,
                commit_id: String::new(),
                key_group_layout: 1,
                max_parallelism: 1,
                created_ms: 0,
                fence,
                purpose,
                parts: Vec::new(),
                metadata: BTreeMap::new(),
            };
            assert_eq!(record.shows(&manifest), counts, "{manifest:?}");
        }
    }

    #[test]
    fn fences_that_are_dropped_hold_for_no_id_that_counts() {
        // All ways to take over four times, each from an id on, while retention moves on or not.
        for choice in 0..4_u64.pow(4) * 2_u64.pow(4) {
            let (mut record, mut all) = (Record::default(), Vec::new());
            for step in 0..4 {
                let first_id = choice >> (2 * step) & 3;
                record.first += choice >> (8 + step) & 1;
                record.fence += 1;
                record.fence_from(first_id);
                all.push((record.fence, first_id));
                for fence in 0..=record.fence {
                    for id in record.first..6 {
                        let fenced = all.iter().any(|(f, first)| *f > fence && id >= *first);
                        assert_eq!(
                            record.is_fenced(fence, id),
                            fenced,
                            "{record:?} {fence} {id}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn takeovers_do_not_add_up() {
        let mut record = Record::default();
        for fence in 1..100 {
            record.fence = fence;
            record.first = fence;
            record.fence_from(fence);
            assert_eq!(record.fences.len(), 1);
        }
    }
}
