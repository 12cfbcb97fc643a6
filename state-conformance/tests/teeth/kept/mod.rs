//! Stores that are kept in a file: a sound one with one defect.

mod file;
mod store;

use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls, CountingStore};
use state_store::StoreBackend;

use file::Mode;
use store::KeptStore;

/// What is wrong with a store in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The last write before a close is lost.
    CloseLosesTheTail,
    /// What was appended to lists since the open is lost at a close.
    CloseLosesAppends,
    /// A close forgets which chunk numbers are taken: appends overwrite.
    CloseForgetsTheCounter,
    /// A destroy leaves the file.
    DestroyLeavesTheFile,
    /// The checksum of the file is not compared.
    TrustsTheFile,
    /// A commit keeps nothing until the close, and is said to be durable.
    CommitKeepsNothing,
    /// A commit keeps its metadata before its rows.
    CommitIsTorn,
    /// A view makes durable what nobody committed.
    FreezeCommits,
    /// A commit leaves restored rows out.
    CommitSkipsRestored,
    /// A commit leaves out the states that were registered since the open.
    CommitSkipsNewStates,
    /// A directory is opened in whatever mode.
    OpensInAnyMode,
}

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

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        let store = KeptStore::open(dir, Mode::Scratch, self.0)?;
        StoreBackend::new(CountingStore::new(store, calls), groups)
    }
}
