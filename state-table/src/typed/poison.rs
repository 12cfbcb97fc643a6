//! What a panic in a write leaves: a table that refuses further use.

use std::mem::forget;

use state_api::{Error, ErrorKind, Result};

use super::TypedTable;

/// Poisons a table when it is dropped, as it is by a panic of what is the user's in a write. In the normal
/// course it is forgotten, so a write that goes well costs nothing for it.
pub(crate) struct Unfinished<'t, K, N, X>(pub(crate) &'t mut TypedTable<K, N, X>);

impl<K, N, X> Unfinished<'_, K, N, X> {
    /// Nothing panicked.
    #[inline]
    pub(crate) fn finish(self) {
        forget(self);
    }
}

impl<K, N, X> Drop for Unfinished<'_, K, N, X> {
    #[cold]
    fn drop(&mut self) {
        self.0.poison();
    }
}

impl<K, N, X> TypedTable<K, N, X> {
    /// Runs a write that calls what is the user's. If that panics, the table is poisoned.
    #[expect(clippy::inline_always, reason = "the few callers are the hot paths")]
    #[inline(always)]
    pub(crate) fn foreign<R>(&mut self, write: impl FnOnce(&mut Self) -> R) -> R {
        let unfinished = Unfinished(self);
        let result = write(&mut *unfinished.0);
        unfinished.finish();
        result
    }

    /// Makes the table refuse all further use: it holds half of something.
    ///
    /// Its rows are set aside, so that an access finds none and asks only then why. Their memory is released with
    /// the table.
    pub fn poison(&mut self) {
        self.rows.set_aside();
    }

    /// Refuses further use after a panic in a write. What looks for a row need not ask unless it finds none.
    ///
    /// # Errors
    /// [`ErrorKind::Poisoned`].
    #[inline]
    pub fn usable(&self) -> Result<()> {
        if self.rows.is_set_aside() {
            Err(self.refusal())
        } else {
            Ok(())
        }
    }

    #[cold]
    fn refusal(&self) -> Error {
        Error::new(
            ErrorKind::Poisoned,
            "something panicked inside a write (a closure, an iterator, or what a key or value does by itself) \
             and may have left half of it: destroy the backend and restore a checkpoint",
        )
        .with("state", &self.name)
    }
}
