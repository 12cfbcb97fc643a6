//! The engine with what befalls its writes: a row that is written is a change, and a write that fails
//! poisons.

use state_api::{Error, Result};

use crate::changes::Tracking;
use crate::store::{OrderedStore, TableId};

/// The engine. Rows of states are written by its [`put`](Engine::put), [`modify`](Engine::modify), [`delete`](Engine::delete) and
/// [`delete_range`](Engine::delete_range) and in no other way, or a checkpoint would not know of them.
#[derive(Debug)]
pub(crate) struct Engine<S> {
    pub(crate) store: S,
    pub(crate) poisoned: Option<Error>,
    pub(crate) tracking: Tracking,
}

impl<S: OrderedStore> Engine<S> {
    pub(crate) fn new(store: S) -> Self {
        Self {
            store,
            poisoned: None,
            tracking: Tracking::Untouched,
        }
    }

    /// Writes a row of a state.
    #[inline]
    pub(crate) fn put(&mut self, table: TableId, key: &[u8], row: &[u8]) -> Result<()> {
        self.tracking.note(table, key);
        self.attempt(|store| store.put(table, key, row))
    }

    /// Writes what `change` makes of a row of a state, if anything. A failure poisons only once it is to be written.
    #[inline]
    pub(crate) fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let (tracking, mut writes) = (&mut self.tracking, false);
        let modified = self.store.modify(table, key, |row| {
            let row = change(row)?;
            tracking.note(table, key);
            writes = true;
            Some(row)
        });
        if writes && let Err(error) = &modified {
            self.poisoned = Some(error.clone());
        }
        modified
    }

    /// Removes a row of a state.
    #[inline]
    pub(crate) fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.tracking.note(table, key);
        self.attempt(|store| store.delete(table, key))
    }

    /// Removes the rows of a state from `from` on and before `to`.
    pub(crate) fn delete_range(
        &mut self,
        table: TableId,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<()> {
        self.tracking.note_range(table, from, to);
        self.attempt(|store| store.delete_range(table, from, to))
    }

    /// Runs a write that is none of a state's rows.
    #[inline]
    pub(crate) fn attempt<R>(&mut self, write: impl FnOnce(&mut S) -> Result<R>) -> Result<R> {
        match write(&mut self.store) {
            Ok(result) => Ok(result),
            Err(error) => {
                self.poisoned = Some(error.clone());
                Err(error)
            }
        }
    }
}
