//! The kinds of state on an engine of ordered bytes: words of eight bytes; a list is one value; a map entry is a
//! row of its own.

use super::keys::Keys;
use super::{Bare, Engines, Lists, Longs, Maps, Names, Pairs, Payloads};
use crate::error::{Error, Result};
use crate::subject::Settings;

/// An engine of ordered bytes.
pub trait Engine: Bare {
    /// What `f` makes of the value of a key.
    ///
    /// # Errors
    /// What the engine meets, here and below.
    fn get<R>(&self, key: &[u8], f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>>;

    /// Sets the value of a key.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Sets the value of a key to what `change` makes of what `read` made of the present one.
    ///
    /// # Errors
    /// As [`Engine::get`]; what the two return.
    #[inline]
    fn modify<T, const N: usize>(
        &mut self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T>,
        change: impl FnOnce(Option<T>) -> [u8; N],
    ) -> Result<()> {
        let found = self.get(key, read)?.transpose()?;
        self.put(key, &change(found))
    }

    /// Removes the value of a key.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn remove(&mut self, key: &[u8]) -> Result<()>;

    /// Makes the value of a key longer.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn append(&mut self, key: &[u8], more: &[u8]) -> Result<()>;

    /// Calls `f` on the rows between two keys, in order, until it says no.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn scan(
        &self,
        first: &[u8],
        last: &[u8],
        f: impl FnMut(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<()>;
}

/// Every kind of state on an engine.
#[derive(Debug)]
pub struct Bytes<E> {
    engine: E,
    keys: Keys,
}

impl<E: Engine> Engines for Bytes<E> {
    type Longs = Self;
    type Names = Self;
    type Payloads = Self;
    type Pairs = Self;
    type Lists = Self;
    type Maps = Self;
}

impl<E: Engine> Bare for Bytes<E> {
    fn open(settings: &Settings) -> Result<Self> {
        Ok(Self {
            engine: E::open(settings)?,
            keys: Keys::new(settings)?,
        })
    }

    fn freeze(&mut self) -> Result<()> {
        self.engine.freeze()
    }
}

#[cold]
fn odd_length(len: usize) -> Error {
    Error::engine(format!("a value of {len} bytes was not written by this"))
}

#[inline]
pub(crate) fn word(bytes: &[u8]) -> Result<i64> {
    let bytes = bytes.try_into().map_err(|_| odd_length(bytes.len()))?;
    Ok(i64::from_le_bytes(bytes))
}

#[inline]
fn pair(bytes: &[u8]) -> Result<(i64, i64)> {
    let (sum, count) = bytes
        .split_at_checked(8)
        .ok_or_else(|| odd_length(bytes.len()))?;
    Ok((word(sum)?, word(count)?))
}

#[inline]
fn pair_bytes((sum, count): (i64, i64)) -> [u8; 16] {
    let bytes = u128::from(sum.cast_unsigned()) | u128::from(count.cast_unsigned()) << 64;
    bytes.to_le_bytes()
}

/// The entry key of a row: its last eight bytes, however the rest of the key is made.
#[inline]
fn entry_of(row: &[u8]) -> Result<i64> {
    let bytes = row.last_chunk().ok_or_else(|| odd_length(row.len()))?;
    Ok((u64::from_be_bytes(*bytes) ^ (1 << 63)).cast_signed())
}

impl<E: Engine> Longs for Bytes<E> {
    #[inline]
    fn get(&self, key: u64) -> Result<Option<i64>> {
        let found = |key: &[u8]| self.engine.get(key, word);
        self.keys.of_number(key, found)?.transpose()
    }

    #[inline]
    fn put(&mut self, key: u64, value: i64) -> Result<()> {
        let put = |key: &[u8]| self.engine.put(key, &value.to_le_bytes());
        self.keys.of_number(key, put)
    }

    #[inline]
    fn remove(&mut self, key: u64) -> Result<()> {
        self.keys.of_number(key, |key| self.engine.remove(key))
    }

    #[inline]
    fn modify(&mut self, key: u64, init: i64, f: impl FnOnce(i64) -> i64) -> Result<i64> {
        self.keys.of_number(key, |key| {
            let mut old = init;
            self.engine.modify(key, word, |found| {
                old = found.unwrap_or(init);
                f(old).to_le_bytes()
            })?;
            Ok(old)
        })
    }
}

impl<E: Engine> Names for Bytes<E> {
    #[inline]
    fn get(&self, name: &str) -> Result<Option<i64>> {
        let found = |key: &[u8]| self.engine.get(key, word);
        self.keys.of_name(name, found)?.transpose()
    }

    #[inline]
    fn put(&mut self, name: String, value: i64) -> Result<()> {
        let put = |key: &[u8]| self.engine.put(key, &value.to_le_bytes());
        self.keys.of_name(&name, put)
    }
}

impl<E: Engine> Payloads for Bytes<E> {
    #[inline]
    fn get<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
        self.keys.of_number(key, |key| self.engine.get(key, f))
    }

    #[inline]
    fn put(&mut self, key: u64, value: Vec<u8>) -> Result<()> {
        self.keys.of_number(key, |key| self.engine.put(key, &value))
    }
}

impl<E: Engine> Pairs for Bytes<E> {
    #[inline]
    fn get(&self, key: u64) -> Result<Option<(i64, i64)>> {
        let found = |key: &[u8]| self.engine.get(key, pair);
        self.keys.of_number(key, found)?.transpose()
    }

    #[inline]
    fn put(&mut self, key: u64, value: (i64, i64)) -> Result<()> {
        let put = |key: &[u8]| self.engine.put(key, &pair_bytes(value));
        self.keys.of_number(key, put)
    }

    #[inline]
    fn modify(&mut self, key: u64, f: impl FnOnce((i64, i64)) -> (i64, i64)) -> Result<()> {
        self.keys.of_number(key, |key| {
            let changed = |found: Option<_>| pair_bytes(f(found.unwrap_or((0, 0))));
            self.engine.modify(key, pair, changed)
        })
    }
}

impl<E: Engine> Lists for Bytes<E> {
    #[inline]
    fn first(&self, key: u64) -> Result<Option<i64>> {
        let first = |list: &[u8]| list.first_chunk().map(|bytes| i64::from_le_bytes(*bytes));
        let found = |key: &[u8]| self.engine.get(key, first);
        Ok(self.keys.of_list(key, found)?.flatten())
    }

    #[inline]
    fn sum(&self, key: u64) -> Result<u64> {
        let sum = |list: &[u8]| {
            list.chunks_exact(8).try_fold(0, |sum: u64, bytes| {
                Ok(sum.wrapping_add(word(bytes)?.cast_unsigned()))
            })
        };
        let found = |key: &[u8]| self.engine.get(key, sum);
        self.keys.of_list(key, found)?.unwrap_or(Ok(0))
    }

    #[inline]
    fn extend(&mut self, key: u64, elements: &[i64]) -> Result<()> {
        if let [element] = elements {
            let append = |key: &[u8]| self.engine.append(key, &element.to_le_bytes());
            return self.keys.of_list(key, append);
        }
        let bytes: Vec<u8> = elements.iter().flat_map(|e| e.to_le_bytes()).collect();
        self.keys
            .of_list(key, |key| self.engine.append(key, &bytes))
    }

    #[inline]
    fn replace(&mut self, key: u64, element: i64) -> Result<()> {
        let put = |key: &[u8]| self.engine.put(key, &element.to_le_bytes());
        self.keys.of_list(key, put)
    }
}

impl<E: Engine> Maps for Bytes<E> {
    #[inline]
    fn get(&self, key: u64, entry: i64) -> Result<Option<f64>> {
        let found = |row: &[u8]| self.engine.get(row, word);
        let value = self.keys.of_entry(key, entry, found)?.transpose()?;
        Ok(value.map(|bits| f64::from_bits(bits.cast_unsigned())))
    }

    #[inline]
    fn contains(&self, key: u64, entry: i64) -> Result<bool> {
        let found = |row: &[u8]| self.engine.get(row, |_| ());
        Ok(self.keys.of_entry(key, entry, found)?.is_some())
    }

    #[inline]
    fn is_empty(&self, key: u64) -> Result<bool> {
        let mut is_empty = true;
        self.keys.of_entries(key, |first, last| {
            self.engine.scan(first, last, |_, _| {
                is_empty = false;
                Ok(false)
            })
        })?;
        Ok(is_empty)
    }

    #[inline]
    fn sum(&self, key: u64, mut f: impl FnMut(i64, f64) -> u64) -> Result<u64> {
        let mut sum = 0_u64;
        self.keys.of_entries(key, |first, last| {
            self.engine.scan(first, last, |row, value| {
                let value = f64::from_bits(word(value)?.cast_unsigned());
                sum = sum.wrapping_add(f(entry_of(row)?, value));
                Ok(true)
            })
        })?;
        Ok(sum)
    }

    #[inline]
    fn put(&mut self, key: u64, entries: impl IntoIterator<Item = (i64, f64)>) -> Result<()> {
        for (entry, value) in entries {
            let put = |row: &[u8]| self.engine.put(row, &value.to_bits().to_le_bytes());
            self.keys.of_entry(key, entry, put)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_the_end_of_a_row() {
        for entry in [i64::MIN, -1, 0, 1, i64::MAX] {
            let row = Keys::Own.of_entry(9, entry, |row| Ok(row.to_vec()));
            assert_eq!(entry_of(&row.unwrap()).unwrap(), entry);
        }
    }

    #[test]
    fn pairs_are_two_words() {
        for value in [(0, 0), (-1, 1), (i64::MIN, i64::MAX)] {
            assert_eq!(pair(&pair_bytes(value)).unwrap(), value);
        }
        assert!(pair(&[0; 9]).is_err());
        assert!(word(&[0; 7]).is_err());
    }
}
