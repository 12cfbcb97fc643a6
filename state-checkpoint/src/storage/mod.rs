//! Where the files of checkpoints lie: a small trait, for local disks, object stores and tests.

mod local;
mod local_first;
mod memory;
#[cfg(feature = "object")]
mod object;
mod open;
mod path;

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use state_api::{Error, Result};

pub use local::LocalStorage;
pub use local_first::LocalFirst;
pub use memory::MemoryStorage;
#[cfg(feature = "object")]
pub use object::{MIN_PART_BYTES, ObjectOptions, ObjectStorage};
pub use open::open;
pub(crate) use path::is_name;
pub use path::{MAX_PATH, MAX_SEGMENT, check_path};

/// A store of immutable files.
///
/// This is the contract that an implementation keeps; everything else in this crate rests on it:
///
/// - **Paths** satisfy [`check_path`]; every method refuses others with
///   [`Invalid`](state_api::ErrorKind::Invalid).
/// - **Files are immutable.** A name, once visible, keeps its bytes until it is deleted. Nothing
///   overwrites.
/// - **Files appear whole.** A name becomes visible with all its bytes, or not at all; of several
///   concurrent creators of one name exactly one wins, and the others get
///   [`Conflict`](state_api::ErrorKind::Conflict).
/// - **Success means durable.** When [`FileWriter::finish`] or [`put_new`](Self::put_new) returns
///   `Ok`, file and name survive a loss of power.
/// - **An error other than `Conflict` leaves the outcome open** for `finish`, `put_new` and `delete`:
///   the answer may have been lost, not the work. `Conflict` may therefore be the answer to the
///   caller's own repeated write. An implementation that cannot make a visible name durable (a
///   failed sync of a directory) must not answer a repeated write with `Conflict`.
/// - **Reads see all earlier successes**, of every process (read after write, list after write).
///
/// Missing files are [`NotFound`](state_api::ErrorKind::NotFound), failures of the medium
/// [`Io`](state_api::ErrorKind::Io); both carry the context `file`.
#[async_trait]
pub trait CheckpointStorage: Send + Sync + fmt::Debug + fmt::Display {
    /// Begins a new file. Nothing is visible under `path` before [`FileWriter::finish`] succeeds.
    ///
    /// # Errors
    /// [`Conflict`](state_api::ErrorKind::Conflict) when the name is taken; the check may be left to
    /// `finish`.
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>>;

    /// Creates the file `path` with `bytes`: atomic, durable, create-only.
    ///
    /// # Errors
    /// [`Conflict`](state_api::ErrorKind::Conflict) when the name is taken, and then nothing has
    /// changed.
    async fn put_new(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// Exactly the bytes `range` of the file. Allocates no more than the file has bytes.
    ///
    /// # Errors
    /// [`Corrupt`](state_api::ErrorKind::Corrupt) with the context `file` and `offset` when the file
    /// ends before `range.end`, [`Invalid`](state_api::ErrorKind::Invalid) when
    /// `range.start > range.end`.
    async fn read(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>>;

    /// The size of the file in bytes.
    ///
    /// # Errors
    /// [`NotFound`](state_api::ErrorKind::NotFound).
    async fn size(&self, path: &str) -> Result<u64>;

    /// The names (last segments) of the visible files directly in `dir`, ascending. A directory
    /// that does not exist is empty. Unfinished files and names that no path can have are left out.
    ///
    /// # Errors
    /// [`Io`](state_api::ErrorKind::Io): never a partial list.
    async fn list(&self, dir: &str) -> Result<Vec<String>>;

    /// Removes the file.
    ///
    /// # Errors
    /// [`NotFound`](state_api::ErrorKind::NotFound).
    async fn delete(&self, path: &str) -> Result<()>;

    /// Removes what writes that never finished have left directly in `dir`, such as temporary files of a
    /// process that died, if it was last written to before `before_ms` (milliseconds since 1970). Returns
    /// how much it was. A write that is still under way then fails, and changes nothing. Where
    /// the storage itself sees to it, or cannot, nothing happens.
    ///
    /// # Errors
    /// [`Io`](state_api::ErrorKind::Io).
    async fn discard_unfinished(&self, dir: &str, before_ms: u64) -> Result<u64> {
        let _ = (dir, before_ms);
        Ok(0)
    }

    /// Another storage with the same files, to be asked when a file of this one turns out missing,
    /// unreadable or damaged. None, unless this is a copy of another one: see [`LocalFirst`].
    fn fallback(&self) -> Option<&dyn CheckpointStorage> {
        None
    }
}

/// `storage` and what it falls back to, in order.
pub(crate) fn copies(
    storage: &dyn CheckpointStorage,
) -> impl Iterator<Item = &dyn CheckpointStorage> {
    std::iter::successors(Some(storage), |storage| storage.fallback())
}

/// `error`, with what came of the copies before.
pub(crate) fn failed_too(error: Error, earlier: Option<Error>) -> Error {
    match earlier {
        Some(earlier) => error.with("copy_before", earlier),
        None => error,
    }
}

/// A file being written. Dropping it unfinished leaves nothing visible.
#[async_trait]
pub trait FileWriter: Send + fmt::Debug {
    /// Appends `bytes`. After an error the writer is of no more use: drop it.
    ///
    /// # Errors
    /// [`Io`](state_api::ErrorKind::Io).
    async fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Makes the file durable, then visible under its name, then the name durable. That may take long, and
    /// others are written meanwhile: it should not block. Dropped before it is done, it leaves the outcome open.
    ///
    /// # Errors
    /// [`Conflict`](state_api::ErrorKind::Conflict) when the name is taken, and then nothing has
    /// changed.
    async fn finish(self: Box<Self>) -> Result<()>;
}
