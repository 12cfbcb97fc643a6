//! From rows of a checkpoint to typed rows and back: the only place where heap state is encoded.

use state_api::key::{decode, encode};
use state_api::row::chunk;
use state_api::{Codec, Error, ErrorKind, Result, StateKey, StateValue};
use state_table::{ChunkedList, ChunkedMap};

use crate::export::GroupBatch;

/// How the state under one key and namespace becomes rows, and how it takes them in.
pub(crate) trait RowCodec<X>: Send + Sync + 'static {
    /// Adds the rows of `state`; `prefix` is the encoded key and namespace.
    fn encode(&self, prefix: &[u8], state: &X, out: &mut GroupBatch) -> Result<()>;

    /// The state that a first row makes; `tail` is what follows key and namespace in its key.
    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<X>;

    /// Takes in a further row of the same key and namespace.
    fn decode_next(&self, state: &mut X, tail: &[u8], payload: &[u8]) -> Result<()>;
}

/// A value: one row without a tail.
pub(crate) struct ValueRows<V>(pub(crate) std::sync::Arc<dyn Codec<V>>);

impl<V: StateValue> RowCodec<V> for ValueRows<V> {
    fn encode(&self, prefix: &[u8], state: &V, out: &mut GroupBatch) -> Result<()> {
        out.push(
            |key| {
                key.extend_from_slice(prefix);
                Ok(())
            },
            |row| self.0.encode(state, row),
        )
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<V> {
        if !tail.is_empty() {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the key of a value has a tail",
            ));
        }
        self.0.decode(payload)
    }

    fn decode_next(&self, _: &mut V, _: &[u8], _: &[u8]) -> Result<()> {
        Err(Error::new(ErrorKind::Corrupt, "a value has two rows"))
    }
}

/// A list: a row per chunk, numbered from 0.
pub(crate) struct ListRows<T>(pub(crate) std::sync::Arc<dyn Codec<T>>);

impl<T: StateValue> RowCodec<ChunkedList<T>> for ListRows<T> {
    fn encode(&self, prefix: &[u8], state: &ChunkedList<T>, out: &mut GroupBatch) -> Result<()> {
        let mut element = Vec::new();
        for (number, elements) in (0_u64..).zip(state.chunks()) {
            out.push(
                |key| {
                    key.extend_from_slice(prefix);
                    key.extend_from_slice(&number.to_be_bytes());
                    Ok(())
                },
                |row| {
                    for value in elements {
                        element.clear();
                        self.0.encode(value, &mut element)?;
                        chunk::push(row, &element);
                    }
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<ChunkedList<T>> {
        let mut list = ChunkedList::new();
        self.decode_next(&mut list, tail, payload)?;
        Ok(list)
    }

    fn decode_next(&self, list: &mut ChunkedList<T>, tail: &[u8], payload: &[u8]) -> Result<()> {
        if tail.len() != size_of::<u64>() {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the key of a list chunk has no number",
            ));
        }
        let mut rest = payload;
        while let Some((element, after)) = chunk::split_first(rest)? {
            list.push(self.0.decode(element)?);
            rest = after;
        }
        Ok(())
    }
}

/// A map: a row per entry.
pub(crate) struct MapRows<UV>(pub(crate) std::sync::Arc<dyn Codec<UV>>);

impl<UK: StateKey, UV: StateValue> RowCodec<ChunkedMap<UK, UV>> for MapRows<UV> {
    fn encode(
        &self,
        prefix: &[u8],
        state: &ChunkedMap<UK, UV>,
        out: &mut GroupBatch,
    ) -> Result<()> {
        for (map_key, value) in state {
            out.push(
                |key| {
                    key.extend_from_slice(prefix);
                    encode(map_key, key)
                },
                |row| self.0.encode(value, row),
            )?;
        }
        Ok(())
    }

    fn decode_first(&self, tail: &[u8], payload: &[u8]) -> Result<ChunkedMap<UK, UV>> {
        let mut map = ChunkedMap::new();
        self.decode_next(&mut map, tail, payload)?;
        Ok(map)
    }

    fn decode_next(&self, map: &mut ChunkedMap<UK, UV>, tail: &[u8], payload: &[u8]) -> Result<()> {
        map.insert(decode(tail)?, self.0.decode(payload)?);
        Ok(())
    }
}
