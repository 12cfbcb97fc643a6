//! A job: the one who publishes checkpoints into a storage.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use state_api::{Clock, Error, ErrorKind, Result};

use crate::catalog;
use crate::create::{Created, create};
use crate::gc::{self, GcOptions, GcReport};
use crate::manifest::{Manifest, Purpose};
use crate::names::{MANIFESTS, Owner, PINS, number_of};
use crate::pending::Pending;
use crate::pin::Pin;
use crate::record::{self, Record};
use crate::storage::CheckpointStorage;
use crate::ticket::Ticket;

/// How long a checkpoint may take, from its beginning until it is published, if nothing else is said.
pub const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// How a job takes checkpoints.
#[derive(Clone, Copy, Debug)]
pub struct JobOptions {
    max_parallelism: u16,
    grace: Duration,
}

impl JobOptions {
    /// For a job of `max_parallelism` key groups, which is fixed for the life of its state.
    pub fn new(max_parallelism: u16) -> Self {
        Self {
            max_parallelism,
            grace: GRACE,
        }
    }

    /// Sets how long a checkpoint may take. Not more than [`GcOptions::with_grace`] of those who
    /// collect, or they give up checkpoints that are still being written. Default: 24 hours.
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

/// The coordinator of a job's checkpoints: begins them, collects the parts of all workers, publishes,
/// retains.
///
/// Opening one takes over: a job that was opened before on the same storage, and may still run
/// somewhere, cannot publish any more what counts. Cheap to clone; clones are one job.
///
/// # Laws
/// 1. A checkpoint is reported complete only when it exists, durably, and counts: every
///    [`latest`](crate::latest) from then on gives it or a newer one.
/// 2. A checkpoint that is not reported complete is not there, or is there whole.
/// 3. Files are reused only from checkpoints that count, and are pinned meanwhile: collection never
///    takes a file from a checkpoint that counts, however late it is published.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Arc;
///
/// use state_api::{Result, StateBackend, SystemClock};
/// use state_checkpoint::{Job, JobOptions, Lineage, MemoryStorage, Strategy, WriteOptions};
///
/// /// Takes one checkpoint of one worker.
/// async fn take<B: StateBackend>(job: &Job, backend: &mut B, lineage: &mut Lineage) -> Result<u64> {
///     let pending = job.begin().await?;
///     // The owner only freezes; the rest may run on any other thread.
///     let task = lineage.take(pending.ticket(), backend, &Strategy::Full)?;
///     let epoch = task.epoch();
///     let written = task.write(&**job.storage(), &WriteOptions::default()).await?;
///     let manifest = pending.publish(vec![written.part], BTreeMap::new()).await?;
///     lineage.confirm(backend, &manifest, epoch)?;
///     Ok(manifest.checkpoint_id)
/// }
///
/// # async fn open() -> Result<Job> {
/// let storage = Arc::new(MemoryStorage::new());
/// let job = Job::open(storage, Arc::new(SystemClock), JobOptions::new(128)).await?;
/// # Ok(job)
/// # }
/// ```
#[derive(Clone)]
pub struct Job(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) storage: Arc<dyn CheckpointStorage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: JobOptions,
    pub(crate) fence: u64,
    known: Mutex<Known>,
}

/// What the job remembers.
#[derive(Default)]
pub(crate) struct Known {
    next_id: u64,
    /// Manifests that were published or looked at, by id.
    pub(crate) manifests: BTreeMap<u64, Arc<Manifest>>,
}

impl Job {
    /// Takes over the checkpoints of `storage`.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] when the latest checkpoint has another max parallelism,
    /// [`ErrorKind::Conflict`] when another job takes over at the same time; [`ErrorKind::Corrupt`] and
    /// [`ErrorKind::Unsupported`] when the catalog or the latest manifest does not read; those of the
    /// storage.
    pub async fn open(
        storage: Arc<dyn CheckpointStorage>,
        clock: Arc<dyn Clock>,
        options: JobOptions,
    ) -> Result<Self> {
        if let Some(latest) = catalog::latest(&*storage).await?
            && latest.max_parallelism != options.max_parallelism
        {
            return Err(Error::new(
                ErrorKind::Mismatch,
                "the checkpoints have another max parallelism, which is fixed for the life of a state",
            )
            .with("checkpoint", latest.checkpoint_id)
            .with("its_max_parallelism", latest.max_parallelism)
            .with("given", options.max_parallelism));
        }
        // First nobody older may report success any more; then what older ones have published is
        // looked at; then all that comes from them is taken out of account. In one step, a checkpoint
        // could be reported complete after the look and be lost.
        let announced = record::update(&*storage, |record| {
            record.fence = record.fence.checked_add(1).ok_or_else(exhausted)?;
            Ok(true)
        });
        let fence = announced.await?.fence;
        let (first_id, next_id) = Self::next_ids(&*storage).await?;
        record::update(&*storage, |record| {
            if record.fence != fence {
                return Err(taken_over(fence, record));
            }
            record.fence_from(first_id);
            Ok(true)
        })
        .await?;
        let known = Known {
            next_id,
            manifests: BTreeMap::new(),
        };
        Ok(Self(Arc::new(Shared {
            storage,
            clock,
            options,
            fence,
            known: Mutex::new(known),
        })))
    }

    /// The first id above those of all manifests, and the first one above those that others have
    /// begun as well.
    async fn next_ids(storage: &dyn CheckpointStorage) -> Result<(u64, u64)> {
        let pins = storage.list(PINS).await?;
        let begun = pins.iter().filter_map(|name| Owner::of_pin(name));
        let begun = begun.map(|owner| owner.id).max();
        let manifests = storage.list(MANIFESTS).await?;
        let used = manifests.iter().filter_map(|name| number_of(name)).max();
        let floor = record::current(storage).await?.first.max(1);
        let after = |last: Option<u64>| match last {
            None => Ok(floor),
            Some(last) => last
                .checked_add(1)
                .ok_or_else(exhausted)
                .map(|next| next.max(floor)),
        };
        Ok((after(used)?, after(used.max(begun))?))
    }

    /// Where the checkpoints lie.
    pub fn storage(&self) -> &Arc<dyn CheckpointStorage> {
        &self.0.storage
    }

    /// The fencing epoch: that of a job that takes over later is higher.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// The latest checkpoint: see [`latest`](crate::latest).
    ///
    /// # Errors
    /// As there.
    pub async fn latest(&self) -> Result<Option<Manifest>> {
        catalog::latest(&*self.0.storage).await
    }

    /// Begins a checkpoint, under the next id. Several may be in flight. Writes one small file, and
    /// pins all checkpoints that count.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when another job has taken over; those of the storage.
    pub async fn begin(&self) -> Result<Pending> {
        self.begin_as(Purpose::Checkpoint).await
    }

    /// Begins a savepoint: a checkpoint that is kept under a name until
    /// [`forget_savepoint`](Job::forget_savepoint).
    ///
    /// # Errors
    /// As [`Job::begin`]; [`ErrorKind::Conflict`] when there is a savepoint of that name,
    /// [`ErrorKind::Invalid`] when the name is not 1 to 128 bytes of `a-z 0-9 . _ -` or starts with a dot.
    pub async fn begin_savepoint(&self, name: &str) -> Result<Pending> {
        if !crate::storage::is_name(name) {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a savepoint's name is 1 to 128 bytes of a-z 0-9 . _ - and does not start with a dot",
            )
            .with("name", name.escape_debug()));
        }
        self.begin_as(Purpose::Savepoint(name.to_owned())).await
    }

    async fn begin_as(&self, purpose: Purpose) -> Result<Pending> {
        let shared = &self.0;
        let storage = &*shared.storage;
        let parents = shared
            .check(&record::current(storage).await?, &purpose)
            .await?;
        let id = {
            let mut known = shared.known();
            let id = known.next_id;
            known.next_id = id.checked_add(1).ok_or_else(exhausted)?;
            id
        };
        let mut ticket = Ticket::new(id, parents.clone())?;
        let started_ms = shared.clock.now_ms();
        let owner = ticket.owner();
        let pin = Pin::new(&owner, started_ms, parents).to_bytes()?;
        if create(storage, &owner.pin(), &pin).await? != Created::Ours {
            return Err(
                Error::new(ErrorKind::Corrupt, "a pin has a name that was just drawn")
                    .with("file", owner.pin()),
            );
        }
        // Only what counts *after* it was pinned is safe from a collection that began before.
        let record = record::current(storage).await?;
        let still = shared.check(&record, &purpose).await?;
        let mut parents = ticket.parents().to_vec();
        parents.retain(|parent| still.binary_search(parent).is_ok());
        ticket.set_parents(parents);
        Ok(Pending::new(
            Arc::clone(shared),
            ticket,
            purpose,
            started_ms,
        ))
    }

    /// Keeps the newest `count` checkpoints, at least one, and all savepoints; older checkpoints do
    /// not count any more. Their files go with the next [`gc`](Job::gc). Returns the ids that went.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when another job has taken over; as [`list`](crate::list).
    pub async fn retain(&self, count: usize) -> Result<Vec<u64>> {
        let storage = &*self.0.storage;
        let record = record::current(storage).await?;
        let mut checkpoints = Vec::new();
        for id in catalog::list(storage).await? {
            if !record.savepoints.values().any(|kept| *kept == id) {
                checkpoints.push(id);
            }
        }
        let Some(position) = checkpoints.len().checked_sub(count.max(1)) else {
            return Ok(Vec::new());
        };
        let gone = checkpoints.get(..position).unwrap_or_default().to_vec();
        let Some(&first) = checkpoints.get(position).filter(|_| !gone.is_empty()) else {
            return Ok(Vec::new());
        };
        record::update(storage, |record| {
            self.0.check_fence(record)?;
            let changes = first > record.first;
            record.first = record.first.max(first);
            Ok(changes)
        })
        .await?;
        self.0.known().manifests.retain(|id, _| *id >= first);
        Ok(gone)
    }

    /// Lets a savepoint go. It goes with the checkpoints of its age.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none of that name; [`ErrorKind::Conflict`] when another job
    /// has taken over; those of the storage.
    pub async fn forget_savepoint(&self, name: &str) -> Result<()> {
        record::update(&*self.0.storage, |record| {
            self.0.check_fence(record)?;
            if record.savepoints.remove(name).is_none() {
                return Err(Error::new(ErrorKind::NotFound, "no savepoint of that name")
                    .with("savepoint", name));
            }
            Ok(true)
        })
        .await
        .map(drop)
    }

    /// Collects what nothing refers to: see [`gc`](crate::gc()). A dry run unless the options say
    /// otherwise.
    ///
    /// # Errors
    /// As there.
    pub async fn gc(&self, options: &GcOptions) -> Result<GcReport> {
        gc::gc(&*self.0.storage, &*self.0.clock, options).await
    }
}

impl Shared {
    /// Nothing panics while it holds the lock, and each change is one call.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses when another job has taken over.
    pub(crate) fn check_fence(&self, record: &Record) -> Result<()> {
        if record.fence == self.fence {
            Ok(())
        } else {
            Err(taken_over(self.fence, record))
        }
    }

    /// Checks that a checkpoint for `purpose` may be begun. Returns the checkpoints that count,
    /// ascending.
    async fn check(&self, record: &Record, purpose: &Purpose) -> Result<Vec<u64>> {
        self.check_fence(record)?;
        if let Purpose::Savepoint(name) = purpose
            && let Some(id) = record.savepoints.get(name)
        {
            return Err(
                Error::new(ErrorKind::Conflict, "there is a savepoint of that name")
                    .with("savepoint", name)
                    .with("checkpoint", id),
            );
        }
        let mut parents = Vec::new();
        let names = self.storage.list(MANIFESTS).await?;
        for id in names.iter().filter_map(|name| number_of(name)) {
            if let Some(manifest) = self.manifest(record, id).await? {
                parents.push(manifest.checkpoint_id);
            }
        }
        Ok(parents)
    }

    /// A manifest that counts, remembered or read.
    pub(crate) async fn manifest(&self, record: &Record, id: u64) -> Result<Option<Arc<Manifest>>> {
        let remembered = self.known().manifests.get(&id).cloned();
        if let Some(manifest) = remembered {
            return Ok(record.shows(&manifest).then_some(manifest));
        }
        let Some(manifest) = catalog::visible(&*self.storage, record, id).await? else {
            return Ok(None);
        };
        let manifest = Arc::new(manifest);
        self.remember(Arc::clone(&manifest));
        Ok(Some(manifest))
    }

    pub(crate) fn remember(&self, manifest: Arc<Manifest>) {
        let id = manifest.checkpoint_id;
        self.known().manifests.insert(id, manifest);
    }

    pub(crate) fn max_parallelism(&self) -> u16 {
        self.options.max_parallelism
    }

    pub(crate) fn grace(&self) -> Duration {
        self.options.grace
    }
}

#[cold]
pub(crate) fn taken_over(fence: u64, record: &Record) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "another job has taken over these checkpoints: stop this one",
    )
    .with("fence", fence)
    .with("newest_fence", record.fence)
}

#[cold]
fn exhausted() -> Error {
    Error::new(ErrorKind::Invalid, "no number is left")
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("storage", &self.storage)
            .field("fence", &self.fence)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
