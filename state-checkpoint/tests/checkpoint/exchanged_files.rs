//! A whole, healthy file in the place of another one is found, even if it has the same size.

use state_api::KeyGroups;
use state_checkpoint::{Compression, Manifest, MemoryStorage, verify};

use crate::support::{
    Row, assert_corrupt, block_on, checkpoint, content, options, part_of, publish_as, replace,
    restore_all,
};

/// Two checkpoints whose runs have the same size, states, groups and number of rows.
fn twins() -> (MemoryStorage, [Manifest; 2]) {
    let storage = MemoryStorage::new();
    let manifests = [1_u8, 2].map(|id| {
        let rows: Vec<Row> = vec![(3, 1, b"key".to_vec(), vec![id; 8])];
        let options = options(100, Compression::None);
        let part = part_of(&storage, KeyGroups::all(10).unwrap(), &rows, &options).unwrap();
        publish_as(&storage, id.into(), checkpoint(10, vec![part])).unwrap()
    });
    (storage, manifests)
}

#[test]
fn swapped_or_duplicated_runs_are_refused() {
    let (storage, [one, two]) = twins();
    let (a, b) = (&one.parts[0].runs[0], &two.parts[0].runs[0]);
    assert_eq!((a.size, a.rows), (b.size, b.rows));
    let (a_bytes, b_bytes) = (content(&storage, &a.path), content(&storage, &b.path));

    replace(&storage, &a.path, &b_bytes);
    assert_corrupt(
        restore_all(&storage, 1),
        &a.path,
        "an older run in its place",
    );
    assert_corrupt(
        block_on(verify(&storage, &one)),
        &a.path,
        "the same, by verify",
    );
    restore_all(&storage, 2).unwrap();

    replace(&storage, &b.path, &a_bytes);
    assert_corrupt(restore_all(&storage, 1), &a.path, "swapped");
    assert_corrupt(restore_all(&storage, 2), &b.path, "swapped");
}

#[test]
fn a_manifest_under_the_name_of_another_is_refused() {
    let (storage, _) = twins();
    let bytes = content(&storage, &Manifest::path(1));
    replace(&storage, &Manifest::path(2), &bytes);
    assert_corrupt(
        restore_all(&storage, 2),
        &Manifest::path(2),
        "copied manifest",
    );
    restore_all(&storage, 1).unwrap();
}
