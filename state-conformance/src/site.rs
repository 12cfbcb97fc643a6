//! Where a property works: directories of its own, removed when it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use tempfile::TempDir;

use crate::counting::Calls;
use crate::factory::BackendFactory;

/// Key groups of the suite's jobs: few, so that each holds several keys of a small pool.
pub(crate) const MAX_PARALLELISM: u16 = 8;

/// All key groups of the suite's jobs.
pub fn all_groups() -> KeyGroups {
    KeyGroups::all(MAX_PARALLELISM).unwrap()
}

/// The share of a worker.
pub fn worker_groups(index: u16, parallelism: u16) -> KeyGroups {
    KeyGroups::of_worker(MAX_PARALLELISM, index, parallelism).unwrap()
}

/// A factory and a directory to work in, which is removed at the end. Must outlive the backends that it
/// opened.
pub struct Site<'f, F> {
    factory: &'f F,
    root: TempDir,
    next: AtomicU32,
}

impl<F> std::fmt::Debug for Site<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Site").field(&self.root.path()).finish()
    }
}

impl<'f, F: BackendFactory> Site<'f, F> {
    /// A directory of the system's for temporary files.
    pub fn new(factory: &'f F) -> Self {
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
    pub fn dir(&self) -> PathBuf {
        self.root
            .path()
            .join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Opens a directory, which may have been used before.
    ///
    /// # Errors
    /// What the factory meets.
    pub fn reopen<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<F::Backend<K>> {
        fs::create_dir_all(dir).unwrap();
        self.factory.open(dir, groups)
    }

    /// As [`Site::reopen`], with the options that `seed` chooses; those of the factory itself for 0.
    ///
    /// # Errors
    /// What the factory meets.
    pub fn reopen_varied<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        seed: u64,
    ) -> Result<F::Backend<K>> {
        fs::create_dir_all(dir).unwrap();
        match self.varied(seed) {
            Some(varied) => varied.open(dir, groups),
            None => self.factory.open(dir, groups),
        }
    }

    /// The factory with the options that `seed` chooses, if it chooses any.
    pub(crate) fn varied(&self, seed: u64) -> Option<F> {
        (seed > 0).then(|| self.factory.vary(seed)).flatten()
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

    /// A backend in a directory of its own that owns all key groups, whose calls of its engine are counted.
    ///
    /// # Errors
    /// What the factory meets.
    pub fn open_counted<K: StateKey>(
        &self,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<F, K>> {
        let dir = self.dir();
        fs::create_dir_all(&dir).unwrap();
        self.factory.open_counted(&dir, all_groups(), calls)
    }

    /// A backend in a directory of its own that owns `groups`.
    ///
    /// # Panics
    /// When the factory answers an error.
    pub fn open_for<K: StateKey>(&self, groups: KeyGroups) -> F::Backend<K> {
        self.reopen(&self.dir(), groups).unwrap()
    }

    /// A backend in a directory of its own that owns all key groups.
    pub(crate) fn open<K: StateKey>(&self) -> F::Backend<K> {
        self.open_for(all_groups())
    }
}
