//! A failure at any call of the storage, before or after its work, leaves either the old or the new
//! checkpoint, whole.

use state_api::row::RowSource;
use state_api::{KeyGroups, Result};
use state_checkpoint::{
    CheckpointStorage, Compression, Manifest, MemoryStorage, latest, open_restore,
};
use state_conformance::fault::{Fault, Faults, FaultyStorage};

use crate::support::{Row, block_on, checkpoint, drain, options, part_of, publish_as, restore};

fn rows(id: u64) -> Vec<Row> {
    let id = u8::try_from(id).unwrap();
    (0..20)
        .map(|g| (g, 0, vec![id], vec![id; 150_000]))
        .collect()
}

fn take(storage: &dyn CheckpointStorage, id: u64) -> Result<Manifest> {
    let all = KeyGroups::all(20)?;
    let part = part_of(storage, all, &rows(id), &options(1000, Compression::None))?;
    publish_as(storage, id, checkpoint(20, vec![part]))
}

fn read(storage: &dyn CheckpointStorage) -> Result<(u64, Vec<Row>)> {
    let manifest = block_on(latest(storage))?.unwrap();
    let rows = restore(storage, &manifest, KeyGroups::all(20)?)?;
    Ok((manifest.checkpoint_id, rows))
}

#[test]
fn taking_a_checkpoint_is_atomic() {
    for fault in [Fault::Fail, Fault::Lost, Fault::Short] {
        for call in 0.. {
            let inner = MemoryStorage::new();
            take(&inner, 1).unwrap();
            let storage = FaultyStorage::new(inner, Faults::at(call, fault));
            let taken = take(&storage, 2);
            let (found, rows_found) = read(storage.inner()).unwrap();
            assert_eq!(
                found,
                if taken.is_ok() { 2 } else { 1 },
                "{fault:?} at call {call}"
            );
            assert_eq!(rows_found, rows(found));
            if storage.faults().calls() <= call {
                assert!(taken.is_ok() && call > 5, "all calls were tried");
                break;
            }
        }
    }
}

#[test]
fn a_failed_read_is_an_error_and_stays_one() {
    let inner = MemoryStorage::new();
    take(&inner, 1).unwrap();
    // The manifest is asked for again, the runs are not.
    let mut errors = 0;
    for call in 0.. {
        let storage = FaultyStorage::new(inner.clone(), Faults::at(call, Fault::Fail));
        let found = read(&storage);
        if storage.faults().calls() <= call {
            assert_eq!(found.unwrap().1, rows(1));
            assert!(call > 5 && errors > 5, "{errors} errors in {call} calls");
            break;
        }
        match found {
            Ok((_, found)) => assert_eq!(found, rows(1)),
            Err(error) => {
                assert_eq!(error.message(), "injected");
                errors += 1;
            }
        }
    }

    let manifest = block_on(latest(&inner)).unwrap().unwrap();
    let mut errors = 0;
    for call in 0..20 {
        let storage = FaultyStorage::new(inner.clone(), Faults::at(call, Fault::Fail));
        let all = KeyGroups::all(20).unwrap();
        let source = open_restore(&storage, &manifest, "operator", all);
        let Ok(mut source) = block_on(source) else {
            continue;
        };
        if drain(&mut source).is_err() {
            errors += 1;
            assert!(source.next_row().is_err(), "rows after an error");
        }
    }
    assert!(errors > 1);
}

/// The contract of a storage rules it out; a checksum, or a length, tells of it all the same.
#[test]
fn a_short_read_is_never_a_shorter_checkpoint() {
    let inner = MemoryStorage::new();
    take(&inner, 1).unwrap();
    let mut errors = 0;
    for call in 0.. {
        let storage = FaultyStorage::new(inner.clone(), Faults::at(call, Fault::Short));
        let found = read(&storage);
        if storage.faults().calls() <= call {
            assert!(errors > 5, "{errors} errors in {call} calls");
            break;
        }
        match found {
            Ok((_, found)) => assert_eq!(found, rows(1)),
            Err(_) => errors += 1,
        }
    }
}
