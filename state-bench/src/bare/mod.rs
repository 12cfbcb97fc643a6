//! The bare sides: the operations of each kind of state on an engine itself, as its own authors would
//! write them, one at a time.

pub mod bytes;
pub mod heap;
pub(crate) mod keys;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;
#[cfg(feature = "sled")]
mod sled;

#[cfg(feature = "redb")]
pub use redb::Redb;
#[cfg(feature = "rocksdb")]
pub use rocksdb::Rocksdb;
#[cfg(feature = "sled")]
pub use sled::Sled;

use crate::error::Result;
use crate::subject::Settings;

/// An engine that is opened empty, and removes its data when it is dropped.
pub trait Bare: Sized {
    /// Opens one.
    ///
    /// # Errors
    /// What the engine and the file system meet.
    fn open(settings: &Settings) -> Result<Self>;

    /// As the state is from now on for who reads it elsewhere; writes go on. The engine's own means, and
    /// nothing where it has none.
    ///
    /// # Errors
    /// What the engine meets.
    fn freeze(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A word for each number.
pub trait Longs: Bare {
    /// The word of a key.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get(&self, key: u64) -> Result<Option<i64>>;

    /// Sets the word of a key.
    ///
    /// # Errors
    /// As [`Longs::get`].
    fn put(&mut self, key: u64, value: i64) -> Result<()>;

    /// Removes the word of a key.
    ///
    /// # Errors
    /// As [`Longs::get`].
    fn remove(&mut self, key: u64) -> Result<()>;

    /// Puts what `f` makes of the word of a key, of `init` if there is none; returns the old one.
    ///
    /// # Errors
    /// As [`Longs::get`].
    fn modify(&mut self, key: u64, init: i64, f: impl FnOnce(i64) -> i64) -> Result<i64>;
}

/// A word for each name.
pub trait Names: Bare {
    /// The word of a name.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get(&self, name: &str) -> Result<Option<i64>>;

    /// Sets the word of a name.
    ///
    /// # Errors
    /// As [`Names::get`].
    fn put(&mut self, name: String, value: i64) -> Result<()>;
}

/// Bytes for each number.
pub trait Payloads: Bare {
    /// What `f` makes of the bytes of a key.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>>;

    /// Sets the bytes of a key.
    ///
    /// # Errors
    /// As [`Payloads::get`].
    fn put(&mut self, key: u64, value: Vec<u8>) -> Result<()>;
}

/// Sum and count for each number.
pub trait Pairs: Bare {
    /// The pair of a key.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get(&self, key: u64) -> Result<Option<(i64, i64)>>;

    /// Sets the pair of a key.
    ///
    /// # Errors
    /// As [`Pairs::get`].
    fn put(&mut self, key: u64, value: (i64, i64)) -> Result<()>;

    /// Puts what `f` makes of the pair of a key, of zeros if there is none.
    ///
    /// # Errors
    /// As [`Pairs::get`].
    fn modify(&mut self, key: u64, f: impl FnOnce((i64, i64)) -> (i64, i64)) -> Result<()>;
}

/// A list of words for each number.
pub trait Lists: Bare {
    /// The first element.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn first(&self, key: u64) -> Result<Option<i64>>;

    /// The sum of the elements.
    ///
    /// # Errors
    /// As [`Lists::first`].
    fn sum(&self, key: u64) -> Result<u64>;

    /// Appends elements.
    ///
    /// # Errors
    /// As [`Lists::first`].
    fn extend(&mut self, key: u64, elements: &[i64]) -> Result<()>;

    /// Makes one element the whole list.
    ///
    /// # Errors
    /// As [`Lists::first`].
    fn replace(&mut self, key: u64, element: i64) -> Result<()>;
}

/// An ordered map for each number.
pub trait Maps: Bare {
    /// The value of an entry.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get(&self, key: u64, entry: i64) -> Result<Option<f64>>;

    /// Whether there is an entry.
    ///
    /// # Errors
    /// As [`Maps::get`].
    fn contains(&self, key: u64, entry: i64) -> Result<bool>;

    /// Whether there is none.
    ///
    /// # Errors
    /// As [`Maps::get`].
    fn is_empty(&self, key: u64) -> Result<bool>;

    /// The sum of what `f` makes of each entry.
    ///
    /// # Errors
    /// As [`Maps::get`].
    fn sum(&self, key: u64, f: impl FnMut(i64, f64) -> u64) -> Result<u64>;

    /// Sets entries.
    ///
    /// # Errors
    /// As [`Maps::get`].
    fn put(&mut self, key: u64, entries: impl IntoIterator<Item = (i64, f64)>) -> Result<()>;
}

/// The bare kinds of one engine.
pub trait Engines {
    /// Words by number.
    type Longs: Longs;
    /// Words by name.
    type Names: Names;
    /// Bytes by number.
    type Payloads: Payloads;
    /// Pairs by number.
    type Pairs: Pairs;
    /// Lists by number.
    type Lists: Lists;
    /// Maps by number.
    type Maps: Maps;
}
