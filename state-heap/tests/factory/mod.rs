//! How the suite opens heap backends.

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::{BackendFactory, tracking, vary_tracking};
use state_heap::HeapBackend;

/// The heap has no options but whether it tracks changes, and within how many bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heap {
    pub(crate) tracking: Option<usize>,
}

impl BackendFactory for Heap {
    type Backend<K: StateKey> = HeapBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<HeapBackend<K>> {
        tracking(HeapBackend::new(groups), self.tracking)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self {
            tracking: vary_tracking(seed),
        })
    }

    fn expression(&self) -> String {
        format!("{self:?}")
    }
}
