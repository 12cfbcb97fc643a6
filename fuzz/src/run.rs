//! Run files.

use state_api::{KeyGroupRange, KeyGroups, Result};
use state_checkpoint::blocking::block_on;
use state_checkpoint::run::{RangeTombstone, RowChange, RunFile, RunWriter};
use state_checkpoint::{
    CheckpointStorage, Compression, MemoryStorage, RunKind, RunOptions, RunRef,
};

use crate::bounded::bounded;
use crate::craft;
use crate::refused::damaged;
use crate::seal;

const PATH: &str = "runs/a.run";

/// An entry of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Range(u16, u32, Vec<u8>, Option<Vec<u8>>),
    Put(u16, u32, Vec<u8>, Vec<u8>),
    Delete(u16, u32, Vec<u8>),
}

impl Change {
    fn of(change: &RowChange<'_>) -> Self {
        match *change {
            RowChange::DeleteRange(RangeTombstone {
                group,
                state,
                start,
                end,
            }) => Self::Range(group, state, start.to_vec(), end.map(<[u8]>::to_vec)),
            RowChange::Put(row) => Self::Put(
                row.group,
                row.state,
                row.key.to_vec(),
                row.envelope.to_vec(),
            ),
            RowChange::Delete { group, state, key } => Self::Delete(group, state, key.to_vec()),
        }
    }

    fn group(&self) -> u16 {
        match self {
            Self::Range(group, ..) | Self::Put(group, ..) | Self::Delete(group, ..) => *group,
        }
    }

    fn lend(&self) -> RowChange<'_> {
        match self {
            Self::Range(group, state, start, end) => RowChange::DeleteRange(RangeTombstone {
                group: *group,
                state: *state,
                start,
                end: end.as_deref(),
            }),
            Self::Put(group, state, key, envelope) => RowChange::Put(state_api::RowRef {
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
}

/// All entries of a run in `clip`.
pub(crate) fn read(
    storage: &MemoryStorage,
    run: &RunRef,
    clip: KeyGroupRange,
) -> Result<Vec<Change>> {
    let mut reader = block_on(RunFile::open(storage, run))?.read(clip);
    let mut changes = Vec::new();
    while let Some(change) = reader.next_op()? {
        changes.push(Change::of(&change));
    }
    Ok(changes)
}

/// Reads without keeping anything.
fn pass(storage: &MemoryStorage, run: &RunRef, clip: KeyGroupRange) -> Result<u64> {
    let mut reader = block_on(RunFile::open(storage, run))?.read(clip);
    let mut entries = 0;
    while reader.next_op()?.is_some() {
        entries += 1;
    }
    Ok(entries)
}

/// Checks all that a reader of the file `bytes` promises.
pub(crate) fn check(bytes: &[u8], kind: RunKind) {
    let storage = MemoryStorage::new();
    block_on(storage.put_new(PATH, bytes)).expect("memory takes a file");
    let run = craft::reference(PATH, kind, bytes);
    let clip = KeyGroupRange::new(0, u16::MAX).expect("the range of all groups");
    // LZ4 makes at most 255 bytes of one.
    let entries = bounded(300 * bytes.len(), || pass(&storage, &run, clip));
    let verified =
        block_on(RunFile::open(&storage, &run)).and_then(|file| block_on(file.verify(run.digest)));
    assert_eq!(
        entries.is_ok(),
        verified.is_ok(),
        "who reads and who verifies agree: {entries:?}, {verified:?}"
    );
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return damaged(&error),
    };

    let file = block_on(RunFile::open(&storage, &run)).expect("it was opened before");
    assert_eq!(entries, file.rows() + file.range_tombstones());
    let changes = read(&storage, &run, clip).expect("it was read before");
    let some = KeyGroupRange::new(1, 3).expect("a range");
    let within: Vec<_> = changes
        .iter()
        .filter(|change| some.contains(change.group()))
        .cloned()
        .collect();
    assert_eq!(read(&storage, &run, some).ok(), Some(within));

    let again = write(&storage, &file, &changes).expect("the writer takes what the reader gives");
    assert_eq!(read(&storage, &again, clip).ok(), Some(changes));
}

/// Writes a run anew. The writer refuses what is out of order.
fn write(storage: &MemoryStorage, like: &RunFile<'_>, changes: &[Change]) -> Result<RunRef> {
    block_on(async {
        let groups = KeyGroups::all(like.max_parallelism())?;
        let options = RunOptions::default()
            .with_block_bytes(64)?
            .with_compression(Compression::None);
        let (kind, states) = (like.kind(), like.states());
        let path = "runs/again.run";
        let mut writer = RunWriter::create(storage, path, kind, groups, states, &options).await?;
        for change in changes {
            writer.push(change.lend()).await?;
        }
        writer.finish().await
    })
}

/// A run file as it is, and with its checksums put right; as a base and as a delta.
pub fn run(data: &[u8]) {
    for kind in [RunKind::Base, RunKind::Delta] {
        check(data, kind);
        check(&seal::run(data), kind);
    }
}
