//! What only a view holds is released while a checkpoint reads it: segment by segment, before the run
//! that has them ends.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use state_api::{
    ChangeSource as _, KeyGroups, ListDescriptor, MapDescriptor, StateBackend as _, StateRead as _,
    StateView as _, ValueDescriptor,
};
use state_heap::HeapBackend;

const KEYS: u64 = 20_000;
const BUFFER: usize = 64 << 10;

#[test]
fn view_bytes_fall_to_nothing() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(8).unwrap());
    let value = ValueDescriptor::<String>::new("value").with_heap_size(String::capacity);
    let value = state.register(value).unwrap();
    let map = state.register(MapDescriptor::<u8, u8>::new("map")).unwrap();
    let list = state.register(ListDescriptor::<u8>::new("list")).unwrap();
    let write = |state: &mut HeapBackend<u64>, x: u8| {
        for key in 0..KEYS {
            let mut at = state.at_mut(&key);
            at.value(value).put(format!("{x:>100}")).unwrap();
            at.map(map).insert(x % 2, x).unwrap();
            at.list(list).push(x).unwrap();
        }
    };
    write(&mut state, 0);
    let (older, view) = (state.freeze().unwrap(), state.freeze().unwrap());
    assert_eq!(state.memory_held().view_bytes, 0, "nothing was written");
    let bytes = state.memory_held().bytes;
    write(&mut state, 1);
    let held = state.memory_held().view_bytes;
    assert!(held > KEYS * 100, "{held} bytes are held by views only");
    assert!(
        held <= bytes,
        "no more than the state had: {held} of {bytes}"
    );

    let range = view.key_groups().range();
    let mut changes = view.into_changes(None, range, BUFFER).unwrap();
    while changes.next_run().unwrap() {}
    assert_eq!(state.memory_held().view_bytes, held, "another view has all");

    let mut changes = older.into_changes(None, range, BUFFER).unwrap();
    let (mut before, mut falls, mut runs) = (held, 0, 0_u32);
    while changes.next_run().unwrap() {
        let now = state.memory_held().view_bytes;
        assert!(now <= before, "{now} after {before}");
        falls += u32::from(now < before);
        before = now;
        runs += 1;
        while changes.next_change().unwrap().is_some() {}
    }
    assert!(
        falls > 20 && falls * 2 > runs,
        "{falls} falls in {runs} runs"
    );
    assert_eq!(state.memory_held().view_bytes, 0);
}

/// A value that counts how many of its kind there are.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl PartialEq for Counted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(0)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer)?;
        Ok(Self(Arc::new(AtomicUsize::new(1))))
    }
}

#[test]
fn a_write_to_what_was_read_copies_nothing() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(8).unwrap());
    let value = ValueDescriptor::<Counted>::new("value");
    let value = state.register(value).unwrap();
    let counted = Counted(Arc::new(AtomicUsize::new(1)));
    let count = Arc::clone(&counted.0);
    for key in 0..KEYS {
        let mut at = state.at_mut(&key);
        at.value(value).put(counted.clone()).unwrap();
    }
    let all = count.load(Ordering::Relaxed);
    let view = state.freeze().unwrap();
    let range = view.key_groups().range();
    let mut changes = view.into_changes(None, range, usize::MAX).unwrap();
    // The run is in the buffer, and nothing of it is read yet.
    assert!(changes.next_run().unwrap());
    for key in 0..KEYS {
        state
            .at_mut(&key)
            .value(value)
            .modify(counted.clone(), |_| ())
            .unwrap();
        assert_eq!(count.load(Ordering::Relaxed), all, "key {key}");
    }
}
