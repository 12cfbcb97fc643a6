//! Range tombstones come first, come back, and a restore of base runs refuses them.

use proptest::prelude::*;
use state_api::row::{RowRef, RowSource};
use state_api::{ErrorKind, KeyGroups, Result};
use state_checkpoint::run::{RangeTombstone, RowChange, RunFile, RunWriter};
use state_checkpoint::{CheckpointStorage, Compression, MemoryStorage, RunKind, RunRef};

use crate::support::{block_on, options, range, states};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Op {
    DeleteRange(u16, u32, Vec<u8>, Option<Vec<u8>>),
    Put(u16, u32, Vec<u8>, Vec<u8>),
    Delete(u16, u32, Vec<u8>),
}

impl Op {
    fn borrowed(&self) -> RowChange<'_> {
        match self {
            Self::DeleteRange(group, state, start, end) => RowChange::DeleteRange(RangeTombstone {
                group: *group,
                state: *state,
                start,
                end: end.as_deref(),
            }),
            Self::Put(group, state, key, envelope) => RowChange::Put(RowRef {
                group: *group,
                state: *state,
                key,
                envelope,
            }),
            Self::Delete(group, state, key) => RowChange::Delete {
                group: *group,
                state: *state,
                key,
            },
        }
    }

    fn owned(op: RowChange<'_>) -> Self {
        match op {
            RowChange::DeleteRange(RangeTombstone {
                group,
                state,
                start,
                end,
            }) => Self::DeleteRange(group, state, start.to_vec(), end.map(<[u8]>::to_vec)),
            RowChange::Put(RowRef {
                group,
                state,
                key,
                envelope,
            }) => Self::Put(group, state, key.to_vec(), envelope.to_vec()),
            RowChange::Delete { group, state, key } => Self::Delete(group, state, key.to_vec()),
        }
    }

    fn group(&self) -> u16 {
        match self {
            Self::DeleteRange(group, ..) | Self::Put(group, ..) | Self::Delete(group, ..) => *group,
        }
    }
}

fn write(storage: &dyn CheckpointStorage, ops: &[Op], block_bytes: u32) -> Result<RunRef> {
    block_on(async {
        let all = KeyGroups::all(6)?;
        let options = options(block_bytes, Compression::Lz4);
        let mut writer = RunWriter::create(
            storage,
            "runs/delta.run",
            RunKind::Delta,
            all,
            &states(),
            &options,
        )
        .await?;
        for op in ops {
            writer.push(op.borrowed()).await?;
        }
        writer.finish().await
    })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key = || proptest::collection::vec(0_u8..4, 0..4);
    let ranges =
        proptest::collection::vec((0_u16..6, 0_u32..3, key(), key(), any::<bool>()), 0..40);
    let points =
        proptest::collection::btree_map((0_u16..6, 0_u32..3, key()), any::<Option<u8>>(), 0..60);
    (ranges, points).prop_map(|(ranges, points)| {
        let mut ranges: Vec<_> = ranges
            .into_iter()
            .filter(|(_, _, start, end, open)| *open || start < end)
            .map(|(group, state, start, end, open)| {
                // Sorted by its end; an open end is the highest.
                (
                    group,
                    state,
                    start,
                    open,
                    if open { Vec::new() } else { end },
                )
            })
            .collect();
        ranges.sort();
        ranges.dedup();
        let ranges = ranges.into_iter().map(|(group, state, start, open, end)| {
            Op::DeleteRange(group, state, start, (!open).then_some(end))
        });
        let points = points
            .into_iter()
            .map(|((group, state, key), value)| match value {
                Some(byte) => Op::Put(group, state, key, vec![byte; 9]),
                None => Op::Delete(group, state, key),
            });
        ranges.chain(points).collect()
    })
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
        let expected: Vec<Op> =
            ops.into_iter().filter(|op| first <= op.group() && op.group() <= last).collect();
        prop_assert_eq!(found, expected);
        let file = block_on(RunFile::open(&storage, &run)).unwrap();
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
        assert_eq!(error.kind(), ErrorKind::Unsupported);
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
