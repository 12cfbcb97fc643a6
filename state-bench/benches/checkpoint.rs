//! A full checkpoint of the heap backend, and the restore of it, beside the plainest that does the same
//! for a hash map: a loop that writes its entries through a buffer into one file and syncs that, and one
//! that reads them into a map of the right size. One million `u64` keys, values of 100 bytes that
//! do not compress; interleaved rounds of one run. Then an incremental checkpoint of one value in a hundred, beside
//! that dump of all. Each restore, and each load, has a process of its own, as it would: in one process the
//! allocator's free lists, which the last one left, decide more than either side.
//!
//! Ours has checksums, sorted rows, a manifest, names that are published atomically, and directories
//! that are synced.
//!
//! `cargo bench -p state-bench --bench checkpoint [-- DIRECTORY]`; the directory lies on a real disk, by default
//! that of the build.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use pollster::block_on;
use state_api::{
    KeyGroups, StateBackend as _, StateRead as _, SystemClock, Value, ValueDescriptor,
};
use state_bench::inputs::{mix, permutation};
use state_bench::rounds::{compare_told, compare_with};
use state_checkpoint::{
    ChainPolicy, Compression, Job, JobOptions, Lineage, LocalStorage, RunOptions, Strategy,
    WriteOptions, checkpoint, latest, restore,
};
use state_heap::HeapBackend;

const KEYS: u64 = 1_000_000;
const VALUE: usize = 100;
const ROUNDS: usize = 9;

/// Larger than the state; the default; and one that is small beside the state.
const BUFFERS: [(&str, usize); 3] = [
    ("256 MiB", 256 << 20),
    ("64 MiB", WriteOptions::BUFFER_BYTES),
    ("16 MiB", 16 << 20),
];

type Bare = HashMap<u64, Vec<u8>, FixedState>;

/// As many bytes as asked for, that do not compress.
fn content(key: u64) -> Vec<u8> {
    let words = (0..).flat_map(|i| mix(key, i).to_le_bytes());
    words.take(VALUE).collect()
}

#[inline(never)]
fn dump(map: &Bare, path: &Path) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create_new(path).unwrap());
    for (key, value) in map {
        file.write_all(&key.to_le_bytes()).unwrap();
        let len = u32::try_from(value.len()).unwrap();
        file.write_all(&len.to_le_bytes()).unwrap();
        file.write_all(value).unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
}

#[inline(never)]
fn load(path: &Path) -> Bare {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).unwrap());
    let len = usize::try_from(KEYS).unwrap();
    let mut map = Bare::with_capacity_and_hasher(len, FixedState::default());
    for _ in 0..KEYS {
        let (mut key, mut len) = ([0; 8], [0; 4]);
        file.read_exact(&mut key).unwrap();
        file.read_exact(&mut len).unwrap();
        let mut value = vec![0; usize::try_from(u32::from_le_bytes(len)).unwrap()];
        file.read_exact(&mut value).unwrap();
        map.insert(u64::from_le_bytes(key), value);
    }
    map
}

/// The only checkpoint of a job in an empty directory.
#[inline(never)]
fn write(state: &mut HeapBackend<u64>, dir: &Path, options: &WriteOptions) {
    let view = state.freeze().unwrap();
    block_on(async {
        let job = JobOptions::new(view.key_groups().max_parallelism());
        let storage = Arc::new(LocalStorage::open(dir).unwrap());
        let job = Job::open(storage, Arc::new(SystemClock), job)
            .await
            .unwrap();
        let written = checkpoint(&job, "operator", view, BTreeMap::new(), options);
        written.await.unwrap();
    });
}

fn empty() -> (HeapBackend<u64>, Value<Vec<u8>>) {
    let mut state = HeapBackend::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    (state, value)
}

#[inline(never)]
fn restored(dir: &Path) -> HeapBackend<u64> {
    let (mut state, _) = empty();
    block_on(async {
        let storage = LocalStorage::open(dir).unwrap();
        let manifest = latest(&storage).await.unwrap().unwrap();
        restore(&storage, &manifest, "operator", &mut state)
            .await
            .unwrap();
    });
    state
}

/// Takes a checkpoint, incremental where it can be; the bytes of its files.
#[inline(never)]
fn take(job: &Job, state: &mut HeapBackend<u64>, lineage: &mut Lineage) -> u64 {
    let strategy = Strategy::Incremental(ChainPolicy::default().with_max_deltas(usize::MAX));
    block_on(async {
        let pending = job.begin().await.unwrap();
        let task = lineage.take(pending.ticket(), state, &strategy).unwrap();
        let epoch = task.epoch();
        let options = WriteOptions::default();
        let written = task.write(&**job.storage(), &options).await.unwrap();
        let published = pending.publish(vec![written.part], BTreeMap::new()).await;
        lineage.confirm(state, &published.unwrap(), epoch).unwrap();
        written.bytes
    })
}

/// A hundredth of the values changed: an incremental checkpoint, published, beside a dump of all.
fn changed(
    state: &mut HeapBackend<u64>,
    value: Value<Vec<u8>>,
    map: &Bare,
    ours: &Path,
    bare: &Path,
) {
    let _ = fs::remove_dir_all(ours);
    let storage = Arc::new(LocalStorage::open(ours).unwrap());
    let job = JobOptions::new(state.key_groups().max_parallelism());
    let job = block_on(Job::open(storage, Arc::new(SystemClock), job)).unwrap();
    state.track_changes(64 << 20).unwrap();
    let mut lineage = Lineage::new("operator");
    let full = take(&job, state, &mut lineage);
    let (state, round, delta) = (RefCell::new(state), Cell::new(0), Cell::new(0));
    compare_with(
        "write, 1 % changed",
        ROUNDS,
        &mut || {
            let _ = fs::remove_file(bare);
            round.set(round.get() + 1);
            if round.get() % 2 == 1 {
                return; // once a round of both
            }
            let mut state = state.borrow_mut();
            let few = usize::try_from(KEYS / 100).unwrap();
            for key in permutation(round.get(), KEYS).into_iter().take(few) {
                let content = content(key ^ round.get());
                state.at_mut(&key).value(value).put(content).unwrap();
            }
        },
        &mut || {
            delta.set(take(&job, &mut state.borrow_mut(), &mut lineage));
            0
        },
        ("bare", &mut || {
            let _ = fs::remove_file(bare);
            dump(map, bare);
            0
        }),
    );
    println!("bytes: {} of {full}", delta.get());
    fs::remove_dir_all(ours).unwrap();
}

fn options(buffer: usize, compression: Compression) -> WriteOptions {
    WriteOptions::default()
        .with_run(RunOptions::default().with_compression(compression))
        .with_buffer_bytes(buffer)
}

/// Has another process load what lies at `path`, and tell the time.
fn in_process(side: &str, path: &Path) -> Duration {
    let program = std::env::current_exe().unwrap();
    let child = Command::new(program).arg(side).arg(path).output().unwrap();
    assert!(child.status.success(), "{child:?}");
    let nanos = String::from_utf8(child.stdout).unwrap();
    Duration::from_nanos(nanos.trim().parse().unwrap())
}

/// The other process.
fn load_and_tell(side: &str, path: &Path) {
    let begun = Instant::now();
    let (entries, took) = if side == OURS {
        let state = restored(path);
        let took = begun.elapsed(); // dropping it is not part of it
        (state.memory_held().entries, took)
    } else {
        let map = load(path);
        let took = begun.elapsed();
        (u64::try_from(map.len()).unwrap(), took)
    };
    assert_eq!(entries, KEYS);
    println!("{}", took.as_nanos());
}

const OURS: &str = "--restore";
const BARE: &str = "--load";

fn main() {
    let mut args = std::env::args().skip(1);
    if let (Some(side), Some(path)) = (args.next(), args.next())
        && (side == OURS || side == BARE)
    {
        return load_and_tell(&side, Path::new(&path));
    }
    let dir = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let dir = dir.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").to_owned());
    let dir = tempfile::tempdir_in(dir).unwrap();
    let (ours, bare) = (dir.path().join("ours"), dir.path().join("bare"));

    let (mut state, value) = empty();
    let mut map = Bare::default();
    for key in permutation(1, KEYS) {
        let mut at = state.at_mut(&key);
        at.value(value).put(content(key)).unwrap();
        map.insert(key, content(key));
    }

    let remove = || {
        let _ = fs::remove_dir_all(&ours);
        let _ = fs::remove_file(&bare);
    };
    for (name, buffer) in BUFFERS {
        for compression in [Compression::None, Compression::Lz4] {
            compare_with(
                &format!("write, {name}, {compression:?}"),
                ROUNDS,
                &mut || remove(),
                &mut || {
                    write(&mut state, &ours, &options(buffer, compression));
                    0
                },
                ("bare", &mut || {
                    dump(&map, &bare);
                    0
                }),
            );
        }
    }
    changed(&mut state, value, &map, &ours, &bare);
    drop(map);

    let whole: Bare = (0..KEYS).map(|key| (key, content(key))).collect();
    dump(&whole, &bare);
    drop(whole);
    for (name, buffer) in BUFFERS {
        for compression in [Compression::None, Compression::Lz4] {
            write(&mut state, &ours, &options(buffer, compression));
            compare_told(
                &format!("restore, {name}, {compression:?}"),
                ROUNDS,
                &mut || in_process(OURS, &ours),
                ("bare", &mut || in_process(BARE, &bare)),
            );
            fs::remove_dir_all(&ours).unwrap();
        }
    }
    state.destroy().unwrap();
}
