//! A file that is shorter or longer than it was is found, at every length.

use crate::support::{assert_corrupt, files, replace, restore_all, small_checkpoint};

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
