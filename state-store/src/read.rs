//! Typed tables for shared reading, over a store or a view of one.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Bound;

use state_api::key::decode_prefix;
use state_api::row::{chunk, envelope};
use state_api::{
    Address, Codec, KeyRef, ReadList, ReadMap, ReadTable, ReadValue, Ref, Result, StateKey,
    StateValue,
};

use crate::layout::{self, RowPrefix};
use crate::slot::{ListTypes, MapTypes, ValueTypes};
use crate::store::{Entry, OrderedRead, Scan, TableId};

/// A state's table in a store or view, with its types.
pub struct StoreTable<'r, R, K, T> {
    reader: &'r R,
    table: TableId,
    types: &'r T,
    key: PhantomData<fn() -> K>,
}

impl<'r, R, K, T> StoreTable<'r, R, K, T> {
    #[inline]
    pub(crate) fn new(reader: &'r R, (table, types): (TableId, &'r T)) -> Self {
        Self {
            reader,
            table,
            types,
            key: PhantomData,
        }
    }
}

impl<R, K, T> Clone for StoreTable<'_, R, K, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, K, T> Copy for StoreTable<'_, R, K, T> {}

impl<R, K, T> fmt::Debug for StoreTable<'_, R, K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreTable").field(&self.table).finish()
    }
}

/// Decodes the value in an envelope.
#[inline]
pub(crate) fn decode<V: StateValue>(codec: &dyn Codec<V>, row: &[u8]) -> Result<V> {
    codec.decode(envelope::payload(row)?)
}

/// Reads and decodes one value.
#[inline]
pub(crate) fn get<R: OrderedRead, V: StateValue>(
    reader: &R,
    table: TableId,
    key: &[u8],
    codec: &dyn Codec<V>,
) -> Result<Option<V>> {
    match reader.get(table, key)? {
        Some(row) => decode(codec, row.as_ref()).map(Some),
        None => Ok(None),
    }
}

/// Reads and decodes the values of many keys.
pub(crate) fn get_many<'r, R: OrderedRead, V: StateValue>(
    reader: &R,
    table: TableId,
    keys: &[RowPrefix],
    codec: &dyn Codec<V>,
) -> Result<Vec<Option<Ref<'r, V>>>> {
    let keys: Vec<_> = keys.iter().map(RowPrefix::as_bytes).collect();
    let mut values = Vec::with_capacity(keys.len());
    reader.multi_get(table, &keys, &mut |row| {
        let value = row.map(|row| decode(codec, row)).transpose()?;
        values.push(value.map(Ref::Owned));
        Ok(())
    })?;
    Ok(values)
}

/// A scan that is not started when no key can lie in the range.
fn scan<'r, R: OrderedRead>(
    reader: &'r R,
    table: TableId,
    (from, to): (Bound<&[u8]>, Bound<&[u8]>),
) -> Result<Option<R::Scan<'r>>> {
    if layout::is_inverted(from, to) {
        return Ok(None);
    }
    reader.scan(table, from, to).map(Some)
}

fn is_empty<R: OrderedRead>(reader: &R, table: TableId, prefix: &RowPrefix) -> Result<bool> {
    match scan(reader, table, prefix.rows().bounds())? {
        Some(mut scan) => Ok(scan.next_entry()?.is_none()),
        None => Ok(true),
    }
}

/// Iterator over the keys of a state: each pair of key and namespace once.
pub struct KeyGuards<'r, S, K, N> {
    scan: S,
    /// Encoded key and namespace of the pair that was given last.
    last: Vec<u8>,
    done: bool,
    types: PhantomData<(&'r (), fn() -> (K, N))>,
}

impl<S, K, N> fmt::Debug for KeyGuards<'_, S, K, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyGuards")
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl<S: Scan, K: StateKey, N: StateKey> KeyGuards<'_, S, K, N> {
    /// Moves to the next pair; decodes only when a new one begins.
    fn advance(&mut self) -> Result<Option<(K, N)>> {
        while let Some(Entry { key, .. }) = self.scan.next_entry()? {
            if !self.last.is_empty() && key.starts_with(&self.last) {
                continue;
            }
            let (_, parts) = layout::split_group(key)?;
            let (found, rest) = decode_prefix::<K>(parts)?;
            let (namespace, tail) = decode_prefix::<N>(rest)?;
            let prefix = key.len() - tail.len();
            self.last.clear();
            self.last
                .extend_from_slice(key.get(..prefix).unwrap_or(key));
            return Ok(Some((found, namespace)));
        }
        Ok(None)
    }
}

impl<'r, S: Scan, K: StateKey, N: StateKey> Iterator for KeyGuards<'r, S, K, N> {
    type Item = Result<(Ref<'r, K>, Ref<'r, N>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next.map(|pair| pair.map(|(key, namespace)| (Ref::Owned(key), Ref::Owned(namespace))))
    }
}

fn keys<R: OrderedRead, K, N>(
    reader: &R,
    table: TableId,
) -> Result<KeyGuards<'_, R::Scan<'_>, K, N>> {
    Ok(KeyGuards {
        scan: reader.scan(table, Bound::Unbounded, Bound::Unbounded)?,
        last: Vec::new(),
        done: false,
        types: PhantomData,
    })
}

macro_rules! read_table {
    ($types:ident<$($param:ident),+>, $($bounds:tt)+) => {
        impl<'r, R: OrderedRead + 'r, K: StateKey, N: StateKey, $($bounds)+> ReadTable<'r, K, N>
            for StoreTable<'r, R, K, $types<$($param,)+ N>>
        {
            type Keys = KeyGuards<'r, R::Scan<'r>, K, N>;

            fn keys(self) -> Result<Self::Keys> {
                keys(self.reader, self.table)
            }

            fn key_count(self) -> Result<u64> {
                let mut count = 0;
                for key in self.keys()? {
                    key?;
                    count += 1;
                }
                Ok(count)
            }
        }
    };
}

read_table!(ValueTypes<V>, V: StateValue);
read_table!(ListTypes<T>, T: StateValue);
read_table!(MapTypes<UK, UV>, UK: StateKey, UV: StateValue);

impl<'r, R, K, N, V> ReadValue<'r, K, N, V> for StoreTable<'r, R, K, ValueTypes<V, N>>
where
    R: OrderedRead + 'r,
    K: StateKey,
    N: StateKey,
    V: StateValue,
{
    type Prepared = RowPrefix;

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
    ) -> Result<Option<Ref<'r, V>>> {
        let value = get(
            self.reader,
            self.table,
            at.prepared.as_bytes(),
            &*self.types.codec,
        )?;
        Ok(value.map(Ref::Owned))
    }
}

/// Iterator over the elements of a list: holds one chunk.
pub struct Elements<'r, S, T> {
    scan: S,
    chunk: Vec<u8>,
    at: usize,
    codec: &'r dyn Codec<T>,
    done: bool,
}

impl<S, T> fmt::Debug for Elements<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements")
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl<S: Scan, T: StateValue> Elements<'_, S, T> {
    fn advance(&mut self) -> Result<Option<T>> {
        loop {
            let rest = self.chunk.get(self.at..).unwrap_or_default();
            if let Some((element, tail)) = chunk::split_first(rest)? {
                self.at = self.chunk.len() - tail.len();
                return self.codec.decode(element).map(Some);
            }
            let Some(Entry { value, .. }) = self.scan.next_entry()? else {
                return Ok(None);
            };
            self.chunk.clear();
            self.chunk.extend_from_slice(envelope::payload(value)?);
            self.at = 0;
        }
    }
}

impl<'r, S: Scan, T: StateValue> Iterator for Elements<'r, S, T> {
    type Item = Result<Ref<'r, T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.advance().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next.map(|item| item.map(Ref::Owned))
    }
}

impl<'r, R, K, N, T> ReadList<'r, K, N, T> for StoreTable<'r, R, K, ListTypes<T, N>>
where
    R: OrderedRead + 'r,
    K: StateKey,
    N: StateKey,
    T: StateValue,
{
    type Prepared = RowPrefix;
    type Iter = Elements<'r, R::Scan<'r>, T>;

    fn iter<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowPrefix>) -> Result<Self::Iter> {
        let rows = at.prepared.rows();
        let (from, to) = rows.bounds();
        Ok(Elements {
            scan: self.reader.scan(self.table, from, to)?,
            chunk: Vec::new(),
            at: 0,
            codec: &*self.types.codec,
            done: false,
        })
    }

    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowPrefix>) -> Result<u64> {
        let rows = at.prepared.rows();
        let (from, to) = rows.bounds();
        let mut scan = self.reader.scan(self.table, from, to)?;
        let mut len = 0;
        while let Some(Entry { value, .. }) = scan.next_entry()? {
            len += chunk::count(envelope::payload(value)?)?;
        }
        Ok(len)
    }

    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowPrefix>) -> Result<bool> {
        is_empty(self.reader, self.table, at.prepared)
    }
}

/// Iterator over map entries, from both ends.
pub struct MapEntries<'r, S, UK, UV> {
    scan: Option<S>,
    prefix: usize,
    codec: &'r dyn Codec<UV>,
    types: PhantomData<fn() -> UK>,
}

impl<S, UK, UV> fmt::Debug for MapEntries<'_, S, UK, UV> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapEntries")
            .field("done", &self.scan.is_none())
            .finish_non_exhaustive()
    }
}

impl<'r, S: Scan, UK: StateKey, UV: StateValue> MapEntries<'r, S, UK, UV> {
    fn step(
        &mut self,
        step: impl FnOnce(&mut S) -> Result<Option<Entry<'_>>>,
    ) -> Option<Result<(Ref<'r, UK>, Ref<'r, UV>)>> {
        let (prefix, codec) = (self.prefix, self.codec);
        let decoded = match step(self.scan.as_mut()?) {
            Ok(None) => None,
            Ok(Some(entry)) => Some(decode_entry(entry, prefix, codec)),
            Err(error) => Some(Err(error)),
        };
        if !matches!(decoded, Some(Ok(_))) {
            self.scan = None;
        }
        decoded
    }
}

fn decode_entry<'r, UK: StateKey, UV: StateValue>(
    entry: Entry<'_>,
    prefix: usize,
    codec: &dyn Codec<UV>,
) -> Result<(Ref<'r, UK>, Ref<'r, UV>)> {
    let map_key = state_api::key::decode(entry.key.get(prefix..).unwrap_or_default())?;
    Ok((Ref::Owned(map_key), Ref::Owned(decode(codec, entry.value)?)))
}

impl<'r, S: Scan, UK: StateKey, UV: StateValue> Iterator for MapEntries<'r, S, UK, UV> {
    type Item = Result<(Ref<'r, UK>, Ref<'r, UV>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(S::next_entry)
    }
}

impl<S: Scan, UK: StateKey, UV: StateValue> DoubleEndedIterator for MapEntries<'_, S, UK, UV> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.step(S::next_entry_back)
    }
}

impl<'r, R, K, N, UK, UV> ReadMap<'r, K, N, UK, UV> for StoreTable<'r, R, K, MapTypes<UK, UV, N>>
where
    R: OrderedRead + 'r,
    K: StateKey,
    N: StateKey,
    UK: StateKey,
    UV: StateValue,
{
    type Prepared = RowPrefix;
    type Range = MapEntries<'r, R::Scan<'r>, UK, UV>;

    #[inline]
    fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<Option<Ref<'r, UV>>> {
        let key = at.prepared.map_entry(map_key)?;
        Ok(get(self.reader, self.table, &key, &*self.types.codec)?.map(Ref::Owned))
    }

    fn contains<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
        map_key: &UQ,
    ) -> Result<bool> {
        let key = at.prepared.map_entry(map_key)?;
        Ok(self.reader.get(self.table, &key)?.is_some())
    }

    fn len<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowPrefix>) -> Result<u64> {
        let rows = at.prepared.rows();
        let (from, to) = rows.bounds();
        let mut scan = self.reader.scan(self.table, from, to)?;
        let mut len = 0;
        while scan.next_entry()?.is_some() {
            len += 1;
        }
        Ok(len)
    }

    fn is_empty<Q: KeyRef<K> + ?Sized>(self, at: Address<'_, Q, N, RowPrefix>) -> Result<bool> {
        is_empty(self.reader, self.table, at.prepared)
    }

    fn range<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
        self,
        at: Address<'_, Q, N, RowPrefix>,
        from: Bound<&UQ>,
        to: Bound<&UQ>,
    ) -> Result<Self::Range> {
        let range = at.prepared.map_range(from, to)?;
        Ok(MapEntries {
            scan: scan(self.reader, self.table, range.bounds())?,
            prefix: at.prepared.as_bytes().len(),
            codec: &*self.types.codec,
            types: PhantomData,
        })
    }
}
