//! A clone of a list clones the elements of its tail and no others.

use std::cell::Cell;

use state_table::ChunkedList;

thread_local! {
    static CLONES: Cell<usize> = const { Cell::new(0) };
}

struct Counted;

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Self
    }
}

#[test]
fn full_chunks_are_shared() {
    let mut list: ChunkedList<Counted> = (0..70_000).map(|_| Counted).collect();
    let copy = list.clone();
    assert_eq!(CLONES.get(), list.tail().len());
    assert!(CLONES.get() < 1024);
    let tail = CLONES.get();
    list.extend((0..5000).map(|_| Counted));
    assert_eq!(CLONES.get(), tail, "pushing clones nothing");
    assert_eq!((list.len(), copy.len()), (75_000, 70_000));
}
