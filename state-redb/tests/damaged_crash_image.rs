//! A durable directory that a crash left, with one bit flipped: refused, or whole. Once 215 of these flips
//! were read as state, since redb does not compare checksums when it reads, and three made it panic.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::fs;
use std::path::Path;

use state_api::{ErrorKind, KeyGroups, Result, StateBackend, StateRead, ValueDescriptor};
use state_redb::{Mode, RedbConfig};

const KEYS: u64 = 200;

/// The flags in redb's header are covered by none of its checksums.
const UNCOVERED: usize = 9;

fn config() -> RedbConfig {
    RedbConfig::default()
        .with_mode(Mode::Durable)
        .with_cache_bytes(1 << 20)
}

fn text(key: u64) -> String {
    format!("{key:0>100}")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Whether the directory has all that was committed.
fn is_whole(dir: &Path) -> Result<bool> {
    let mut state = state_redb::open::<u64>(dir, KeyGroups::all(8)?, &config())?;
    let mut whole = state.committed()? == Some(b"one");
    let value = state.register(ValueDescriptor::<String>::new("value"))?;
    for key in 0..KEYS {
        whole &= state.at(&key).value(value).get()?.as_deref() == Some(&text(key));
    }
    Ok(whole)
}

#[test]
fn every_flip_is_refused_or_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let (work, image, damaged) = (
        dir.path().join("work"),
        dir.path().join("image"),
        dir.path().join("damaged"),
    );
    let mut state = state_redb::open::<u64>(&work, KeyGroups::all(8).unwrap(), &config()).unwrap();
    let value = state
        .register(ValueDescriptor::<String>::new("value"))
        .unwrap();
    for key in 0..KEYS {
        state.at_mut(&key).value(value).put(text(key)).unwrap();
    }
    state.commit(b"one").unwrap();
    copy(&work, &image); // as a crash leaves it
    assert!(is_whole(&image).unwrap());
    copy(&work, &image);
    let bytes = fs::read(image.join("state.redb")).unwrap();
    let mut refused = 0;
    for at in (0..400).chain((400..bytes.len()).step_by(197)) {
        if at == UNCOVERED {
            continue;
        }
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let _ = fs::remove_dir_all(&damaged);
        copy(&image, &damaged);
        fs::write(damaged.join("state.redb"), flipped).unwrap();
        match is_whole(&damaged) {
            Ok(whole) => assert!(whole, "byte {at} is damaged, and read as state"),
            Err(error) => {
                refused += 1;
                let kinds = [ErrorKind::Corrupt, ErrorKind::Unsupported, ErrorKind::Io];
                assert!(kinds.contains(&error.kind()), "byte {at}: {error:?}");
            }
        }
    }
    assert!(refused > 50, "only {refused} flips are refused");
}
