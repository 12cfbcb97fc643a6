//! What rows add to the accounts of their table.

use std::mem::needs_drop;

use state_api::StateKey;
use state_api::descriptor::HeapSize;

use super::{count, signed};
use crate::list::ChunkedList;
use crate::map::ChunkedMap;

/// What the state of one row adds to the accounts of its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub(crate) entries: u64,
    pub(crate) bytes: i64,
}

impl Weight {
    /// `entries` elements of `own` bytes each, and `heap` bytes behind their pointers.
    fn new(entries: usize, own: usize, heap: impl Iterator<Item = usize>) -> Self {
        let heap = heap.fold(0, |sum, bytes| sum + signed(bytes));
        Self {
            entries: count(entries),
            bytes: signed(entries) * signed(own) + heap,
        }
    }

    /// The weight of a value.
    pub fn of_value<V>(value: &V, heap_size: Option<HeapSize<V>>) -> Self {
        Self::new(
            1,
            0,
            measure(heap_size)
                .into_iter()
                .map(|heap_size| heap_size(value)),
        )
    }

    /// The weight of a list.
    pub fn of_list<T: Clone>(list: &ChunkedList<T>, heap_size: Option<HeapSize<T>>) -> Self {
        let heap = measure(heap_size)
            .into_iter()
            .flat_map(|heap_size| list.iter().map(heap_size));
        Self::new(list.len(), size_of::<T>(), heap)
    }

    /// The weight of a map.
    pub fn of_map<UK: StateKey, UV: Clone>(
        map: &ChunkedMap<UK, UV>,
        heap_size: Option<HeapSize<UV>>,
    ) -> Self {
        let heap = measure(heap_size)
            .into_iter()
            .flat_map(|heap_size| map.iter().map(move |(_, value)| heap_size(value)));
        Self::new(map.len(), size_of::<(UK, UV)>(), heap)
    }
}

/// What measures elements, where they may own something to measure.
#[inline]
pub(super) fn measure<E>(heap_size: Option<HeapSize<E>>) -> Option<HeapSize<E>> {
    if needs_drop::<E>() { heap_size } else { None }
}
