//! Collection: removes what no checkpoint that counts refers to. Mark and sweep, from the manifests.
//!
//! What makes it safe is the order in which it looks, not a clock: first the catalog, then the runs,
//! then the pins, then the manifests.
//!
//! - A run that is in the list had its pin before. So the pin is in the list too, or its checkpoint was
//!   decided, and then the manifests show it.
//! - A checkpoint whose pin came after the list looked at the catalog after that, and so reuses
//!   files only of checkpoints that still count here.
//! - Before anything goes that a publisher might still refer to, its id is given up by the same
//!   create-only write by which it would publish. One of the two wins, and the other knows. The
//!   grace period only says how long to wait with that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use state_api::{Clock, Error, ErrorKind, Result};

use crate::catalog;
use crate::job::GRACE;
use crate::manifest::{Manifest, Part, Purpose};
use crate::names::{self, CATALOG, MANIFESTS, NATIVE, Owner, PINS, RUNS, number_of};
use crate::pin::{self, Pin};
use crate::publish::give_up;
use crate::record::{self, KEPT, Record};
use crate::storage::CheckpointStorage;

/// How often a removal whose answer was lost is asked for again.
const ATTEMPTS: u32 = 3;

/// How files are collected.
#[derive(Clone, Copy, Debug)]
pub struct GcOptions {
    grace: Duration,
    delete: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self {
            grace: GRACE,
            delete: false,
        }
    }
}

impl GcOptions {
    /// Removes files. Without it nothing is changed, and the report says what would be.
    pub fn with_delete(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Sets for how long a checkpoint that was begun and not published is left alone. Safe at any
    /// value: too short a time gives up checkpoints that are still being written, and they fail. Default:
    /// 24 hours.
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

/// What a collection removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Number of files that are referred to, or belong to checkpoints in flight.
    pub kept: u64,
    /// Paths of the files that go, ascending: runs, and files of engines.
    pub files: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// Ids of manifests that do not count any more, ascending.
    pub manifests: Vec<u64>,
    /// Ids of checkpoints in flight that took too long, ascending.
    pub given_up: Vec<u64>,
    /// Number of pins, old records of the catalog and temporary files that go; the latter are not counted
    /// in a dry run.
    pub other: u64,
    /// Files beside them that are none of ours; they stay.
    pub foreign: Vec<String>,
}

/// Collects what nothing refers to: runs, manifests that do not count any more, and what was left of
/// checkpoints that were never published. A dry run unless the options say otherwise. Any process may
/// do it at any time.
///
/// Never removes a file of a checkpoint that counts, or that a checkpoint in flight may refer to. Cost:
/// reads every manifest, lists every file, and removes one file after the other.
///
/// # Errors
/// [`ErrorKind::Corrupt`] and [`ErrorKind::Unsupported`] when a manifest, pin or the catalog does not
/// read, before anything is removed: what they refer to is not known. Those of the storage; what was
/// not removed then is removed next time.
pub async fn gc(
    storage: &dyn CheckpointStorage,
    clock: &dyn Clock,
    options: &GcOptions,
) -> Result<GcReport> {
    let mut sweep = Sweep::look(storage, clock.now_ms(), options).await?;
    sweep.decide().await?;
    sweep.report().await
}

struct Sweep<'a> {
    storage: &'a dyn CheckpointStorage,
    options: &'a GcOptions,
    now_ms: u64,
    record: Record,
    /// Paths of the runs and of engines' files.
    files: Vec<String>,
    pins: Vec<Pin>,
    manifests: BTreeMap<u64, Manifest>,
    given_up: BTreeSet<u64>,
}

impl<'a> Sweep<'a> {
    /// Looks at everything, in the order that matters.
    async fn look(
        storage: &'a dyn CheckpointStorage,
        now_ms: u64,
        options: &'a GcOptions,
    ) -> Result<Self> {
        let record = record::current(storage).await?;
        let mut files = Vec::new();
        for dir in [NATIVE, RUNS] {
            let names = storage.list(dir).await?;
            files.extend(names.iter().map(|name| format!("{dir}/{name}")));
        }
        let pins = pin::all(storage).await?;
        let mut manifests = BTreeMap::new();
        for name in storage.list(MANIFESTS).await? {
            let id = number_of(&name).ok_or_else(|| {
                Error::new(
                    ErrorKind::Corrupt,
                    "a file among the manifests is none: what it refers to is not known",
                )
                .with("file", format_args!("{MANIFESTS}/{name}"))
                .with("offset", 0)
            })?;
            match catalog::read(storage, id).await {
                // Another collection took it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                manifest => {
                    manifests.insert(id, manifest?);
                }
            }
        }
        Ok(Self {
            storage,
            options,
            now_ms,
            record,
            files,
            pins,
            manifests,
            given_up: BTreeSet::new(),
        })
    }

    /// Whether nobody can publish under an id any more what counts.
    fn is_decided(&self, id: u64) -> bool {
        self.manifests.contains_key(&id) || !self.record.retains(id)
    }

    fn is_expired(&self, pin: &Pin) -> bool {
        let age_ms = self.now_ms.saturating_sub(pin.created_ms);
        u128::from(age_ms) > self.options.grace.as_millis()
    }

    fn is_live(&self, pin: &Pin) -> bool {
        !self.is_decided(pin.owner().id) && !self.given_up.contains(&pin.owner().id)
    }

    /// Gives up the ids of checkpoints that took too long, and of those that were aborted but for their
    /// files.
    async fn decide(&mut self) -> Result<()> {
        let expired = self.pins.iter().filter(|pin| self.is_expired(pin));
        let expired: BTreeSet<_> = expired.map(|pin| pin.owner().id).collect();
        let waiting: BTreeSet<_> = self.pins.iter().map(Pin::owner).collect();
        let owners = self.files.iter().filter_map(|path| Owner::of_file(path));
        let left: BTreeSet<_> = owners
            .filter(|owner| !waiting.contains(owner))
            .map(|owner| owner.id)
            .collect();
        // A live pin of another attempt holds the id; it will decide.
        let held: BTreeSet<_> = waiting.iter().map(|owner| owner.id).collect();
        for id in expired.iter().chain(left.difference(&held)) {
            if self.is_decided(*id) {
                continue;
            }
            if !self.options.delete {
                self.given_up.insert(*id);
                continue;
            }
            let manifest = give_up(self.storage, *id, self.now_ms).await?;
            if manifest.purpose == Purpose::Void {
                self.given_up.insert(*id);
            }
            self.manifests.insert(*id, manifest);
        }
        Ok(())
    }

    /// Paths that are referred to by checkpoints that count or may be by ones in flight.
    fn marked(&self) -> BTreeSet<&str> {
        let live = self.pins.iter().filter(|pin| self.is_live(pin));
        let pinned: BTreeSet<u64> = live.flat_map(|pin| pin.parents.iter().copied()).collect();
        self.manifests
            .iter()
            .filter(|(id, manifest)| self.record.shows(manifest) || pinned.contains(id))
            .flat_map(|(_, manifest)| &manifest.parts)
            .flat_map(Part::files)
            .map(|file| file.path)
            .collect()
    }

    async fn report(&self) -> Result<GcReport> {
        let marked = self.marked();
        let mut report = GcReport {
            dry_run: !self.options.delete,
            given_up: self.given_up.iter().copied().collect(),
            ..GcReport::default()
        };
        for path in &self.files {
            let Some(owner) = Owner::of_file(path) else {
                if !marked.contains(path.as_str()) {
                    report.foreign.push(path.clone());
                }
                continue;
            };
            let dead = self.is_decided(owner.id) || self.given_up.contains(&owner.id);
            // A live pin is of an id that is not decided: it keeps what was written for it.
            if marked.contains(path.as_str()) || !dead {
                report.kept += 1;
                continue;
            }
            report.bytes += self.size(path).await?;
            self.remove(path).await?;
            report.files.push(path.clone());
        }
        self.remove_manifests(&mut report).await?;
        for pin in self.pins.iter().filter(|pin| !self.is_live(pin)) {
            self.remove(&pin.owner().pin()).await?;
            report.other += 1;
        }
        if self.options.delete {
            let grace_ms = u64::try_from(self.options.grace.as_millis()).unwrap_or(u64::MAX);
            let before_ms = self.now_ms.saturating_sub(grace_ms);
            for dir in [CATALOG, MANIFESTS, NATIVE, PINS, RUNS] {
                report.other += self.storage.discard_unfinished(dir, before_ms).await?;
            }
        }
        for name in self.storage.list(CATALOG).await? {
            let old = |seq: u64| {
                seq.checked_add(KEPT)
                    .is_some_and(|end| end <= self.record.seq)
            };
            if let Some(seq) = number_of(&name).filter(|seq| old(*seq)) {
                self.remove(&names::record(seq)).await?;
                report.other += 1;
            }
        }
        Ok(report)
    }

    /// Removes the manifests below the first id that counts, but those of savepoints and those that
    /// something in flight pins.
    async fn remove_manifests(&self, report: &mut GcReport) -> Result<()> {
        let live = self.pins.iter().filter(|pin| self.is_live(pin));
        let pinned: BTreeSet<_> = live.flat_map(|pin| pin.parents.iter().copied()).collect();
        for id in self.manifests.keys() {
            // An id stays taken until all ids up to it are out of account: free, it would be there for
            // a publisher that was paused.
            if self.record.retains(*id) || pinned.contains(id) {
                continue;
            }
            self.remove(&names::manifest(*id)).await?;
            report.manifests.push(*id);
        }
        Ok(())
    }

    /// The size of a file; of one that is gone, 0.
    async fn size(&self, path: &str) -> Result<u64> {
        match self.storage.size(path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            size => size,
        }
    }

    /// Removes a file, unless this is a dry run.
    async fn remove(&self, path: &str) -> Result<()> {
        if !self.options.delete {
            return Ok(());
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.storage.delete(path).await {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Io && attempt < ATTEMPTS => {}
                deleted => return deleted,
            }
        }
    }
}
