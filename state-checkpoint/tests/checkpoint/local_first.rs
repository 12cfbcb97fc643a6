//! However a local copy is damaged, a restore through it gives the rows of the remote storage; damage on
//! both sides is an error.

use std::sync::Arc;

use proptest::prelude::*;
use state_api::{ErrorKind, KeyGroups};
use state_checkpoint::{
    CheckpointStorage, Compression, LocalFirst, Manifest, MemoryStorage, fetch, load, verify,
};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::support::{
    Row, assert_corrupt, block_on, checkpoint, content, files, options, part_of, publish_as,
    replace, restore, small_checkpoint,
};

/// The remote storage with checkpoint 1, its rows, and a local copy of its runs.
fn copied() -> (MemoryStorage, MemoryStorage, Manifest, Vec<Row>) {
    let (remote, rows) = small_checkpoint();
    let manifest = block_on(load(&remote, 1)).unwrap();
    let local = MemoryStorage::new();
    block_on(fetch(&manifest, &remote, &local)).unwrap();
    (remote, local, manifest, rows)
}

fn pair(local: &MemoryStorage, remote: &MemoryStorage) -> LocalFirst {
    LocalFirst::new(Arc::new(local.clone()), Arc::new(remote.clone()))
}

/// What may have happened to a file.
#[derive(Clone, Debug)]
enum Damage {
    Flipped(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Grown(Vec<u8>),
    Missing,
    Exchanged,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<prop::sample::Index>(), 1_u8..).prop_map(|(at, bits)| Damage::Flipped(at, bits)),
        2 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        1 => proptest::collection::vec(any::<u8>(), 1..9).prop_map(Damage::Grown),
        1 => Just(Damage::Missing),
        1 => Just(Damage::Exchanged),
    ]
}

/// Damages run number `which` of a storage, and returns its path.
fn inflict(storage: &MemoryStorage, which: usize, damage: &Damage) -> String {
    let mut runs = files(storage);
    runs.retain(|(path, _)| path.starts_with("runs/"));
    let other = runs[(which + 1) % runs.len()].1.clone();
    let (path, mut bytes) = runs.swap_remove(which % runs.len());
    match damage {
        // Cut to nothing before: there is nothing left to flip or cut.
        Damage::Flipped(..) | Damage::Cut(_) if bytes.is_empty() => {}
        Damage::Flipped(at, bits) => *at.get_mut(&mut bytes) ^= bits,
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Grown(more) => bytes.extend(more),
        Damage::Missing => {
            block_on(storage.delete(&path)).unwrap();
            return path;
        }
        Damage::Exchanged => bytes = other,
    }
    replace(storage, &path, &bytes);
    path
}

proptest! {
    #[test]
    fn damage_to_the_local_copy_changes_no_row(
        damages in proptest::collection::vec((0_usize..2, damage()), 1..4),
    ) {
        let (remote, local, manifest, rows) = copied();
        for (which, damage) in &damages {
            if files(&local).len() == 2 {
                inflict(&local, *which, damage);
            }
        }
        let storage = pair(&local, &remote);
        let all = KeyGroups::all(10).unwrap();
        prop_assert_eq!(restore(&storage, &manifest, all).unwrap(), rows);
        let report = block_on(verify(&storage, &manifest)).unwrap();
        prop_assert_eq!(report, block_on(verify(&remote, &manifest)).unwrap());
    }

    #[test]
    fn the_same_damage_on_both_sides_is_an_error(which in 0_usize..2, damage in damage()) {
        let (remote, local, manifest, _) = copied();
        let path = inflict(&local, which, &damage);
        inflict(&remote, which, &damage);
        let storage = pair(&local, &remote);
        let all = KeyGroups::all(10).unwrap();
        if matches!(damage, Damage::Missing) {
            let error = restore(&storage, &manifest, all).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::NotFound);
        } else {
            let what = format!("{damage:?}");
            let error = assert_corrupt(restore(&storage, &manifest, all), &path, &what);
            prop_assert!(error.context("copy_before").is_some(), "{}", error);
            assert_corrupt(block_on(verify(&storage, &manifest)), &path, &what);
        }
    }
}

#[test]
fn two_copies_with_different_bad_blocks_are_one_good_one() {
    let (remote, local, manifest, rows) = copied();
    let path = &manifest.parts[0].runs[0].path;
    let good = content(&remote, path);
    // The run has two blocks and more: one goes bad in its first, one in its last.
    let header = 20 + serde_json::to_vec(&manifest.parts[0].states).unwrap().len() + 8;
    let index = u64::from_be_bytes(good[good.len() - 66..][..8].try_into().unwrap());
    for (storage, at) in [
        (&local, header + 10),
        (&remote, usize::try_from(index).unwrap() - 1),
    ] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        replace(storage, path, &bad);
        let all = KeyGroups::all(10).unwrap();
        assert_corrupt(restore(storage, &manifest, all), path, "alone");
    }
    for storage in [pair(&local, &remote), pair(&remote, &local)] {
        let all = KeyGroups::all(10).unwrap();
        assert_eq!(restore(&storage, &manifest, all).unwrap(), rows);
        block_on(verify(&storage, &manifest)).unwrap();
    }
}

#[test]
fn a_sound_local_copy_is_read_and_one_bad_block_costs_one_chunk() {
    let remote = MemoryStorage::new();
    let rows: Vec<Row> = (0..100_u8)
        .map(|i| (0, 0, vec![i], vec![i; 100_000]))
        .collect();
    let all = KeyGroups::all(10).unwrap();
    let part = part_of(&remote, all, &rows, &options(1, Compression::None)).unwrap();
    let manifest = publish_as(&remote, 1, checkpoint(10, vec![part])).unwrap();
    let local = MemoryStorage::new();
    block_on(fetch(&manifest, &remote, &local)).unwrap();

    let counted = FaultyStorage::new(remote, Faults::none());
    let storage = LocalFirst::new(Arc::new(local.clone()), Arc::new(counted.clone()));
    assert_eq!(restore(&storage, &manifest, all).unwrap(), rows);
    assert_eq!(counted.bytes_read(), 0);

    let path = &manifest.parts[0].runs[0].path;
    let mut bytes = content(&local, path);
    bytes[5_000_000] ^= 1;
    replace(&local, path, &bytes);
    assert_eq!(restore(&storage, &manifest, all).unwrap(), rows);
    assert!(
        (1..=1 << 20).contains(&counted.bytes_read()),
        "{}",
        counted.bytes_read()
    );
}

#[test]
fn what_exists_is_for_the_remote_storage_to_say() {
    let (remote, local, manifest, _) = copied();
    let path = Manifest::path(1);
    block_on(local.put_new(&path, b"stale")).unwrap();
    let storage = pair(&local, &remote);
    assert_eq!(block_on(load(&storage, 1)).unwrap(), manifest);
    block_on(storage.put_new("runs/new.run", b"new")).unwrap();
    assert_eq!(content(&remote, "runs/new.run"), b"new");
    assert_eq!(
        block_on(local.size("runs/new.run")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    block_on(storage.delete(&path)).unwrap();
    let gone = block_on(storage.size(&path)).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert!(block_on(storage.list("manifests")).unwrap().is_empty());
}
