//! Changes, and runs of them.

use proptest::prelude::*;
use state_api::row::{RowRef, StateMeta};
use state_api::{KeyGroups, Result};
use state_checkpoint::run::{RangeTombstone, RowChange, RunWriter};
use state_checkpoint::{CheckpointStorage, RunKind, RunOptions, RunRef};

use super::{block_on, states};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    DeleteRange(u16, u32, Vec<u8>, Option<Vec<u8>>),
    Put(u16, u32, Vec<u8>, Vec<u8>),
    Delete(u16, u32, Vec<u8>),
}

impl Op {
    pub(crate) fn borrowed(&self) -> RowChange<'_> {
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

    pub(crate) fn owned(op: RowChange<'_>) -> Self {
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

    pub(crate) fn state_mut(&mut self) -> &mut u32 {
        match self {
            Self::DeleteRange(_, state, ..)
            | Self::Put(_, state, ..)
            | Self::Delete(_, state, _) => state,
        }
    }

    pub(crate) fn group(&self) -> u16 {
        match self {
            Self::DeleteRange(group, ..) | Self::Put(group, ..) | Self::Delete(group, ..) => *group,
        }
    }
}

/// Writes a run of all of six key groups and three states.
pub(crate) fn write_run(
    storage: &dyn CheckpointStorage,
    path: &str,
    kind: RunKind,
    ops: &[Op],
    options: &RunOptions,
) -> Result<RunRef> {
    write_run_of(storage, path, kind, &states(), ops, options)
}

/// Writes a run of all of six key groups.
pub(crate) fn write_run_of(
    storage: &dyn CheckpointStorage,
    path: &str,
    kind: RunKind,
    states: &[StateMeta],
    ops: &[Op],
    options: &RunOptions,
) -> Result<RunRef> {
    block_on(async {
        let all = KeyGroups::all(6)?;
        let mut writer = RunWriter::create(storage, path, kind, all, states, options).await?;
        for op in ops {
            writer.push(op.borrowed()).await?;
        }
        writer.finish().await
    })
}

/// Sorted changes of three states in six key groups.
pub(crate) fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Some keys are equal in their first eight bytes and more.
    let key = || {
        prop_oneof![
            proptest::collection::vec(0_u8..4, 0..4),
            proptest::collection::vec(0_u8..2, 0..3).prop_map(|end| [&[1; 9][..], &end].concat()),
        ]
    };
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
