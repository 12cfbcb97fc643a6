//! Plain hash tables in parts, of which a view is a copy of the pointers: the simplest state whose views share its parts.

use std::hint::black_box;
use std::sync::Arc;

use super::payload::Payload;
use super::shape::{Writer, byte};
use crate::error::{Error, Result};
use crate::inputs::index;
use crate::parts::{Parts, Places, Rows};
use crate::probe::{Probe, each};

/// Bytes that a reader gathers before it lets them go.
const BUFFER: usize = 1 << 20;

/// Tables of as many rows as a segment. One that a view has is copied before its first write.
pub(super) struct Plain<V> {
    tables: Vec<Arc<Rows<V>>>,
    places: Places,
}

impl<V: Payload> Plain<V> {
    /// Tables of all entries below `entries`.
    pub(super) fn filled(entries: u64) -> Self {
        let (tables, places) = Parts::filled(entries, |_| V::of(7)).into_tables();
        Self {
            tables: tables.into_iter().map(Arc::new).collect(),
            places,
        }
    }

    #[inline]
    fn put(&mut self, key: u64, value: V) -> Option<()> {
        let hash = self.places.hash(key);
        let rows = Arc::make_mut(self.tables.get_mut(self.places.at(hash))?);
        rows.find_mut(hash, |row| row.0 == key)?.1 = value;
        Some(())
    }
}

#[cold]
fn not_there(key: u64) -> Error {
    Error::engine(format!("a plain table has no entry {key}"))
}

impl<V: Payload> Writer for Plain<V> {
    type View = Vec<Arc<Rows<V>>>;

    fn write<P: Probe>(&mut self, entries: &[u64], probe: &mut P) -> Result<()> {
        each(entries, probe, |i, key| {
            let put = self.put(key, V::of(byte(i)));
            put.map(|()| 0).ok_or_else(|| not_there(key))
        })
        .map(drop)
    }

    fn freeze(&mut self) -> Result<Self::View> {
        Ok(self.tables.clone())
    }

    fn epoch(_: &Self::View) -> u64 {
        0
    }

    /// Copies keys and values into a buffer, and lets go of each table that it has read.
    fn encode(view: Self::View) -> Result<u64> {
        let (mut buffer, mut entries) = (Vec::with_capacity(BUFFER), 0);
        for rows in view {
            for (key, value) in rows.iter() {
                let value = value.bytes();
                if buffer.len() + size_of_val(key) + value.len() > BUFFER {
                    black_box(&buffer);
                    buffer.clear();
                }
                buffer.extend_from_slice(&key.to_le_bytes());
                buffer.extend_from_slice(value);
            }
            entries += index(rows.len());
        }
        black_box(&buffer);
        Ok(entries)
    }

    fn confirm(&mut self, _: u64) -> Result<()> {
        Ok(())
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::Boxed;
    use super::*;
    use crate::probe::Unwatched;

    #[test]
    fn a_view_stays_as_it_was() {
        let entries = 5 * Parts::<Boxed>::ROWS;
        let mut plain = Plain::<Boxed>::filled(entries);
        let view = plain.freeze().unwrap();
        let keys: Vec<u64> = (0..entries).collect();
        plain.write(&keys, &mut Unwatched).unwrap();
        let sevens = |tables: &[Arc<Rows<Boxed>>]| {
            let rows = tables.iter().flat_map(|rows| rows.iter());
            index(rows.filter(|(_, value)| value.first() == Some(&7)).count())
        };
        assert_eq!(sevens(&view), entries);
        assert_eq!(sevens(&plain.tables), entries.div_ceil(256));
        assert_eq!(Plain::encode(view).unwrap(), entries);
        let beyond = plain.write(&[entries], &mut Unwatched);
        assert!(matches!(beyond, Err(Error::Engine(_))));
    }
}
