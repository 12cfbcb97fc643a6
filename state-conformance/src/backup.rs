//! Checkpoints in memory, taken and restored by the crate that does so in earnest.

use std::collections::BTreeMap;

use pollster::block_on;
use state_api::{KeyGroups, Result, StateBackend, StateView};
use state_checkpoint::{
    Checkpoint, Digest, Manifest, MemoryStorage, PartTask, Purpose, RestoreSource, Ticket,
    WriteOptions, logical_digest, open_restore, publish,
};

const OPERATOR: &str = "suite";

/// A published checkpoint, in memory.
#[derive(Debug)]
pub struct Backup {
    storage: MemoryStorage,
    manifest: Manifest,
}

impl Backup {
    /// A checkpoint with a part for each view.
    ///
    /// # Errors
    /// What the views meet.
    pub fn of<V: StateView>(views: impl IntoIterator<Item = V>) -> Result<Self> {
        let storage = MemoryStorage::new();
        let ticket = Ticket::unpinned(1)?;
        let options = WriteOptions::default();
        let mut parts = Vec::new();
        let mut max_parallelism = 0;
        for view in views {
            max_parallelism = view.key_groups().max_parallelism();
            let task = PartTask::of_view(ticket.clone(), OPERATOR, view);
            parts.push(block_on(task.write(&storage, &options))?.part);
        }
        let metadata = BTreeMap::new();
        let checkpoint = Checkpoint {
            max_parallelism,
            fence: 0,
            purpose: Purpose::Checkpoint,
            parts,
            metadata,
            created_ms: 0,
        };
        let manifest = block_on(publish(&storage, &ticket, checkpoint))?;
        Ok(Self { storage, manifest })
    }

    /// A checkpoint of one backend that owns all key groups.
    ///
    /// # Errors
    /// What the backend and its view meet.
    pub fn take<B: StateBackend>(backend: &mut B) -> Result<Self> {
        Self::of([backend.freeze()?])
    }

    /// The logical digest: equal for equal state, on any backend, at any parallelism.
    ///
    /// # Errors
    /// What the storage meets.
    pub fn digest(&self) -> Result<Digest> {
        block_on(logical_digest(&self.storage, &self.manifest, OPERATOR))
    }

    /// The rows in `groups`.
    pub(crate) fn rows(&self, groups: KeyGroups) -> Result<RestoreSource<'_>> {
        block_on(open_restore(
            &self.storage,
            &self.manifest,
            OPERATOR,
            groups,
        ))
    }

    /// Restores what `backend` owns.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn restore<B: StateBackend>(&self, backend: &mut B) -> Result<()> {
        let mut rows = self.rows(backend.key_groups())?;
        let states = rows.states().to_vec();
        backend.restore(&states, &mut rows)
    }
}
