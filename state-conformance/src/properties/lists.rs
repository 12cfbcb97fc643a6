//! Lists that are long, and elements that are.

use state_api::{ListDescriptor, StateBackend, StateRead};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::site::Site;

/// Panics unless the list of key 1 is `0..len`.
fn assert_counts_up<R: StateRead<Key = u64>>(
    what: &str,
    state: &R,
    list: state_api::List<u64>,
    len: u64,
) {
    let mut next = 0;
    for element in state.at(&1).list(list).iter().unwrap() {
        let element = *element.unwrap();
        assert_eq!(
            element, next,
            "{what}: element {next} of {len} is another one"
        );
        next += 1;
    }
    assert_eq!(next, len, "{what}: the list has another length");
    assert_eq!(
        state.at(&1).list(list).len().unwrap(),
        len,
        "{what}: the length is another one"
    );
}

/// A list of 10,000 elements keeps their order through pushes, extends of all sizes, freezes,
/// other lists that grow at the same time, and a checkpoint; and goes on growing behind it.
pub fn long_lists_keep_their_order<F: BackendFactory>(factory: &F) {
    const LEN: u64 = 10_000;
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let list = backend
        .register(ListDescriptor::<u64>::new("list"))
        .unwrap();
    let (mut next, mut views) = (0, Vec::new());
    for round in 0_u64.. {
        let end = LEN.min(next + 1 + round * round % 397);
        if end == next + 1 {
            backend.at_mut(&1).list(list).push(next).unwrap();
        } else {
            backend.at_mut(&1).list(list).extend(next..end).unwrap();
        }
        next = end;
        backend.at_mut(&2).list(list).push(round).unwrap();
        if round % 20 == 0 {
            views.push((backend.freeze().unwrap(), next));
        }
        if next == LEN {
            break;
        }
    }
    assert_counts_up("live", &backend, list, LEN);
    for (view, len) in views {
        assert_counts_up("a view", &view, list, len);
    }
    let mut restored = site.open::<u64>();
    Backup::take(&mut backend)
        .unwrap()
        .restore(&mut restored)
        .unwrap();
    let list = restored
        .register(ListDescriptor::<u64>::new("list"))
        .unwrap();
    assert_counts_up("restored", &restored, list, LEN);
    for element in LEN..LEN + 300 {
        restored.at_mut(&1).list(list).push(element).unwrap();
    }
    assert_counts_up("restored and appended to", &restored, list, LEN + 300);
}

/// An element that is longer than a chunk is an element, between short ones.
pub fn elements_longer_than_a_chunk_fit<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let list = backend
        .register(ListDescriptor::<Vec<u8>>::new("list"))
        .unwrap();
    let lengths = [
        1, 10_240, 0, 3, 10_240, 10_240, 1023, 1024, 1025, 0, 127, 128, 16_383, 16_384,
    ];
    let elements: Vec<_> = (0_u8..)
        .zip(lengths)
        .map(|(byte, len)| vec![byte; len])
        .collect();
    for element in &elements {
        backend.at_mut(&1).list(list).push(element.clone()).unwrap();
    }
    backend
        .at_mut(&2)
        .list(list)
        .extend(elements.iter().cloned())
        .unwrap();
    let mut restored = site.open::<u64>();
    Backup::take(&mut backend)
        .unwrap()
        .restore(&mut restored)
        .unwrap();
    let again = restored
        .register(ListDescriptor::<Vec<u8>>::new("list"))
        .unwrap();
    for (backend, list) in [(backend, list), (restored, again)] {
        for key in [1, 2] {
            let found = backend.at(&key).list(list).iter().unwrap();
            let found: Vec<_> = found.map(|element| element.unwrap().into_owned()).collect();
            assert!(
                found == elements,
                "key {key}: elements of {lengths:?} bytes are other ones"
            );
        }
    }
}
