//! Bent backends: a sound one that writes, restores or tells its changes with one defect.

mod backend;
mod changes;
mod rows;
mod tables;
mod view;

use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;

use crate::zoo::Bend;
pub(crate) use backend::BentBackend;

/// Opens bent backends; a sound one without a bend.
pub(crate) struct Bent(pub(crate) Option<Bend>);

impl BackendFactory for Bent {
    type Backend<K: StateKey> = BentBackend<K>;

    fn open<K: StateKey>(&self, _: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        BentBackend::open(self.0, groups)
    }
}
