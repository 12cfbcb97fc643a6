//! The whole suite through an overlay.

use std::path::Path;
use std::sync::Arc;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore};
use state_store::{Overlay, StoreBackend};

use crate::shared::{Place, SharedMemory};

struct Overlaid;

impl BackendFactory for Overlaid {
    type Backend<K: StateKey> = StoreBackend<K, Overlay<SharedMemory>>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let store = SharedMemory::open(&Arc::new(Place::default()))?;
        StoreBackend::new(Overlay::new(store, 256 << 20)?, groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        _: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let store = SharedMemory::open(&Arc::new(Place::default()))?;
        let overlay = Overlay::new(store, 256 << 20)?;
        StoreBackend::new(CountingStore::new(overlay, calls), groups)
    }
}

state_conformance::suite!(
    overlay,
    Overlaid,
    lacks: [
        durable => "the base has no commits",
        native => "there are no files"
    ]
);
