//! Looking for a key that is not there, in order to write or to remove it, copies no segment.

mod row;

use row::{clones, filled, spread};

#[test]
fn a_miss_leaves_segments_shared() {
    let mut table = filled(448, 0..2000);
    let view = table.freeze();
    let before = clones();
    for key in 2000..4000 {
        assert!(table.get_mut(spread(key), |row| row.key == key).is_none());
        assert!(table.remove(spread(key), |row| row.key == key).is_none());
    }
    assert_eq!(clones(), before);
    assert_eq!(table.held().shared_bytes, 0);
    drop(view);
}
