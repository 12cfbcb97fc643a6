//! From rows of a checkpoint to typed rows and back: the only place where heap state is encoded.

use state_api::key::{decode, encode};
use state_api::row::chunk;
use state_api::{Codec, Error, ErrorKind, Result, StateKey, StateValue};
use state_table::{ChunkedList, ChunkedMap};

use crate::changes::{ChangeBatch, Delta};
use crate::export::{RowSink, push};

/// How the state under one key and namespace becomes rows, and how it takes them in.
pub(crate) trait RowCodec<X>: Send + Sync + 'static {
    /// Adds the rows of `state` from number `from` on, as long as `out` takes rows; `prefix` is the
    /// encoded key and namespace. Returns where to go on, `None` after the last row.
    fn encode(
        &self,
        prefix: &[u8],
        state: &X,
        from: usize,
        out: &mut dyn RowSink,
    ) -> Result<Option<usize>>;

    /// Whether the rows of a key and namespace have tails, so that there may be many.
    fn has_tails(&self) -> bool {
        true
    }

    /// Adds the rows of `state` that may have changed, from the one that is not done on, until `out`
    /// is full; whether all of them are added.
    fn encode_changes(
        &self,
        prefix: &[u8],
        state: &X,
        delta: &Delta<'_>,
        out: &mut ChangeBatch,
    ) -> Result<bool>;

    /// The state that a first row makes; `tail` is what follows key and namespace in its key. The
    /// flag tells whether [`RowCodec::encode`] goes on from this row as it is.
    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<(X, bool)>;

    /// Takes in a further row of the same key and namespace; the flag as there.
    fn decode_next(&self, state: &mut X, tail: &[u8], payload: &[u8]) -> Result<bool>;
}

/// A value: one row without a tail.
pub(crate) struct ValueRows<V>(pub(crate) std::sync::Arc<dyn Codec<V>>);

impl<V: StateValue> RowCodec<V> for ValueRows<V> {
    #[inline]
    fn encode(
        &self,
        prefix: &[u8],
        state: &V,
        _: usize,
        out: &mut dyn RowSink,
    ) -> Result<Option<usize>> {
        let key = |key: &mut Vec<u8>| {
            key.extend_from_slice(prefix);
            Ok(())
        };
        push(out, key, |row| self.0.encode(state, row)).map(|_| None)
    }

    fn has_tails(&self) -> bool {
        false
    }

    fn encode_changes(
        &self,
        prefix: &[u8],
        state: &V,
        _: &Delta<'_>,
        out: &mut ChangeBatch,
    ) -> Result<bool> {
        out.put(
            |key| {
                key.extend_from_slice(prefix);
                Ok(())
            },
            |row| self.0.encode(state, row),
        )?;
        Ok(true)
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<(V, bool)> {
        if !tail.is_empty() {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the key of a value has a tail",
            ));
        }
        Ok((self.0.decode(payload)?, true))
    }

    fn decode_next(&self, _: &mut V, _: &[u8], _: &[u8]) -> Result<bool> {
        Err(Error::new(ErrorKind::Corrupt, "a value has two rows"))
    }
}

/// A list: a row per chunk, numbered from 0.
pub(crate) struct ListRows<T>(pub(crate) std::sync::Arc<dyn Codec<T>>);

impl<T: StateValue> ListRows<T> {
    fn encode_chunk(&self, elements: &[T], element: &mut Vec<u8>, row: &mut Vec<u8>) -> Result<()> {
        for value in elements {
            element.clear();
            self.0.encode(value, element)?;
            chunk::push(row, element);
        }
        Ok(())
    }
}

impl<T: StateValue> RowCodec<ChunkedList<T>> for ListRows<T> {
    fn encode(
        &self,
        prefix: &[u8],
        state: &ChunkedList<T>,
        from: usize,
        out: &mut dyn RowSink,
    ) -> Result<Option<usize>> {
        let mut element = Vec::new();
        for (number, elements) in state.chunks().enumerate().skip(from) {
            let key = |key: &mut Vec<u8>| {
                key.extend_from_slice(prefix);
                // A count of chunks in memory is far below the limit of chunk numbers.
                key.extend_from_slice(&u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
                Ok(())
            };
            let payload = |row: &mut Vec<u8>| self.encode_chunk(elements, &mut element, row);
            if push(out, key, payload)? {
                return Ok(Some(number + 1));
            }
        }
        Ok(None)
    }

    fn encode_changes(
        &self,
        prefix: &[u8],
        state: &ChunkedList<T>,
        delta: &Delta<'_>,
        out: &mut ChangeBatch,
    ) -> Result<bool> {
        let first = if delta.whole {
            0
        } else {
            state.full_chunks_at(delta.since)
        };
        let chunks = (0_u64..).zip(state.chunks()).skip(first + delta.done);
        let mut element = Vec::new();
        for (number, elements) in chunks {
            if out.is_full() {
                return Ok(false);
            }
            out.put(
                |key| {
                    key.extend_from_slice(prefix);
                    key.extend_from_slice(&number.to_be_bytes());
                    Ok(())
                },
                |row| self.encode_chunk(elements, &mut element, row),
            )?;
        }
        Ok(true)
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<(ChunkedList<T>, bool)> {
        let mut list = ChunkedList::new();
        let goes_on = self.decode_next(&mut list, tail, payload)?;
        Ok((list, goes_on))
    }

    fn decode_next(&self, list: &mut ChunkedList<T>, tail: &[u8], payload: &[u8]) -> Result<bool> {
        if tail.len() != size_of::<u64>() {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the key of a list chunk has no number",
            ));
        }
        let full = list.full_chunks().len();
        let number = u64::try_from(full).unwrap_or(u64::MAX);
        let begins = list.tail().is_empty() && tail == number.to_be_bytes();
        let mut rest = payload;
        while let Some((element, after)) = chunk::split_first(rest)? {
            list.push(self.0.decode(element)?);
            rest = after;
        }
        // The row is a chunk of ours, or becomes one by what is appended.
        Ok(begins && (list.tail().is_empty() || list.full_chunks().len() == full))
    }
}

/// A map: a row per entry.
pub(crate) struct MapRows<UV>(pub(crate) std::sync::Arc<dyn Codec<UV>>);

impl<UK: StateKey, UV: StateValue> RowCodec<ChunkedMap<UK, UV>> for MapRows<UV> {
    fn encode(
        &self,
        prefix: &[u8],
        state: &ChunkedMap<UK, UV>,
        from: usize,
        out: &mut dyn RowSink,
    ) -> Result<Option<usize>> {
        for (number, (map_key, value)) in (from..).zip(state.iter().skip(from)) {
            let key = |key: &mut Vec<u8>| {
                key.extend_from_slice(prefix);
                encode(map_key, key)
            };
            if push(out, key, |row| self.0.encode(value, row))? {
                return Ok(Some(number + 1));
            }
        }
        Ok(None)
    }

    fn encode_changes(
        &self,
        prefix: &[u8],
        state: &ChunkedMap<UK, UV>,
        delta: &Delta<'_>,
        out: &mut ChangeBatch,
    ) -> Result<bool> {
        let put = |tail: &[u8], value: &UV, out: &mut ChangeBatch| {
            let key = |key: &mut Vec<u8>| {
                key.extend_from_slice(prefix);
                key.extend_from_slice(tail);
                Ok(())
            };
            out.put(key, |row| self.0.encode(value, row))
        };
        if state.is_large() && !delta.whole {
            for tail in delta.entries.iter().skip(delta.done) {
                if out.is_full() {
                    return Ok(false);
                }
                match state.get(&decode::<UK>(tail)?) {
                    Some(value) => put(tail, value, out)?,
                    None => out.delete(prefix, tail),
                }
            }
            return Ok(true);
        }
        let mut tail = Vec::new();
        for (map_key, value) in state.iter().skip(delta.done) {
            if out.is_full() {
                return Ok(false);
            }
            tail.clear();
            encode(map_key, &mut tail)?;
            put(&tail, value, out)?;
        }
        Ok(true)
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<(ChunkedMap<UK, UV>, bool)> {
        let mut map = ChunkedMap::new();
        let goes_on = self.decode_next(&mut map, tail, payload)?;
        Ok((map, goes_on))
    }

    fn decode_next(
        &self,
        map: &mut ChunkedMap<UK, UV>,
        tail: &[u8],
        payload: &[u8],
    ) -> Result<bool> {
        map.insert(decode(tail)?, self.0.decode(payload)?);
        Ok(true)
    }
}
