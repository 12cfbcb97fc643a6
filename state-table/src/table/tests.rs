//! What no caller sees of a table: how segments grow, split, share and are booked.

use super::*;
use crate::row::tests::Number;

#[test]
fn segments_have_as_many_rows_as_a_copy_can_afford() {
    assert_eq!(Table::<(u64, u64)>::MAX_ROWS, 3584);
    assert_eq!(Table::<(u64, [u8; 100])>::MAX_ROWS, 3584);
    assert_eq!(Table::<[u8; 500]>::MAX_ROWS, 896);
    assert_eq!(Table::<[u8; 4096]>::MAX_ROWS, 56);
    assert_eq!(Table::<[u8; 1 << 20]>::MAX_ROWS, 14);
    assert_eq!(Table::<(u64, Vec<u8>)>::MAX_ROWS, 896);
    assert_eq!(Table::<()>::MAX_ROWS, 3584);
}

#[test]
fn booked_bytes_are_the_sum_of_the_segments() {
    let mut table = Table::<Number>::new(448);
    let mut views = Vec::new();
    let check = |table: &Table<Number>| {
        let sum: usize = table.directory.segments().map(|(_, it)| it.bytes()).sum();
        assert_eq!(table.bucket_bytes, sum);
    };
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for i in 0..20_000 {
        table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        if i % 3000 == 0 {
            views.push(table.freeze());
        }
        check(&table);
    }
    let peak = table.bucket_bytes;
    for i in 0..20_000 {
        assert!(table.remove(hash(i), |row| row.0 == hash(i)).is_some());
        check(&table);
    }
    assert!(
        table.bucket_bytes * 20 < peak,
        "{} of {peak} bytes",
        table.bucket_bytes
    );
}

/// Otherwise half of the accesses would go through aliases for as long as a table of an unlucky size lives.
#[test]
fn writes_leave_no_alias_of_a_segment_that_is_not_small() {
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut table = Table::<Number>::new(448);
    let mut rows = 0;
    while table.directory.len() < 64 || table.directory.entries() == table.directory.len() {
        table.find_or_insert_with(hash(rows), |_| false, || Number(hash(rows)));
        rows += 1;
    }
    assert!(
        table.directory.entries() > table.directory.len(),
        "it has just doubled"
    );
    for i in 0..rows {
        assert!(table.get_mut(hash(i), |row| row.0 == hash(i)).is_some());
    }
    assert_eq!(table.directory.entries(), table.directory.len());
}

#[test]
fn a_row_that_is_put_back_is_as_old_as_it_was() {
    let mut table = Table::<Number>::new(448);
    table.track(1, 0);
    // Of one place to begin at: each takes the first bucket free.
    let hash = |i: u64| i << 28;
    let insert = |table: &mut Table<Number>, i: u64| {
        table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
    };
    insert(&mut table, 1);
    insert(&mut table, 2);
    drop(table.freeze());
    table.remove(hash(1), |row| row.0 == hash(1));
    insert(&mut table, 3);
    let taken = table.take(hash(3), |row| row.0 == hash(3));
    assert!(matches!(taken, Some((_, true))), "inserted since the view");
    let Some((row, fresh)) = table.take(hash(2), |row| row.0 == hash(2)) else {
        unreachable!("it was inserted")
    };
    assert!(!fresh, "the view has it");
    table.put_back(hash(2), row, fresh);
    assert!(!table.is_fresh(hash(2), |row| row.0 == hash(2)));
}

/// Marks that no view can be asked for were let go by the writes of other segments, and begun again by each write: a
/// put took ten times as long from when tracking was turned on to the next freeze.
#[test]
fn nothing_is_marked_before_the_first_freeze_that_changes_are_told_since() {
    let mut table = Table::<Number>::new(448);
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let write = |table: &mut Table<Number>| {
        for i in 0..2000 {
            table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        }
    };
    write(&mut table);
    drop(table.freeze());
    table.track(2, 2);
    write(&mut table);
    assert_eq!(table.tracking_bytes(), 0);
    drop(table.freeze());
    write(&mut table);
    let segments = table.freeze().into_segments();
    let changed: usize = segments.map(|it| it.changed_since(2).count()).sum();
    assert_eq!(changed, 2000);
}

/// What was booked of an original and is not of its copy would stay booked, some bytes for each segment and
/// checkpoint, until tracking were given up for nothing.
#[test]
fn booked_marks_are_the_sum_of_the_segments() {
    let mut table = Table::<Number>::new(448);
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    table.track(1, 0);
    for epoch in 1..20 {
        for i in 0..2000 {
            table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        }
        let segments = table.directory.segments();
        let sum: usize = segments.map(|(_, it)| it.marks_bytes()).sum();
        assert_eq!(table.tracking.bytes, sum, "{epoch}");
        let view = table.freeze();
        table.confirm(epoch - 1);
        for i in 0..2000 {
            assert!(table.get_mut(hash(i), |row| row.0 == hash(i)).is_some());
        }
        drop(view);
    }
}

#[test]
fn a_recut_row_is_added_behind_an_alias() {
    let mut table = Table::<Number>::new(7);
    table.track(1, 0);
    for i in 0..64 {
        table.add(i << 18, Number(i << 18), false);
    }
    for hash in [0x8 << 28, 0xf << 28] {
        let entry = table.directory.entry(0xf << 28);
        assert_ne!(table.directory.segment_of(entry), entry, "an alias");
        table.add(hash, Number(hash), true);
        assert!(table.take_recut(hash, |row| row.0 == hash));
    }
}

/// Rows that are inserted in one interval begin the marks of few segments, which split and grow with them.
#[test]
fn a_table_that_grows_keeps_to_the_limit_of_tracking() {
    let mut table = Table::<Number>::new(448);
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    table.track(1, 0);
    let limit = 10_000;
    table.limit_tracking(limit);
    for i in 0..50_000 {
        table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        assert!(table.tracking_bytes() <= limit, "{i} rows");
    }
}

/// Marks that a view shares when tracking is given up cannot be let go at once. With them booked, the next interval
/// would be given up at its first write, since the view of then shares all segments again.
#[test]
fn tracking_that_was_given_up_begins_anew() {
    let mut table = Table::<Number>::new(448);
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let write = |table: &mut Table<Number>, rows| {
        for i in 0..rows {
            table.find_or_insert_with(hash(i), |row| row.0 == hash(i), || Number(hash(i)));
        }
    };
    table.track(1, 0);
    write(&mut table, 10_000);
    let view = table.freeze();
    table.limit_tracking(table.tracking_bytes() / 2);
    assert_eq!(table.interval(), None, "given up");
    drop(view);
    let _view = table.freeze();
    write(&mut table, 1);
    assert_eq!(table.interval(), Some(3));
}

#[test]
fn no_recut_row_is_lost_among_those_of_before_tracking_was_given_up() {
    let mut table = Table::<Number>::new(448);
    let told = |table: &mut Table<Number>, hash: u64| {
        table.has_recut() && table.take_recut(hash, |row| row.0 == hash)
    };
    table.track(1, 0);
    table.add(1, Number(1), true);
    let _view = table.freeze();
    table.limit_tracking(0);
    assert_eq!(table.interval(), None, "given up");
    table.limit_tracking(usize::MAX);
    drop(table.freeze());
    table.add(2, Number(2), true);
    told(&mut table, 1);
    assert!(told(&mut table, 2));
}

/// Clones panic while the second field is set.
struct Fragile(u64, std::rc::Rc<std::cell::Cell<bool>>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(!self.1.get(), "as it was asked to");
        Self(self.0, self.1.clone())
    }
}

impl Row for Fragile {
    fn hash(&self) -> u64 {
        self.0
    }
}

/// Its hash panics while the second field is set.
#[derive(Clone)]
struct Lawless(u64, std::rc::Rc<std::cell::Cell<bool>>);

impl Row for Lawless {
    fn hash(&self) -> u64 {
        assert!(!self.1.get(), "as it was asked to");
        self.0
    }
}

/// Half of a segment was lost, the rest was found as if it were all, and its bytes were booked wrong: a removal of the rest
/// made less than nothing of them.
#[test]
fn a_hash_that_panics_sets_all_rows_aside() {
    let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The insert that splits or grows, and the removal that shrinks.
    for (rows, left) in [(448, 448), (28, 28), (400, 33)] {
        let fails = std::rc::Rc::new(std::cell::Cell::new(false));
        let mut table = Table::new(448);
        table.track(1, 0);
        let row = |i: u64| Lawless(hash(i), fails.clone());
        for i in 0..rows {
            table.insert_new(hash(i), row(i));
        }
        for i in left..rows {
            assert!(table.remove(hash(i), |row| row.0 == hash(i)).is_some());
        }
        fails.set(true);
        let mut panicked = false;
        for i in 0..left {
            let write = || {
                if left == rows {
                    table.insert_new(hash(rows + i), row(rows + i));
                } else {
                    table.remove(hash(i), |row| row.0 == hash(i));
                }
            };
            panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(write)).is_err();
            if panicked {
                break;
            }
        }
        assert!(panicked && table.is_set_aside(), "{rows} rows");
        fails.set(false);
        assert_eq!((table.len(), table.iter().count()), (0, 0));
        for i in 0..rows {
            table.insert_new(hash(i), row(i));
            assert!(table.remove(hash(i), |row| row.0 == hash(i)).is_some());
        }
        assert!(table.held().bytes < 1 << 20);
    }
}

#[test]
fn a_split_that_panics_leaves_what_was_booked() {
    let fails = std::rc::Rc::new(std::cell::Cell::new(false));
    let mut table = Table::new(7);
    table.track(1, 0);
    let row = |i: u64| Fragile(i << 18, fails.clone());
    for i in 0..7 {
        table.insert_new(i << 18, row(i));
    }
    let _view = table.freeze();
    let before = (table.bucket_bytes, table.tracking.bytes);
    fails.set(true);
    let insert = std::panic::AssertUnwindSafe(|| {
        table.insert_new(7 << 18, row(7));
    });
    assert!(std::panic::catch_unwind(insert).is_err());
    assert_eq!((table.bucket_bytes, table.tracking.bytes), before);
    fails.set(false);
    for i in 0..7 {
        assert!(table.remove(i << 18, |row| row.0 == i << 18).is_some());
    }
}
