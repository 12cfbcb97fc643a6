//! How the suite opens heap backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::BackendFactory;
use state_heap::HeapBackend;

/// The heap has no options but whether it tracks changes, and within how many bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heap {
    pub(crate) tracking: Option<usize>,
}

impl BackendFactory for Heap {
    type Backend<K: StateKey> = HeapBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<HeapBackend<K>> {
        let mut backend = HeapBackend::new(groups);
        if let Some(budget) = self.tracking {
            backend.track_changes(budget)?;
        }
        Ok(backend)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        let tracking = match seed % 4 {
            0 => None,
            1 => Some(0),
            2 => Some(1 << 10),
            _ => Some(1 << 20),
        };
        Some(Self { tracking })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
