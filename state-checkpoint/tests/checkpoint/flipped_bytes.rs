//! Every flipped bit of every file of a checkpoint is found before a wrong row comes out.

use state_checkpoint::{MemoryStorage, load, verify};

use crate::support::{
    assert_corrupt, block_on, content, files, replace, restore_all, small_checkpoint,
};

#[test]
fn every_bit_matters_to_a_restore() {
    let (storage, rows) = small_checkpoint();
    assert_eq!(restore_all(&storage, 1).unwrap(), rows);
    for_every_bit(&storage, |storage, file, what| {
        assert_corrupt(restore_all(storage, 1), file, what);
    });
    assert_eq!(restore_all(&storage, 1).unwrap(), rows);
}

#[test]
fn every_bit_of_a_run_matters_to_verify() {
    let (storage, _) = small_checkpoint();
    let manifest = block_on(load(&storage, 1)).unwrap();
    for_every_bit(&storage, |storage, file, what| {
        if file.starts_with("runs/") {
            assert_corrupt(block_on(verify(storage, &manifest)), file, what);
        }
    });
}

fn for_every_bit(storage: &MemoryStorage, check: impl Fn(&MemoryStorage, &str, &str)) {
    for (path, good) in files(storage) {
        assert!(good.len() < 4096, "small enough to try all bits");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                replace(storage, &path, &bad);
                check(storage, &path, &format!("{path}, byte {at}, bit {bit}"));
            }
        }
        replace(storage, &path, &good);
        assert_eq!(content(storage, &path), good);
    }
}
