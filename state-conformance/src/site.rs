//! Where a property works: directories of its own, removed when it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use state_api::{KeyGroups, Result, StateKey};
use tempfile::TempDir;

use crate::factory::BackendFactory;

/// Key groups of the suite's jobs: few, so that each holds several keys of a small pool.
pub(crate) const MAX_PARALLELISM: u16 = 8;

/// All key groups.
pub(crate) fn all_groups() -> KeyGroups {
    KeyGroups::all(MAX_PARALLELISM).unwrap()
}

/// The share of a worker.
pub(crate) fn worker_groups(index: u16, parallelism: u16) -> KeyGroups {
    KeyGroups::of_worker(MAX_PARALLELISM, index, parallelism).unwrap()
}

/// A factory and a directory to work in. Must outlive the backends that it opened.
pub(crate) struct Site<'f, F> {
    factory: &'f F,
    root: TempDir,
    next: AtomicU32,
}

impl<'f, F: BackendFactory> Site<'f, F> {
    pub(crate) fn new(factory: &'f F) -> Self {
        let root = tempfile::Builder::new()
            .prefix("state-conformance-")
            .tempdir()
            .unwrap();
        Self {
            factory,
            root,
            next: AtomicU32::new(0),
        }
    }

    /// A directory that nobody used.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root
            .path()
            .join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Opens a directory, which may have been used before.
    pub(crate) fn reopen<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
    ) -> Result<F::Backend<K>> {
        fs::create_dir_all(dir).unwrap();
        self.factory.open(dir, groups)
    }

    /// Opens a directory in durable mode, which may have been used so before.
    pub(crate) fn reopen_durable<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
    ) -> Result<F::Backend<K>> {
        fs::create_dir_all(dir).unwrap();
        self.factory.open_durable(dir, groups)
    }

    /// A backend in a directory of its own that owns `groups`.
    pub(crate) fn open_for<K: StateKey>(&self, groups: KeyGroups) -> F::Backend<K> {
        self.reopen(&self.dir(), groups).unwrap()
    }

    /// A backend in a directory of its own that owns all key groups.
    pub(crate) fn open<K: StateKey>(&self) -> F::Backend<K> {
        self.open_for(all_groups())
    }
}
