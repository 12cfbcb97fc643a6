//! A row that is modified where it is found becomes what a get and a put would have made of it, whatever its length was and is,
//! and no view sees it.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::collection::vec;
use proptest::prelude::*;
use state_redb::{RedbConfig, RedbStore};
use state_store::{OrderedRead, OrderedStore, Scan, TableId};

const TABLE: TableId = TableId(1);

type Model = BTreeMap<u8, Vec<u8>>;

#[derive(Clone, Debug)]
enum Op {
    /// To so many bytes of this value; `None` leaves the row.
    Modify(u8, Option<(usize, u8)>),
    Put(u8, usize),
    Delete(u8),
    Freeze,
}

fn op() -> impl Strategy<Value = Op> {
    let len = prop_oneof![0..12_usize, Just(8), 0..3000_usize];
    prop_oneof![
        6 => (0..40_u8, proptest::option::weighted(0.9, (len.clone(), any::<u8>())))
            .prop_map(|(key, row)| Op::Modify(key, row)),
        2 => (0..40_u8, len).prop_map(|(key, len)| Op::Put(key, len)),
        1 => (0..40_u8).prop_map(Op::Delete),
        1 => Just(Op::Freeze),
    ]
}

fn rows(reader: &impl OrderedRead) -> Model {
    let mut rows = Model::new();
    let mut scan = reader
        .scan(TABLE, Bound::Unbounded, Bound::Unbounded)
        .unwrap();
    while let Some(entry) = scan.next_entry().unwrap() {
        rows.insert(*entry.key.first().unwrap(), entry.value.to_vec());
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_modified_row_is_what_a_get_and_a_put_make_of_it(ops in vec(op(), 0..200)) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = RedbStore::open(&dir.path().join("db"), &RedbConfig::default()).unwrap();
        store.create_table(TABLE).unwrap();
        let (mut model, mut views) = (Model::new(), Vec::new());
        for op in ops {
            match op {
                Op::Modify(key, row) => {
                    let row = row.map(|(len, byte)| vec![byte; len]);
                    let mut seen = None;
                    let change = |found: Option<&[u8]>| {
                        seen = Some(found.map(<[u8]>::to_vec));
                        row.as_deref()
                    };
                    store.modify(TABLE, &[key], change).unwrap();
                    prop_assert_eq!(seen, Some(model.get(&key).cloned()));
                    if let Some(row) = row {
                        model.insert(key, row);
                    }
                }
                Op::Put(key, len) => {
                    store.put(TABLE, &[key], &vec![7; len]).unwrap();
                    model.insert(key, vec![7; len]);
                }
                Op::Delete(key) => {
                    store.delete(TABLE, &[key]).unwrap();
                    model.remove(&key);
                }
                Op::Freeze => views.push((store.freeze().unwrap(), model.clone())),
            }
        }
        prop_assert_eq!(rows(&store), model);
        for (view, model) in &views {
            prop_assert_eq!(&rows(view), model);
        }
    }
}
