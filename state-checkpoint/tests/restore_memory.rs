//! A restore keeps to its buffer, and one block for the rows and one for the range tombstones of each run
//! that is merged, however much it reads.
//! Alone in its file, since it counts what the whole process allocates.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::collections::BTreeMap;

use peak_alloc::PeakAlloc;
use pollster::block_on;
use state_api::KeyGroups;
use state_api::row::{CodecId, RowRef, RowSource, StateKind, StateMeta};
use state_checkpoint::run::{RangeTombstone, RowChange, RunWriter};
use state_checkpoint::{
    Checkpoint, LocalStorage, Manifest, Part, Purpose, RestoreOptions, RunKind, RunOptions, RunRef,
    Ticket, publish,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const GROUPS: u16 = 128;
const ROWS: u32 = 100_000;
const BUFFER: usize = 8 << 20;
/// What a run takes beside the buffer, and what all of them take together: cursors, keys, names.
const BLOCK: usize = RunOptions::BLOCK_BYTES as usize;
const REST: usize = 256 << 10;

fn counts() -> StateMeta {
    StateMeta {
        name: "counts".to_owned(),
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

/// The key group of row `number`: groups have equal shares.
fn group(number: u32) -> u16 {
    u16::try_from(number * u32::from(GROUPS) / ROWS).unwrap()
}

/// 1,000 bytes, of which half can be compressed.
fn envelope(number: u32, out: &mut Vec<u8>) {
    out.clear();
    out.resize(500, 7);
    let mut word = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..63 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// Run `index` of `runs`: every so-many-th row, so that all runs overlap everywhere. A delta has a range
/// tombstone behind each row of any run, so that they delete nothing.
async fn write(storage: &LocalStorage, runs: u32, index: u32) -> RunRef {
    let kind = if index == 0 {
        RunKind::Base
    } else {
        RunKind::Delta
    };
    let path = format!("runs/{runs}-{index}.run");
    let groups = KeyGroups::all(GROUPS).unwrap();
    let (states, options) = ([counts()], RunOptions::default());
    let writer = RunWriter::create(storage, &path, kind, groups, &states, &options);
    let mut writer = writer.await.unwrap();
    if kind == RunKind::Delta {
        for number in (0..ROWS).step_by(if runs > 10 { 100 } else { 1 }) {
            let key = number.to_be_bytes();
            let (start, end) = ([&key[..], &[0]].concat(), [&key[..], &[0xff]].concat());
            let range = RangeTombstone {
                group: group(number),
                state: 0,
                start: &start,
                end: Some(&end),
            };
            writer.push(RowChange::DeleteRange(range)).await.unwrap();
        }
    }
    let mut value = Vec::new();
    for number in (index..ROWS).step_by(usize::try_from(runs).unwrap()) {
        envelope(number, &mut value);
        let row = RowRef {
            group: group(number),
            state: 0,
            key: &number.to_be_bytes(),
            envelope: &value,
        };
        writer.push(RowChange::Put(row)).await.unwrap();
    }
    writer.finish().await.unwrap()
}

async fn checkpoint(storage: &LocalStorage, runs: u32) -> Manifest {
    let mut part = Part {
        operator: "operator".to_owned(),
        key_groups: KeyGroups::all(GROUPS).unwrap().range(),
        states: vec![counts()],
        runs: Vec::new(),
        native: None,
    };
    for index in 0..runs {
        part.runs.push(write(storage, runs, index).await);
    }
    let checkpoint = Checkpoint {
        max_parallelism: GROUPS,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts: vec![part],
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    let ticket = Ticket::unpinned(runs.into()).unwrap();
    publish(storage, &ticket, checkpoint).await.unwrap()
}

#[test]
fn a_hundred_megabytes_pass_through_a_buffer_of_eight() {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    for runs in [1, 10, 200] {
        let manifest = block_on(checkpoint(&storage, runs));
        let all = KeyGroups::all(GROUPS).unwrap();
        let options = RestoreOptions::default().with_buffer_bytes(BUFFER);

        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        let mut source = block_on(options.open(&storage, &manifest, "operator", all)).unwrap();
        let (mut rows, mut bytes) = (0, 0);
        while let Some(row) = source.next_row().unwrap() {
            rows += 1;
            bytes += row.envelope.len();
        }
        drop(source);
        let took = ALLOCATOR.peak_usage() - before;
        assert_eq!((rows, bytes), (ROWS, 1004 * ROWS as usize));
        // One for its rows, one for its range tombstones.
        let blocks = 2 * runs as usize - 1;
        let allowed = BUFFER + BLOCK * blocks + REST;
        assert!(took < allowed, "{runs} runs took {took} bytes of {allowed}");

        ALLOCATOR.reset_peak_usage();
        let before = ALLOCATOR.current_usage();
        block_on(options.verify(&storage, &manifest)).unwrap();
        let took = ALLOCATOR.peak_usage() - before;
        assert!(took < BUFFER, "verifying {runs} runs took {took} bytes");
        assert_eq!(ALLOCATOR.current_usage(), before);
    }
}
