//! A clone of a large map clones no value; the first write after it clones at most one chunk, and a
//! key that is not found none.

use std::cell::Cell;

use state_table::ChunkedMap;

thread_local! {
    static CLONES: Cell<usize> = const { Cell::new(0) };
}

struct Counted(u64);

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Self(self.0)
    }
}

#[test]
fn copies_are_bounded_by_a_chunk() {
    let mut map: ChunkedMap<u64, Counted> = (0..50_000).map(|i| (i * 2, Counted(i))).collect();
    let copy = map.clone();
    assert!(map.get_mut(&1001).is_none() && map.remove(&1001).is_none());
    assert_eq!(CLONES.get(), 0);

    map.get_mut(&1000).unwrap().0 = u64::MAX;
    assert!((1..=512).contains(&CLONES.get()));
    let one = CLONES.get();
    map.insert(1002, Counted(0));
    assert_eq!(CLONES.get(), one, "the same chunk is copied once");
    map.insert(90_001, Counted(0));
    assert!(CLONES.get() <= one + 512, "a full chunk splits");
    let two = CLONES.get();
    map.remove(&20_000);
    assert!((two + 1..=two + 512).contains(&CLONES.get()));
    assert!(copy.iter().all(|(key, value)| value.0 * 2 == *key));
}
