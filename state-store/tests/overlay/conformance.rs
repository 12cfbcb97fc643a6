//! The whole suite through an overlay.

use std::path::Path;
use std::sync::Arc;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::{Overlay, StoreBackend};

use crate::shared::{Place, SharedMemory};

struct Overlaid;

impl BackendFactory for Overlaid {
    type Backend<K: StateKey> = StoreBackend<K, Overlay<SharedMemory>>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let store = SharedMemory::open(&Arc::new(Place::default()))?;
        StoreBackend::new(Overlay::new(store, 256 << 20)?, groups)
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
