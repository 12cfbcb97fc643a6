//! Broken stores: a sound one with one defect.

mod scan;
mod store;

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::StoreBackend;

use crate::zoo::Defect;
use store::BrokenStore;

/// Opens backends over a broken store; over a sound one without a defect.
pub(crate) struct Broken(pub(crate) Option<Defect>);

impl BackendFactory for Broken {
    type Backend<K: StateKey> = StoreBackend<K, BrokenStore>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(BrokenStore::new(self.0), groups)
    }
}
