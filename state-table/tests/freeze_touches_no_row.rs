//! Freezing clones no row, the first write to a segment clones that segment, and later ones nothing.

mod row;

use row::{clones, filled, lower_half, set, spread};

#[test]
fn only_the_first_write_to_a_segment_copies_it() {
    let mut table = filled(448, 0..20_000);
    let before = clones();
    let view = table.freeze();
    let copy = view.clone();
    assert_eq!(clones(), before, "freeze and clone");

    let segment = table
        .segments()
        .find(|s| s.halves().contains(&lower_half(spread(5))))
        .unwrap()
        .len();
    set(&mut table, spread(5), 5, 0);
    assert_eq!(clones(), before + segment, "one segment");
    set(&mut table, spread(5), 5, 1);
    assert_eq!(clones(), before + segment, "once");

    let again = table.freeze();
    let second = clones();
    set(&mut table, spread(6), 6, 0);
    assert!(clones() - second <= 448);
    assert_eq!([view.len(), copy.len(), again.len()], [20_000; 3]);
}
