//! Of several publishers of one id exactly one wins, and each knows whether it did.

use std::sync::{Barrier, Mutex};
use std::thread;

use state_api::ErrorKind;
use state_checkpoint::{CheckpointStorage, LocalStorage, MemoryStorage, latest};

use crate::support::{block_on, checkpoint, publish_as};

#[test]
fn exactly_one_of_two_publishers_wins() {
    race(&MemoryStorage::new(), 200);
    let dir = tempfile::tempdir().unwrap();
    race(&LocalStorage::open(dir.path()).unwrap(), 50);
}

fn race(storage: &dyn CheckpointStorage, rounds: u64) {
    for id in 1..=rounds {
        let barrier = Barrier::new(2);
        let (won, lost) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    barrier.wait();
                    match publish_as(storage, id, checkpoint(10, Vec::new())) {
                        Ok(manifest) => won.lock().unwrap().push(manifest),
                        Err(error) => lost.lock().unwrap().push(error),
                    }
                });
            }
        });
        let (won, lost) = (won.into_inner().unwrap(), lost.into_inner().unwrap());
        assert_eq!(
            (won.len(), lost.len()),
            (1, 1),
            "{storage}, id {id}: {lost:?}"
        );
        assert_eq!(lost[0].kind(), ErrorKind::Conflict);
        assert_eq!(lost[0].context("id"), Some(id.to_string().as_str()));
        assert_eq!(block_on(latest(storage)).unwrap().as_ref(), Some(&won[0]));
    }
}
