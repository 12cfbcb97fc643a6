//! A file that changes while it is open is found out, and taken from where it has not changed.

use std::sync::Arc;

use state_checkpoint::run::RunFile;
use state_checkpoint::{LocalFirst, MemoryStorage, fetch, load};

use crate::support::{assert_corrupt, block_on, content, replace, small_checkpoint};

#[test]
fn every_byte_of_it_is_proved_again() {
    let (remote, _) = small_checkpoint();
    let manifest = block_on(load(&remote, 1)).unwrap();
    let local = MemoryStorage::new();
    block_on(fetch(&manifest, &remote, &local)).unwrap();
    let run = &manifest.parts[0].runs[0];
    let good = content(&remote, &run.path);
    let pair = LocalFirst::new(Arc::new(local.clone()), Arc::new(remote.clone()));

    for at in 0..good.len() {
        let both = block_on(RunFile::open(&pair, run)).unwrap();
        let alone = block_on(RunFile::open(&local, run)).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        replace(&local, &run.path, &bad);
        let what = format!("byte {at}");
        block_on(both.verify(run.digest)).unwrap_or_else(|e| panic!("{what}: {e}"));
        let error = assert_corrupt(block_on(alone.verify(run.digest)), &run.path, &what);
        assert!(!error.message().contains("digest"), "{what}: {error}");
        replace(&local, &run.path, &good);
    }
}
