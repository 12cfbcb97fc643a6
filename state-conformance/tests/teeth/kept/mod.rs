//! Stores that are kept in a file: a sound one with one defect.

mod file;
mod store;

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::StoreBackend;

use crate::zoo::Loss;
use file::Mode;
use store::KeptStore;

/// Opens backends over a store that loses something; over a sound one without a loss.
pub(crate) struct Kept(pub(crate) Option<Loss>);

impl BackendFactory for Kept {
    type Backend<K: StateKey> = StoreBackend<K, KeptStore>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(KeptStore::open(dir, Mode::Scratch, self.0)?, groups)
    }

    fn open_durable<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        StoreBackend::new(KeptStore::open(dir, Mode::Durable, self.0)?, groups)
    }
}
