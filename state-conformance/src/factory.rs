//! What a backend author provides.

use std::path::Path;

use state_api::{Error, ErrorKind, KeyGroups, Result, StateBackend, StateKey};

use crate::counting::Calls;

/// The budget of memory within which a backend tracks changes, as one of the options that a factory
/// [varies](BackendFactory::vary); `None` has it track none.
pub fn vary_tracking(seed: u64) -> Option<usize> {
    match seed % 5 {
        0 => Some(1 << 20),
        1 => Some(1 << 10),
        2 => Some(0),
        _ => None,
    }
}

/// The backend, which tracks changes if there is a budget.
///
/// # Errors
/// As [`StateBackend::track_changes`].
pub fn tracking<B: StateBackend>(mut backend: B, budget: Option<usize>) -> Result<B> {
    if let Some(budget) = budget {
        backend.track_changes(budget)?;
    }
    Ok(backend)
}

/// Opens backends for the suite.
pub trait BackendFactory: Sync + 'static {
    /// The backend, for any key type.
    type Backend<K: StateKey>: StateBackend<Key = K>;

    /// Opens a backend that owns `groups` in the directory `dir`; a backend in memory ignores the
    /// directory.
    ///
    /// The directory is there. It is either empty or was [closed](StateBackend::close) or
    /// [destroyed](StateBackend::destroy), or a refused open left it. After a close the data must
    /// be found again if [`survives_close`](state_api::Capability::survives_close) says so; while
    /// views of the closed backend live, an open may be refused as
    /// [`Conflict`](state_api::ErrorKind::Conflict). The
    /// suite never opens a directory again that a crash left (a backend that was dropped), so what
    /// happens with one is the factory's choice.
    ///
    /// # Errors
    /// What the backend meets.
    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>>;

    /// Opens a backend in durable mode: as [`BackendFactory::open`], but the suite does open
    /// directories again that a crash left, and expects the state of the last
    /// [`commit`](StateBackend::commit).
    ///
    /// # Errors
    /// What the backend meets; [`Unsupported`](ErrorKind::Unsupported), as it is here, where there
    /// is no durable mode.
    fn open_durable<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let _ = (dir, groups);
        Err(Error::new(
            ErrorKind::Unsupported,
            "the factory opens no backend in durable mode",
        ))
    }

    /// Opens a backend as [`BackendFactory::open`] does, whose calls of its engine are counted in `calls`: the theme
    /// [`cost`](crate::properties::cost) looks at them. A backend over an ordered store is opened over a
    /// [`CountingStore`](crate::CountingStore) of it, as near to the engine as it can be. The backend borrows nothing,
    /// which `use<K>` says.
    ///
    /// # Errors
    /// What the backend meets; [`Unsupported`](ErrorKind::Unsupported), as it is here, where there
    /// is no engine whose calls could be counted.
    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<Self, K>> {
        let _ = (dir, groups, calls);
        Err::<Self::Backend<K>, _>(Error::new(
            ErrorKind::Unsupported,
            "the factory counts no calls of an engine",
        ))
    }

    /// The same backend with other options, such as the size of its cache: `seed` chooses them. Equal
    /// seeds choose equal ones. The suite calls it, with seeds from 1 on, wherever a history opens a
    /// directory again or a fresh one: no reader must be able to tell.
    ///
    /// `None`, as it is here, where there is nothing to choose.
    fn vary(&self, seed: u64) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = seed;
        None
    }

    /// The factory as a Rust expression, with the options that it opens with: it stands in reports, and in
    /// the programs that failures print.
    ///
    /// The default is the name of the type, which is right for a unit struct.
    fn expression(&self) -> String {
        let name = std::any::type_name::<Self>();
        name.rsplit("::").next().unwrap_or(name).to_owned()
    }
}
