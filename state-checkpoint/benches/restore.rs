//! Restores of a gigabyte, in one run and in many: time, and the most memory that the process takes for
//! it, by the allocator's count and by the kernel's.
//!
//! Rows of 1,000 bytes under keys of 8, half of them compressible, in a directory of local files. The first
//! run is a base with all rows; each other one a delta with a twentieth of them, in a chain over the same
//! keys.
//!
//! `cargo bench -p state-checkpoint --bench restore [-- MEGABYTES]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use peak_alloc::PeakAlloc;
use pollster::block_on;
use state_api::KeyGroups;
use state_api::row::{CodecId, RowRef, RowSource, StateKind, StateMeta};
use state_checkpoint::run::{RowChange, RunWriter};
use state_checkpoint::{
    Checkpoint, LocalStorage, Manifest, Part, Purpose, RestoreOptions, RunKind, RunOptions, RunRef,
    Ticket, publish,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const GROUPS: u16 = 128;
/// Every so many rows, a delta has one.
const DELTA: usize = 20;

fn main() {
    let megabytes = std::env::args().find_map(|arg| arg.parse().ok());
    let rows = megabytes.unwrap_or(1000_u64) * 1000;
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    println!("runs  buffer MiB  seconds  MB/s of rows  peak MiB, allocated  resident");
    for runs in [1, 16, 200] {
        let manifest = block_on(checkpoint(&storage, runs, rows));
        for buffer in [8_usize, 64] {
            restore(&storage, &manifest, rows, runs, buffer);
        }
    }
}

fn restore(storage: &LocalStorage, manifest: &Manifest, rows: u64, runs: u64, buffer: usize) {
    let options = RestoreOptions::default().with_buffer_bytes(buffer << 20);
    let all = KeyGroups::all(GROUPS).unwrap();
    ALLOCATOR.reset_peak_usage();
    // Resets the peak of the resident memory, where there is such a file.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (before, resident) = (ALLOCATOR.current_usage(), peak_resident());
    let start = Instant::now();
    let mut source = block_on(options.open(storage, manifest, "operator", all)).unwrap();
    let (mut count, mut bytes) = (0, 0);
    while let Some(row) = source.next_row().unwrap() {
        count += 1;
        bytes += row.key.len() + row.envelope.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    drop(source);
    assert_eq!(count, rows);
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "{runs:>4}  {buffer:>10}  {seconds:>7.2}  {:>12.0}  {:>19.1}  {:>8.1}",
        bytes as f64 / 1e6 / seconds,
        mib(ALLOCATOR.peak_usage() - before),
        mib(peak_resident() - resident),
    );
}

/// The most memory that the process has had resident, in bytes; 0 where the system does not say.
fn peak_resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kibibytes.unwrap_or(0) * 1024
}

async fn checkpoint(storage: &LocalStorage, runs: u64, rows: u64) -> Manifest {
    let groups = KeyGroups::all(GROUPS).unwrap();
    let mut part = Part {
        operator: "operator".to_owned(),
        key_groups: groups.range(),
        states: vec![meta()],
        runs: Vec::new(),
        native: None,
    };
    for index in 0..runs {
        part.runs.push(write(storage, runs, index, rows).await);
    }
    let checkpoint = Checkpoint {
        max_parallelism: GROUPS,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts: vec![part],
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    let ticket = Ticket::unpinned(runs).unwrap();
    publish(storage, &ticket, checkpoint).await.unwrap()
}

async fn write(storage: &LocalStorage, runs: u64, index: u64, rows: u64) -> RunRef {
    let (kind, step) = if index == 0 {
        (RunKind::Base, 1)
    } else {
        (RunKind::Delta, DELTA)
    };
    let groups = KeyGroups::all(GROUPS).unwrap();
    let (path, options) = (format!("runs/{runs}-{index}.run"), RunOptions::default());
    let states = [meta()];
    let writer = RunWriter::create(storage, &path, kind, groups, &states, &options);
    let mut writer = writer.await.unwrap();
    let mut value = Vec::new();
    for number in (index..rows).step_by(step) {
        envelope(number, &mut value);
        let row = RowRef {
            group: u16::try_from(number * u64::from(GROUPS) / rows).unwrap(),
            state: 0,
            key: &number.to_be_bytes(),
            envelope: &value,
        };
        writer.push(RowChange::Put(row)).await.unwrap();
    }
    writer.finish().await.unwrap()
}

fn envelope(number: u64, out: &mut Vec<u8>) {
    out.clear();
    out.resize(496, 0);
    let mut word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..62 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        out.extend_from_slice(&word.to_be_bytes());
    }
}

fn meta() -> StateMeta {
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
