//! The corpus, replayed: each file as it is, every truncation, and some bytes changed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fuzz::{TARGETS, Target, seeds};

/// Targets count what the process allocates: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// How many variations of a file are tried: of a longer file those that are spread over it.
const VARIATIONS: usize = 96;

fn folder(target: &str) -> PathBuf {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    corpus.join(target)
}

fn files(target: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(target)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Positions in `len` bytes: all of them if they are few.
fn positions(len: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by(len.div_ceil(most).max(1))
}

fn variations(bytes: &[u8], most: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cut = positions(bytes.len(), most).map(|end| bytes[..end].to_vec());
    let bent = positions(bytes.len(), most).flat_map(|at| {
        let change = |change: fn(u8) -> u8| {
            let mut bytes = bytes.to_vec();
            bytes[at] = change(bytes[at]);
            bytes
        };
        [
            change(|byte| byte ^ 1),
            change(|byte| byte ^ 0x80),
            change(|_| 0),
            change(|_| 0xff),
        ]
    });
    cut.chain(bent)
}

fn call(target: Target, bytes: &[u8], what: &str) {
    let result = panic::catch_unwind(AssertUnwindSafe(|| target(bytes)));
    assert!(result.is_ok(), "{what}: {}", bytes.escape_ascii());
}

fn replay(name: &str, most: usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let target = TARGETS.iter().find(|(other, _)| *other == name).unwrap().1;
    let files = files(name);
    assert!(!files.is_empty());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let name = file.display().to_string();
        call(target, &bytes, &name);
        for bytes in variations(&bytes, most) {
            call(target, &bytes, &name);
        }
    }
}

macro_rules! replayed {
    ($($target:ident: $most:expr;)+) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), $most);
            }
        )+

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($target)),+];
            assert_eq!(TARGETS.map(|(name, _)| name), replayed);
        }
    };
}

replayed! {
    backend_url: VARIATIONS;
    bincode: VARIATIONS;
    description: VARIATIONS;
    directory: VARIATIONS;
    envelope: VARIATIONS;
    key: VARIATIONS;
    list_chunk: VARIATIONS;
    manifest: VARIATIONS;
    postcard: VARIATIONS;
    restore: VARIATIONS;
    rows: VARIATIONS;
    run: VARIATIONS;
    run_blocks: VARIATIONS;
    storage: VARIATIONS;
    storage_url: VARIATIONS;
    workdir: 8; // each makes a directory, durably
}

#[test]
fn the_seeds_are_in_the_corpus() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in seeds::seeds() {
        let path = folder(seed.target).join(&seed.name);
        let found = fs::read(&path).unwrap_or_default();
        assert!(
            found == seed.bytes,
            "{} is out of date: `cargo run --no-default-features --example seed`",
            path.display()
        );
    }
}
