//! Range tombstones come first and come back; who asks a run for rows is refused them.

use proptest::prelude::*;
use state_api::row::RowSource;
use state_api::{ErrorKind, Result};
use state_checkpoint::run::RunFile;
use state_checkpoint::{CheckpointStorage, Compression, MemoryStorage, RunKind, RunRef};

use crate::support::ops::{Op, ops, write_run};
use crate::support::{block_on, options, range};

fn write(storage: &dyn CheckpointStorage, ops: &[Op], block_bytes: u32) -> Result<RunRef> {
    let options = options(block_bytes, Compression::Lz4);
    write_run(storage, "runs/delta.run", RunKind::Delta, ops, &options)
}

proptest! {
    #[test]
    fn all_kinds_of_entries_come_back(
        ops in ops(), block_bytes in 1_u32..300, a in 0_u16..6, b in 0_u16..6,
    ) {
        let storage = MemoryStorage::new();
        let run = write(&storage, &ops, block_bytes).unwrap();
        let (first, last) = (a.min(b), a.max(b));
        let mut reader = block_on(RunFile::open(&storage, &run)).unwrap().read(range(first, last));
        let mut found = Vec::new();
        while let Some(op) = reader.next_op().unwrap() {
            found.push(Op::owned(op));
        }
        let file = block_on(RunFile::open(&storage, &run)).unwrap();
        let ranges = ops.iter().filter(|op| matches!(op, Op::DeleteRange(..))).count() as u64;
        prop_assert_eq!((file.range_tombstones(), file.rows()), (ranges, ops.len() as u64 - ranges));
        let expected: Vec<Op> =
            ops.into_iter().filter(|op| first <= op.group() && op.group() <= last).collect();
        prop_assert_eq!(found, expected);
        block_on(file.verify(run.digest)).unwrap();
    }
}

#[test]
fn a_row_source_refuses_tombstones_of_both_kinds() {
    for op in [
        Op::DeleteRange(1, 0, b"a".to_vec(), None),
        Op::Delete(1, 0, b"a".to_vec()),
    ] {
        let storage = MemoryStorage::new();
        let run = write(&storage, &[op], 100).unwrap();
        let mut reader = block_on(RunFile::open(&storage, &run))
            .unwrap()
            .read(range(0, 5));
        let error = reader.next_row().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.context("file"), Some("runs/delta.run"));
    }
}

#[test]
fn ranges_out_of_place_are_refused() {
    let range = |start: &[u8], end: Option<&[u8]>| {
        Op::DeleteRange(1, 1, start.to_vec(), end.map(<[u8]>::to_vec))
    };
    for ops in [
        vec![Op::Put(0, 0, b"a".to_vec(), Vec::new()), range(b"b", None)],
        vec![range(b"b", Some(b"b"))],
        vec![range(b"b", Some(b"a"))],
        vec![range(b"b", None), range(b"b", None)],
        vec![range(b"b", None), range(b"b", Some(b"c"))],
        vec![range(b"b", None), range(b"a", None)],
    ] {
        for block_bytes in [1, 1000] {
            let storage = MemoryStorage::new();
            let error = write(&storage, &ops, block_bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{ops:?}");
            assert!(block_on(storage.list("runs")).unwrap().is_empty());
        }
    }
}
