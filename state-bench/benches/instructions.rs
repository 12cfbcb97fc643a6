//! Loops over the operations of the heap, to be counted and not to be timed: `scripts/instructions` runs them
//! under callgrind and compares the instructions an operation takes with those in `state-bench/instructions.txt`.
//!
//! 10,000 `u64` keys in random order. Each function is one loop, named after its row in that file.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::hint::black_box;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use state_api::{
    BoundStates, KeyGroups, List, ListDescriptor, Map, MapDescriptor, StateBackend, StateRead,
    Value, ValueDescriptor,
};
use state_bench::inputs::permutation;
use state_heap::HeapBackend;

/// Operations of each loop.
const KEYS: u64 = 10_000;

type Heap = HeapBackend<u64>;
type Bare = HashMap<u64, u64, RandomState>;

#[inline(never)]
fn bare_get(map: &Bare, order: &[u64]) -> u64 {
    order
        .iter()
        .fold(0, |sum: u64, key| sum.wrapping_add(*map.get(key).unwrap()))
}

#[inline(never)]
fn bare_put(map: &mut Bare, order: &[u64]) {
    for key in order {
        map.insert(*key, key ^ 1);
    }
}

#[inline(never)]
fn bare_modify(map: &mut Bare, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        let n = map.entry(*key).or_insert(0);
        *n = n.wrapping_add(1);
        sum.wrapping_add(*n)
    })
}

#[inline(never)]
fn heap_get<R: StateRead<Key = u64>>(state: &R, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*state.at(key).value(value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn view_get<R: StateRead<Key = u64>>(state: &R, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*state.at(key).value(value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn heap_get_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*bound.at_mut(key).value(value).get().unwrap().unwrap())
    })
}

/// Of rows that a view has too.
#[inline(never)]
fn heap_get_shared(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*bound.at_mut(key).value(value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn heap_put(state: &mut Heap, value: Value<u64>, order: &[u64]) {
    for key in order {
        state.at_mut(key).value(value).put(key ^ 1).unwrap();
    }
}

#[inline(never)]
fn heap_put_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    for key in order {
        bound.at_mut(key).value(value).put(key ^ 1).unwrap();
    }
}

#[inline(never)]
fn heap_put_tracked(state: &mut Heap, value: Value<u64>, order: &[u64]) {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    for key in order {
        bound.at_mut(key).value(value).put(key ^ 1).unwrap();
    }
}

#[inline(never)]
fn bare_insert(map: &mut Bare, order: &[u64]) {
    for key in order {
        map.insert(*key, key ^ 1);
    }
}

/// Of keys that are not there: the table grows from nothing.
#[inline(never)]
fn heap_insert_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    for key in order {
        bound.at_mut(key).value(value).put(key ^ 1).unwrap();
    }
}

#[inline(never)]
fn bare_remove(map: &mut Bare, order: &[u64]) {
    for key in order {
        map.remove(key);
    }
}

#[inline(never)]
fn heap_remove_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    for key in order {
        bound.at_mut(key).value(value).clear().unwrap();
    }
}

fn add(n: &mut u64) -> u64 {
    *n = n.wrapping_add(1);
    *n
}

#[inline(never)]
fn heap_modify(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(state.at_mut(key).value(value).modify(0, add).unwrap())
    })
}

#[inline(never)]
fn heap_modify_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(bound.at_mut(key).value(value).modify(0, add).unwrap())
    })
}

#[inline(never)]
fn heap_list_push_bound(state: &mut Heap, list: List<u64>, order: &[u64]) {
    let (mut bound, (list,)) = state.bind((list,)).unwrap();
    for key in order {
        bound.at_mut(key).list(list).push(*key).unwrap();
    }
}

#[inline(never)]
fn heap_map_get_bound(state: &mut Heap, map: Map<u64, u64>, order: &[u64]) -> u64 {
    let (mut bound, (map,)) = state.bind((map,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        let entry = key % 10;
        sum.wrapping_add(*bound.at_mut(key).map(map).get(&entry).unwrap().unwrap())
    })
}

#[inline(never)]
fn heap_map_insert_bound(state: &mut Heap, map: Map<u64, u64>, order: &[u64]) {
    let (mut bound, (map,)) = state.bind((map,)).unwrap();
    for key in order {
        bound.at_mut(key).map(map).insert(key % 10, *key).unwrap();
    }
}

fn main() {
    let order = permutation(1, KEYS);
    let mut bare = Bare::default();
    let mut state = Heap::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let value = state
        .register(ValueDescriptor::<u64>::new("value"))
        .unwrap();
    let list = state.register(ListDescriptor::<u64>::new("list")).unwrap();
    let map = state
        .register(MapDescriptor::<u64, u64>::new("map"))
        .unwrap();
    for key in 0..KEYS {
        bare.insert(key, key);
        let mut at = state.at_mut(&key);
        at.value(value).put(key).unwrap();
        at.list(list).extend(0..9).unwrap(); // which leaves room
        for entry in 0..10 {
            at.map(map).insert(entry, key).unwrap();
        }
    }
    let mut empty = Bare::default();
    bare_insert(&mut empty, &order);
    bare_remove(&mut empty, &order);
    let other = ValueDescriptor::<u64>::new("other");
    let other = state.register(other).unwrap();
    heap_insert_bound(&mut state, other, &order);
    heap_remove_bound(&mut state, other, &order);
    black_box(bare_get(&bare, &order));
    bare_put(&mut bare, &order);
    black_box(bare_modify(&mut bare, &order));
    black_box(heap_get(&state, value, &order));
    black_box(heap_get_bound(&mut state, value, &order));
    heap_put(&mut state, value, &order);
    heap_put_bound(&mut state, value, &order);
    black_box(heap_modify(&mut state, value, &order));
    black_box(heap_modify_bound(&mut state, value, &order));
    heap_list_push_bound(&mut state, list, &order);
    black_box(heap_map_get_bound(&mut state, map, &order));
    heap_map_insert_bound(&mut state, map, &order);
    let view = state.freeze().unwrap();
    black_box(view_get(&view, value, &order));
    black_box(heap_get_shared(&mut state, value, &order));
    drop(view);
    state.track_changes(usize::MAX).unwrap();
    drop(state.freeze().unwrap()); // from now on there is something to mark
    for key in &order {
        state.at_mut(key).value(value).put(0).unwrap(); // begins the marks
    }
    heap_put_tracked(&mut state, value, &order);
}
