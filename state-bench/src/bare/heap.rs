//! What anyone would write without a state backend: a `hashbrown` map with foldhash, values as they are.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Bare, Engines, Lists, Longs, Maps, Names, Pairs, Payloads};
use crate::error::Result;
use crate::subject::Settings;

/// A map by number or name.
pub type Table<K, V> = HashMap<K, V, RandomState>;

/// Hash maps of each kind.
#[derive(Debug)]
pub struct HashMaps;

impl Engines for HashMaps {
    type Longs = Table<u64, i64>;
    type Names = Table<String, i64>;
    type Payloads = Table<u64, Vec<u8>>;
    type Pairs = Table<u64, (i64, i64)>;
    type Lists = Table<u64, Vec<i64>>;
    type Maps = Table<u64, BTreeMap<i64, f64>>;
}

impl<K, V> Bare for Table<K, V> {
    fn open(_: &Settings) -> Result<Self> {
        Ok(Self::default())
    }
}

impl Longs for Table<u64, i64> {
    #[inline]
    fn get(&self, key: u64) -> Result<Option<i64>> {
        Ok(HashMap::get(self, &key).copied())
    }

    #[inline]
    fn put(&mut self, key: u64, value: i64) -> Result<()> {
        self.insert(key, value);
        Ok(())
    }

    #[inline]
    fn remove(&mut self, key: u64) -> Result<()> {
        HashMap::remove(self, &key);
        Ok(())
    }

    #[inline]
    fn modify(&mut self, key: u64, init: i64, f: impl FnOnce(i64) -> i64) -> Result<i64> {
        let value = self.entry(key).or_insert(init);
        let old = *value;
        *value = f(old);
        Ok(old)
    }
}

impl Names for Table<String, i64> {
    #[inline]
    fn get(&self, name: &str) -> Result<Option<i64>> {
        Ok(HashMap::get(self, name).copied())
    }

    #[inline]
    fn put(&mut self, name: String, value: i64) -> Result<()> {
        self.insert(name, value);
        Ok(())
    }
}

impl Payloads for Table<u64, Vec<u8>> {
    #[inline]
    fn get<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> R) -> Result<Option<R>> {
        Ok(HashMap::get(self, &key).map(|bytes| f(bytes)))
    }

    #[inline]
    fn put(&mut self, key: u64, value: Vec<u8>) -> Result<()> {
        self.insert(key, value);
        Ok(())
    }
}

impl Pairs for Table<u64, (i64, i64)> {
    #[inline]
    fn get(&self, key: u64) -> Result<Option<(i64, i64)>> {
        Ok(HashMap::get(self, &key).copied())
    }

    #[inline]
    fn put(&mut self, key: u64, value: (i64, i64)) -> Result<()> {
        self.insert(key, value);
        Ok(())
    }

    #[inline]
    fn modify(&mut self, key: u64, f: impl FnOnce((i64, i64)) -> (i64, i64)) -> Result<()> {
        let value = self.entry(key).or_insert((0, 0));
        *value = f(*value);
        Ok(())
    }
}

impl Lists for Table<u64, Vec<i64>> {
    #[inline]
    fn first(&self, key: u64) -> Result<Option<i64>> {
        Ok(HashMap::get(self, &key).and_then(|list| list.first().copied()))
    }

    #[inline]
    fn sum(&self, key: u64) -> Result<u64> {
        let list = HashMap::get(self, &key).map_or(&[][..], Vec::as_slice);
        Ok(list.iter().fold(0, |sum: u64, element| {
            sum.wrapping_add(element.cast_unsigned())
        }))
    }

    #[inline]
    fn extend(&mut self, key: u64, elements: &[i64]) -> Result<()> {
        self.entry(key).or_default().extend_from_slice(elements);
        Ok(())
    }

    #[inline]
    fn replace(&mut self, key: u64, element: i64) -> Result<()> {
        self.insert(key, vec![element]);
        Ok(())
    }
}

impl Maps for Table<u64, BTreeMap<i64, f64>> {
    #[inline]
    fn get(&self, key: u64, entry: i64) -> Result<Option<f64>> {
        let map = HashMap::get(self, &key);
        Ok(map.and_then(|map| map.get(&entry).copied()))
    }

    #[inline]
    fn contains(&self, key: u64, entry: i64) -> Result<bool> {
        Ok(HashMap::get(self, &key).is_some_and(|map| map.contains_key(&entry)))
    }

    #[inline]
    fn is_empty(&self, key: u64) -> Result<bool> {
        Ok(HashMap::get(self, &key).is_none_or(BTreeMap::is_empty))
    }

    #[inline]
    fn sum(&self, key: u64, mut f: impl FnMut(i64, f64) -> u64) -> Result<u64> {
        let entries = HashMap::get(self, &key).into_iter().flatten();
        Ok(entries.fold(0, |sum: u64, (entry, value)| {
            sum.wrapping_add(f(*entry, *value))
        }))
    }

    #[inline]
    fn put(&mut self, key: u64, entries: impl IntoIterator<Item = (i64, f64)>) -> Result<()> {
        let map = self.entry(key).or_default();
        for (entry, value) in entries {
            map.insert(entry, value);
        }
        Ok(())
    }
}
