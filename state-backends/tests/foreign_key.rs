//! A key that one backend prepared is refused by the table of another.

#![cfg(all(feature = "heap", feature = "redb"))]

use state_backends::{
    Address, ErrorKind, KeyGroups, ReadValue, StateBackend, StateRead, ValueDescriptor, WriteValue,
    open,
};

#[test]
fn a_key_prepared_by_another_backend_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let groups = KeyGroups::all(128).unwrap();
    let redb = format!("redb:{}?cache=8MiB", dir.path().join("state").display());
    let mut heap = open::<u64>("heap:", groups).unwrap();
    let mut redb = open::<u64>(&redb, groups).unwrap();

    for (one, other) in [(0, 1), (1, 0), (0, 0)] {
        let prepared = [&heap, &redb][one].prepare(&7).unwrap();
        let at = Address {
            key: &7_u64,
            namespace: &(),
            prepared: &prepared,
        };
        let state = [&mut heap, &mut redb].into_iter().nth(other).unwrap();
        let count = state
            .register(ValueDescriptor::<u64>::new("count"))
            .unwrap();
        let put = state.value_table(count).unwrap().put(at, 1);
        let got = state
            .value_read(count)
            .unwrap()
            .get(at)
            .map(|value| value.map(|n| *n));
        if one == other {
            assert_eq!((put.is_ok(), got.unwrap()), (true, Some(1)));
        } else {
            assert_eq!(put.unwrap_err().kind(), ErrorKind::Mismatch);
            assert_eq!(got.unwrap_err().kind(), ErrorKind::Mismatch);
        }
    }
    redb.destroy().unwrap();
}
