//! Of many writers of one name exactly one wins, and the others know that they lost.

use std::sync::Barrier;
use std::thread;

use state_api::{ErrorKind, Result};

use crate::support::server::Server;
use crate::support::{block_on, bytes, content, open, write};

/// Runs `write` on `count` threads at once and returns the number of the one that succeeded.
fn winner(count: usize, write: impl Fn(usize) -> Result<()> + Sync) -> usize {
    let barrier = Barrier::new(count);
    let results: Vec<Result<()>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (barrier, write) = (&barrier, &write);
                scope.spawn(move || {
                    barrier.wait();
                    write(number)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut won = Vec::new();
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(()) => won.push(number),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    won[0]
}

#[test]
fn of_64_new_files() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    let won = winner(64, |number| {
        block_on(storage.put_new("manifests/1", number.to_string().as_bytes()))
    });
    assert_eq!(
        content(&*storage, "manifests/1"),
        won.to_string().as_bytes()
    );
}

#[test]
fn of_uploads_that_end_together() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    // No completion is done before all have looked for the name in vain.
    server.objects.gather_completions(6);
    let file = |number: usize| bytes(6 << 20, 1000 + number as u64);
    let won = winner(6, |number| {
        block_on(write(&*storage, "runs/1", &file(number)))
    });
    assert!(content(&*storage, "runs/1") == file(won), "mixed files");
}
