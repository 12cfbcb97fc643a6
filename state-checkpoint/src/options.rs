//! How checkpoints are read.

use state_api::{KeyGroups, Result, StateBackend};

use crate::digest::Digest;
use crate::logical;
use crate::manifest::Manifest;
use crate::progress::{Observer, Progress};
use crate::read_ahead;
use crate::restore::{self, RestoreSource};
use crate::storage::CheckpointStorage;
use crate::verify::{self, VerifyReport};

/// How a checkpoint is read: with how much memory, and who is told how far it is.
///
/// ```
/// # use state_api::{KeyGroups, Result};
/// # use state_checkpoint::{CheckpointStorage, Manifest, RestoreOptions};
/// # async fn example(storage: &dyn CheckpointStorage, manifest: &Manifest, groups: KeyGroups) -> Result<()> {
/// let options = RestoreOptions::default()
///     .with_buffer_bytes(8 << 20)
///     .with_progress(|progress| eprintln!("{progress:?}"));
/// let rows = options.open(storage, manifest, "counter", groups).await?;
/// # drop(rows);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RestoreOptions {
    pub(crate) buffer_bytes: usize,
    pub(crate) observer: Observer,
}

impl RestoreOptions {
    /// The default memory for reading: 64 MiB.
    pub const BUFFER_BYTES: usize = 64 << 20;

    /// Sets how much memory reading may take: the indexes of all runs concerned, what is read
    /// ahead of those that are merged at one time, at most 1 MiB each, and the rows that wait for the
    /// backend, at most 1 MiB.
    ///
    /// However little it is, each run that is merged has one block in memory besides (64 KiB as this
    /// crate writes them, or a row that is larger), and so have its range tombstones; and a run has
    /// at least one block read.
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer_bytes = bytes;
        self
    }

    /// Sets whom to tell how far the work is: about once per MiB, on the thread that reads.
    pub fn with_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(progress);
        self
    }

    /// As [`open_restore`](crate::open_restore), with these options.
    ///
    /// # Errors
    /// As [`open_restore`](crate::open_restore).
    pub async fn open<'a>(
        &self,
        storage: &'a dyn CheckpointStorage,
        manifest: &Manifest,
        operator: &str,
        groups: KeyGroups,
    ) -> Result<RestoreSource<'a>> {
        restore::open(storage, manifest, operator, groups, self).await
    }

    /// As [`restore`](crate::restore()), with these options. With a [`LocalFirst`](crate::LocalFirst) as the
    /// storage, runs come from a local copy where that is sound.
    ///
    /// # Errors
    /// As [`restore`](crate::restore()).
    pub async fn restore<B: StateBackend>(
        &self,
        storage: &dyn CheckpointStorage,
        manifest: &Manifest,
        operator: &str,
        backend: &mut B,
    ) -> Result<()> {
        let batches = read_ahead::bytes(self.buffer_bytes);
        let reading = self.clone().with_buffer_bytes(self.buffer_bytes - batches);
        let rows = reading.open(storage, manifest, operator, backend.key_groups());
        let rows = rows.await?;
        let states = rows.states().to_vec();
        read_ahead::read_ahead(rows, self.buffer_bytes, |rows| {
            backend.restore(&states, rows)
        })
    }

    /// As [`verify`](crate::verify()), with these options.
    ///
    /// # Errors
    /// As [`verify`](crate::verify()).
    pub async fn verify(
        &self,
        storage: &dyn CheckpointStorage,
        manifest: &Manifest,
    ) -> Result<VerifyReport> {
        verify::run(storage, manifest, self).await
    }

    /// As [`logical_digest`](crate::logical_digest), with these options.
    ///
    /// # Errors
    /// As [`logical_digest`](crate::logical_digest).
    pub async fn logical_digest(
        &self,
        storage: &dyn CheckpointStorage,
        manifest: &Manifest,
        operator: &str,
    ) -> Result<Digest> {
        logical::of_checkpoint(storage, manifest, operator, self).await
    }
}

impl Default for RestoreOptions {
    fn default() -> Self {
        Self {
            buffer_bytes: Self::BUFFER_BYTES,
            observer: Observer::default(),
        }
    }
}
