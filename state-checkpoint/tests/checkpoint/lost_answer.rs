//! A publisher whose write succeeds while the answer is lost finds out that it won.

use state_api::ErrorKind;
use state_checkpoint::{MemoryStorage, latest};
use state_conformance::fault::{Fault, Faults, FaultyStorage};

use crate::support::{block_on, checkpoint, publish_as};

#[test]
fn its_own_write_is_success() {
    for fault in [Fault::Lost, Fault::Fail] {
        let storage = FaultyStorage::new(MemoryStorage::new(), Faults::at(0, fault));
        let manifest = publish_as(&storage, 5, checkpoint(10, Vec::new())).unwrap();
        assert_eq!(
            block_on(latest(&storage)).unwrap(),
            Some(manifest),
            "{fault:?}"
        );
    }
}

#[test]
fn the_write_of_another_is_a_conflict() {
    for fault in [Fault::Lost, Fault::Fail] {
        let inner = MemoryStorage::new();
        let theirs = publish_as(&inner, 5, checkpoint(10, Vec::new())).unwrap();
        let storage = FaultyStorage::new(inner, Faults::at(0, fault));
        let error = publish_as(&storage, 5, checkpoint(10, Vec::new())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            error.context("its_commit_id"),
            Some(theirs.commit_id.as_str())
        );
        assert_eq!(block_on(latest(&storage)).unwrap(), Some(theirs));
    }
}
