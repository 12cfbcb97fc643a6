//! The backends that are measured, each with the bare engine beside it.

mod list;

use std::path::PathBuf;

use state_api::{KeyGroups, StateBackend, StateKey, StateView as _};
use state_conformance::{Calls, CountingStore};
use state_store::{OrderedStore, StoreBackend};
use tempfile::TempDir;

use crate::bare::Engines;
use crate::error::{Error, Result};

pub use list::{Backend, OnEngine, OnSubject};

/// What every backend of a run is opened with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where directories of backends and engines are made; the system's place for temporary files if none.
    pub root: Option<PathBuf>,
    /// The key groups of a backend.
    pub key_groups: KeyGroups,
    /// Whether changes are tracked.
    pub tracked: bool,
    /// Whether a bare engine is given the key bytes of the backends.
    pub same_keys: bool,
}

impl Settings {
    /// A new directory, which is removed when it is dropped.
    ///
    /// # Errors
    /// What the file system meets.
    pub fn directory(&self) -> Result<TempDir> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("state-bench-");
        match &self.root {
            Some(root) => builder
                .tempdir_in(root)
                .map_err(|error| Error::file(root, error)),
            None => builder
                .tempdir()
                .map_err(|error| Error::file(&std::env::temp_dir(), error)),
        }
    }
}

/// A backend with the bare engine below it.
pub trait Subject {
    /// The backend.
    type State<K: StateKey>: StateBackend<Key = K>;

    /// The engine.
    type Bare: Engines;

    /// Opens an empty backend in a directory that is its own.
    ///
    /// # Errors
    /// What the backend meets.
    fn open<K: StateKey>(settings: &Settings, directory: &TempDir) -> Result<Self::State<K>>;
}

/// A backend over an engine.
pub trait OverEngine: Subject {
    /// The engine.
    type Store: OrderedStore;

    /// Opens it, empty, in a directory that is its own, with the options of [`Subject::open`].
    ///
    /// # Errors
    /// What the engine meets.
    fn store(directory: &TempDir) -> Result<Self::Store>;
}

/// A backend over an engine whose calls are counted.
pub type Counted<E, K> = StoreBackend<K, CountingStore<<E as OverEngine>::Store>>;

/// A backend, and the directory that it is in.
#[derive(Debug)]
pub struct Opened<B> {
    /// The backend.
    pub state: B,
    _directory: TempDir,
}

impl<B: StateBackend> Opened<B> {
    /// Ends it, and its data.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn destroy(self) -> Result<()> {
        Ok(self.state.destroy()?)
    }
}

/// Intervals between checkpoints, of which changes are tracked.
pub trait Intervals {
    /// Begins one: takes a view, as a checkpoint does, and says that it is published.
    ///
    /// # Errors
    /// What the backend meets.
    fn begin(&mut self) -> Result<()>;

    /// Bytes that the tracking of changes takes.
    fn tracking_bytes(&self) -> u64;
}

impl<B: StateBackend> Intervals for Opened<B> {
    fn begin(&mut self) -> Result<()> {
        let epoch = self.state.freeze()?.epoch();
        Ok(self.state.confirm(epoch)?)
    }

    fn tracking_bytes(&self) -> u64 {
        self.state.memory_held().tracking_bytes
    }
}

/// Memory for the tracking of changes: more than any workload needs.
const TRACKING: usize = 1 << 30;

/// Opens an empty backend.
///
/// # Errors
/// What the backend and the file system meet.
pub fn open<S: Subject, K: StateKey>(settings: &Settings) -> Result<Opened<S::State<K>>> {
    let directory = settings.directory()?;
    let state = S::open::<K>(settings, &directory)?;
    opened(state, settings, directory)
}

/// Opens an empty backend over an engine whose calls are counted in `calls`.
///
/// # Errors
/// What the engine and the file system meet.
pub fn open_counted<E: OverEngine, K: StateKey>(
    settings: &Settings,
    calls: &Calls,
) -> Result<Opened<Counted<E, K>>> {
    let directory = settings.directory()?;
    let store = CountingStore::new(E::store(&directory)?, calls);
    let state = StoreBackend::new(store, settings.key_groups)?;
    opened(state, settings, directory)
}

fn opened<B: StateBackend>(
    mut state: B,
    settings: &Settings,
    directory: TempDir,
) -> Result<Opened<B>> {
    if settings.tracked {
        state.track_changes(TRACKING)?;
    }
    Ok(Opened {
        state,
        _directory: directory,
    })
}
