//! Rows, checkpoints and storages for the tests.

pub(crate) mod contract;
pub(crate) mod craft;
pub(crate) mod ops;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use state_api::row::{AllRows, CodecId, RowRef, RowSource, StateKind, StateMeta};
use state_api::{Error, ErrorKind, KeyGroupRange, KeyGroups, Result};
use state_checkpoint::{
    Checkpoint, CheckpointStorage, Compression, Manifest, MemoryStorage, NewPart, Part, Purpose,
    RunOptions, Ticket, WriteOptions, load, open_restore, publish, write_part,
};

pub(crate) use pollster::block_on;

/// `(group, state, key, envelope)`.
pub(crate) type Row = (u16, u32, Vec<u8>, Vec<u8>);

/// Gives rows of a vector.
pub(crate) struct Rows<'a>(pub(crate) std::slice::Iter<'a, Row>);

impl RowSource for Rows<'_> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        Ok(self.0.next().map(|(group, state, key, envelope)| RowRef {
            group: *group,
            state: *state,
            key,
            envelope,
        }))
    }
}

pub(crate) fn drain(source: &mut dyn RowSource) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    while let Some(row) = source.next_row()? {
        rows.push((
            row.group,
            row.state,
            row.key.to_vec(),
            row.envelope.to_vec(),
        ));
    }
    Ok(rows)
}

pub(crate) fn state(name: &str) -> StateMeta {
    StateMeta {
        name: name.to_owned(),
        kind: StateKind::Value,
        codec: CodecId {
            name: "bincode".into(),
            version: 1,
        },
        key_type: "u64".to_owned(),
        namespace_type: "()".to_owned(),
        map_key_type: None,
        value_type: "u64".to_owned(),
    }
}

pub(crate) fn states() -> Vec<StateMeta> {
    ["alpha", "beta", "gamma"].map(state).to_vec()
}

pub(crate) fn range(first: u16, last: u16) -> KeyGroupRange {
    KeyGroupRange::new(first, last).unwrap()
}

pub(crate) fn groups(max: u16, first: u16, last: u16) -> KeyGroups {
    KeyGroups::new(max, range(first, last)).unwrap()
}

pub(crate) fn options(block_bytes: u32, compression: Compression) -> RunOptions {
    RunOptions::default()
        .with_block_bytes(block_bytes)
        .unwrap()
        .with_compression(compression)
}

pub(crate) fn part_of(
    storage: &dyn CheckpointStorage,
    groups: KeyGroups,
    rows: &[Row],
    options: &RunOptions,
) -> Result<Part> {
    let mut rows = AllRows::new(Rows(rows.iter()));
    block_on(write_part(
        storage,
        &Ticket::unpinned(1)?,
        NewPart {
            operator: "operator",
            key_groups: groups,
            states: &states(),
            base: Vec::new(),
        },
        &mut rows,
        &WriteOptions::default().with_run(options.clone()),
    ))
}

pub(crate) fn checkpoint(max_parallelism: u16, parts: Vec<Part>) -> Checkpoint {
    let metadata = BTreeMap::from([("source".to_owned(), serde_json::json!({"offset": 17}))]);
    Checkpoint {
        max_parallelism,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts,
        metadata,
        created_ms: 1_700_000_000_000,
    }
}

/// Publishes parts as checkpoint `id`.
pub(crate) fn publish_as(
    storage: &dyn CheckpointStorage,
    id: u64,
    checkpoint: Checkpoint,
) -> Result<Manifest> {
    block_on(publish(storage, &Ticket::unpinned(id)?, checkpoint))
}

/// A storage with checkpoint 1: two workers, ten key groups, small blocks of both kinds.
pub(crate) fn small_checkpoint() -> (MemoryStorage, Vec<Row>) {
    let storage = MemoryStorage::new();
    let rows: Vec<Row> = (0..40_u16)
        .map(|i| {
            let value = if i % 3 == 0 {
                vec![7; 40]
            } else {
                vec![i.to_be_bytes()[1]; 2]
            };
            (
                i / 4,
                u32::from(i % 4 / 2),
                format!("key {i:03}").into_bytes(),
                value,
            )
        })
        .collect();
    let (low, high) = rows.split_at(20);
    let first = part_of(
        &storage,
        groups(10, 0, 4),
        low,
        &options(64, Compression::Lz4),
    )
    .unwrap();
    let second = part_of(
        &storage,
        groups(10, 5, 9),
        high,
        &options(512, Compression::None),
    )
    .unwrap();
    publish_as(&storage, 1, checkpoint(10, vec![second, first])).unwrap();
    (storage, rows)
}

/// Loads checkpoint `id` and restores all its rows.
pub(crate) fn restore_all(storage: &dyn CheckpointStorage, id: u64) -> Result<Vec<Row>> {
    let manifest = block_on(load(storage, id))?;
    restore(
        storage,
        &manifest,
        KeyGroups::all(manifest.max_parallelism)?,
    )
}

pub(crate) fn restore(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    groups: KeyGroups,
) -> Result<Vec<Row>> {
    drain(&mut block_on(open_restore(
        storage, manifest, "operator", groups,
    ))?)
}

/// All files of a storage.
pub(crate) fn files(storage: &dyn CheckpointStorage) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for dir in ["manifests", "runs"] {
        for name in block_on(storage.list(dir)).unwrap() {
            let path = format!("{dir}/{name}");
            let bytes = content(storage, &path);
            files.push((path, bytes));
        }
    }
    files
}

pub(crate) fn content(storage: &dyn CheckpointStorage, path: &str) -> Vec<u8> {
    let size = block_on(storage.size(path)).unwrap();
    block_on(storage.read(path, 0..size)).unwrap()
}

/// Does what the storage never does: changes a file.
pub(crate) fn replace(storage: &dyn CheckpointStorage, path: &str, bytes: &[u8]) {
    block_on(storage.delete(path)).unwrap();
    block_on(storage.put_new(path, bytes)).unwrap();
}

/// Damage must be an error that names the file and an offset in it.
#[track_caller]
pub(crate) fn assert_corrupt(
    result: Result<impl std::fmt::Debug>,
    file: &str,
    what: &str,
) -> Error {
    let error = match result {
        Err(error) => error,
        Ok(value) => panic!("{what}: read {value:?}"),
    };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
    assert_eq!(error.context("file"), Some(file), "{what}: {error}");
    let offset = error
        .context("offset")
        .unwrap_or_else(|| panic!("{what}: {error}"));
    offset.parse::<u64>().unwrap();
    error
}

/// Sorted rows of three states in the key groups below `max`.
pub(crate) fn sorted_rows(max: u16, count: usize) -> impl Strategy<Value = Vec<Row>> {
    let key = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        proptest::collection::vec(0_u8..2, 0..40),
    ];
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        (any::<u8>(), 0_usize..3000).prop_map(|(byte, len)| vec![byte; len]),
    ];
    proptest::collection::vec((0..max, 0_u32..3, key, value), 0..count).prop_map(|rows| {
        let mut seen = BTreeSet::new();
        let mut rows: Vec<Row> = rows
            .into_iter()
            .filter(|(group, state, key, _)| seen.insert((*group, *state, key.clone())))
            .collect();
        rows.sort();
        rows
    })
}
