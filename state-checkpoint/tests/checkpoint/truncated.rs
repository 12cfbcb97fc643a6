//! A file that is shorter or longer than it was is found, at every length.

use state_checkpoint::run::RunFile;
use state_checkpoint::{CheckpointStorage, MemoryStorage};

use crate::support::craft::Run;
use crate::support::{assert_corrupt, block_on, files, replace, restore_all, small_checkpoint};

#[test]
fn every_other_length_is_refused() {
    let (storage, rows) = small_checkpoint();
    for (path, good) in files(&storage) {
        for len in 0..good.len() {
            replace(&storage, &path, &good[..len]);
            assert_corrupt(
                restore_all(&storage, 1),
                &path,
                &format!("{path} cut to {len}"),
            );
        }
        for extra in [&[0][..], b"\n", b" ", &good] {
            replace(&storage, &path, &[&good, extra].concat());
            assert_corrupt(restore_all(&storage, 1), &path, &format!("{path} grown"));
        }
        replace(&storage, &path, &good);
    }
    assert_eq!(restore_all(&storage, 1).unwrap(), rows);
}

#[test]
fn no_file_is_too_short_to_be_refused() {
    // The reference says what the file is: so short as no run is.
    for size in 0..110 {
        let (mut bytes, mut run) = Run::new(Vec::new()).seal("runs/x.run");
        bytes.drain(..bytes.len() - size);
        run.size = size as u64;
        let storage = MemoryStorage::new();
        block_on(storage.put_new(&run.path, &bytes)).unwrap();
        let opened = block_on(RunFile::open(&storage, &run));
        assert_corrupt(opened, &run.path, &format!("{size} bytes"));
    }
}
