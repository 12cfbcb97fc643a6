//! A checkpoint in flight, as its coordinator holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use state_api::{Error, ErrorKind, KeyGroupRange, Result};

use crate::catalog;
use crate::job::{Shared, taken_over};
use crate::manifest::{Manifest, NativeRef, Part, Purpose, RunKind, RunRef, first_uncovered};
use crate::publish::{Checkpoint, publish};
use crate::record::{self, Record};
use crate::ticket::Ticket;

/// A checkpoint that was begun: hand its [ticket](Pending::ticket) to all workers, and publish the parts
/// that they return.
///
/// Dropping it gives it up, as [`abort`](Pending::abort) does, but leaves its pin to collection.
pub struct Pending {
    job: Arc<Shared>,
    ticket: Ticket,
    purpose: Purpose,
    started_ms: u64,
}

impl Pending {
    pub(crate) fn new(job: Arc<Shared>, ticket: Ticket, purpose: Purpose, started_ms: u64) -> Self {
        Self {
            job,
            ticket,
            purpose,
            started_ms,
        }
    }

    /// The id of the checkpoint.
    pub fn id(&self) -> u64 {
        self.ticket.checkpoint_id()
    }

    /// What workers have to know.
    pub fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// Publishes the parts of all workers of all operators, with `metadata` of the caller's, such as the
    /// positions of its sources. After `Ok` the checkpoint counts.
    ///
    /// # Errors
    /// - [`ErrorKind::Invalid`] when an operator's parts leave out a key group, a part refers to a file
    ///   that was neither written with this ticket nor belongs to a parent of it, or breaks a rule of
    ///   the manifest.
    /// - [`ErrorKind::Conflict`] when another job has taken over, the checkpoint took longer than the
    ///   grace period, newer ones have made it superfluous, or its savepoint's name was taken meanwhile.
    /// - Those of the storage; after [`ErrorKind::Io`] the checkpoint may count or not. Begin the next one.
    pub async fn publish(
        self,
        parts: Vec<Part>,
        metadata: BTreeMap<String, Value>,
    ) -> Result<Manifest> {
        let job = &*self.job;
        let storage = &*job.storage;
        self.check_coverage(&parts)?;
        let record = record::current(storage).await?;
        job.check_fence(&record)?;
        self.check_time()?;
        self.check_files(&parts).await?;
        let checkpoint = Checkpoint {
            max_parallelism: job.max_parallelism(),
            fence: job.fence,
            purpose: self.purpose.clone(),
            parts,
            metadata,
            created_ms: job.clock.now_ms(),
        };
        let manifest = publish(storage, &self.ticket, checkpoint).await?;
        // It exists. Whether it counts is said by a catalog that is read after it was written.
        let record = match &self.purpose {
            Purpose::Savepoint(name) => self.register(name).await?,
            _ => record::current(storage).await?,
        };
        if record.fence != job.fence {
            return Err(taken_over(job.fence, &record));
        }
        if !record.shows(&manifest) {
            return Err(superfluous(self.id(), &record));
        }
        job.remember(Arc::new(manifest.clone()));
        self.unpin().await;
        Ok(manifest)
    }

    /// Gives the checkpoint up. Files that were written for it are left to collection.
    pub async fn abort(self) {
        self.unpin().await;
    }

    /// Takes the pin away. If that fails, collection does it.
    async fn unpin(&self) {
        let _ = self.job.storage.delete(&self.ticket.owner().pin()).await;
    }

    /// Each operator's parts hold all key groups: a lost part must not look like a whole checkpoint.
    fn check_coverage(&self, parts: &[Part]) -> Result<()> {
        for part in parts.iter().filter(|part| part.native.is_none()) {
            let bases = part.runs.iter().filter(|run| run.kind == RunKind::Base);
            if let Some(group) = first_uncovered(part.key_groups, bases.map(|run| run.clip)) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "a part has changes of a key group and no rows that they apply to",
                )
                .with("operator", &part.operator)
                .with("key_group", group)
                .with("id", self.id()));
            }
        }
        let all = KeyGroupRange::new(0, self.job.max_parallelism().saturating_sub(1))?;
        let operators: BTreeSet<_> = parts.iter().map(|part| &part.operator).collect();
        for operator in operators {
            let held = parts.iter().filter(|part| part.operator == *operator);
            if let Some(group) = first_uncovered(all, held.map(|part| part.key_groups)) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "the parts of an operator leave out a key group: publish those of all workers together",
                )
                .with("operator", operator)
                .with("key_group", group)
                .with("id", self.id()));
            }
        }
        Ok(())
    }

    /// Files are new, or those of a parent that is pinned.
    async fn check_files(&self, parts: &[Part]) -> Result<()> {
        let owner = self.ticket.owner();
        let runs = parts.iter().flat_map(|part| &part.runs);
        let mut runs: Vec<_> = runs.filter(|run| !owner.owns(&run.path)).collect();
        let native = parts.iter().filter_map(|part| part.native.as_ref());
        let native = native.flat_map(|native| &native.files).map(NativeRef::file);
        let mut native: Vec<_> = native.filter(|file| !owner.owns(file.path)).collect();
        for parent in self.ticket.parents().iter().rev() {
            if runs.is_empty() && native.is_empty() {
                break;
            }
            let manifest = self.parent(*parent).await?;
            let held: Vec<_> = manifest.parts.iter().flat_map(|part| &part.runs).collect();
            runs.retain(|run| !held.iter().any(|held| held.covers(run)));
            let held: Vec<_> = manifest.parts.iter().flat_map(Part::files).collect();
            native.retain(|file| !held.contains(file));
        }
        let unknown = runs.into_iter().map(RunRef::file).chain(native).next();
        match unknown {
            None => Ok(()),
            Some(file) => Err(Error::new(
                ErrorKind::Invalid,
                "a part refers to a file that was not written for this checkpoint, nor is a parent's as it is",
            )
            .with("file", file.path)
            .with("id", self.id())
            .with("parents", format_args!("{:?}", self.ticket.parents()))),
        }
    }

    /// The manifest of a parent. It is pinned, so it is there even if it does not count any more;
    /// unless collection has given this checkpoint up.
    async fn parent(&self, id: u64) -> Result<Arc<Manifest>> {
        let known = self.job.known().manifests.get(&id).cloned();
        if let Some(manifest) = known {
            return Ok(manifest);
        }
        match catalog::read(&*self.job.storage, id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::new(
                ErrorKind::Conflict,
                "the checkpoint took longer than collection waits for it, and what it builds on is gone: \
                 take the next one",
            )
            .with("id", self.id())
            .with("parent", id)
            .with_source(error)),
            manifest => Ok(Arc::new(manifest?)),
        }
    }

    /// Past the grace period collection may have given up the id: say so before anything is written.
    fn check_time(&self) -> Result<()> {
        let taken_ms = self.job.clock.now_ms().saturating_sub(self.started_ms);
        if u128::from(taken_ms) <= self.job.grace().as_millis() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the checkpoint took longer than the grace period: take the next one, or allow more",
        )
        .with("id", self.id())
        .with("taken_ms", taken_ms)
        .with("grace_ms", self.job.grace().as_millis()))
    }

    /// Enters the savepoint into the catalog.
    async fn register(&self, name: &str) -> Result<Record> {
        record::update(&*self.job.storage, |record| {
            self.job.check_fence(record)?;
            if self.id() < record.first {
                return Err(superfluous(self.id(), record));
            }
            match record.savepoints.get(name) {
                Some(id) if *id == self.id() => Ok(false),
                Some(id) => Err(Error::new(
                    ErrorKind::Conflict,
                    "there is a savepoint of that name",
                )
                .with("savepoint", name)
                .with("checkpoint", id)),
                None => {
                    record.savepoints.insert(name.to_owned(), self.id());
                    Ok(true)
                }
            }
        })
        .await
    }
}

#[cold]
fn superfluous(id: u64, record: &Record) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "newer checkpoints were published and retained meanwhile, so that this one does not count",
    )
    .with("id", id)
    .with("first", record.first)
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("ticket", &self.ticket)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}
