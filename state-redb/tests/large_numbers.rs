//! A table of a number that is not small is refused before a vector of that size is taken.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::ErrorKind;
use state_redb::{RedbConfig, RedbStore};
use state_store::{OrderedRead, OrderedStore, TableId};

#[test]
fn a_table_number_above_the_last_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = RedbConfig::default();
    let mut store = RedbStore::open(&dir.path().join("work"), &config).unwrap();
    for number in [TableId::LAST.0 + 1, u32::MAX] {
        let error = store.create_table(TableId(number)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert_eq!(error.context("table"), Some(number.to_string().as_str()));
    }
    store.create_table(TableId::LAST).unwrap();
    store.put(TableId::LAST, b"key", b"value").unwrap();
    let found = store.get(TableId::LAST, b"key").unwrap().unwrap();
    assert_eq!(found.as_ref(), b"value");
    drop(found);
    store.destroy().unwrap();
}
