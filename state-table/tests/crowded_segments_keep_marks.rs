//! A segment that is beyond its cap, since its hashes could not be told apart, splits at last: what was written
//! in it is told all the same. It was not while a half of it could rehash as its rows were placed: bits
//! followed to where rows had been on the way. Only hashes that somebody chose get there.

mod row;

use row::{Table, set, spread};

/// Twelve leading bits of the lower half in common.
fn crowd(key: u64) -> u64 {
    spread(key) & !(0xfff << 20)
}

#[test]
fn what_was_written_is_told_when_a_crowded_segment_splits() {
    for max_rows in [7, 28, 448, 896] {
        let many = u64::try_from(max_rows).unwrap();
        let mut table = Table::new(max_rows);
        table.track(1, 0);
        for key in 0..3 * many {
            set(&mut table, crowd(key), key, 0);
        }
        // So that the directory may grow.
        for key in 1_000_000..1_000_000 + 64 * many {
            set(&mut table, spread(key) | 1 << 31, key, 0);
        }
        drop(table.freeze());
        table.confirm(1);
        let written: Vec<u64> = (0..3 * many).step_by(10).collect();
        for &key in &written {
            let row = table.get_mut(crowd(key), |row| row.key == key);
            row.unwrap().value = 1;
        }
        set(&mut table, crowd(3 * many), 3 * many, 1); // splits
        let told: Vec<u64> = table
            .freeze()
            .into_segments()
            .flat_map(|segment| {
                let rows = segment.changed_since(1);
                rows.map(|(_, row)| row.key).collect::<Vec<_>>()
            })
            .collect();
        let missed: Vec<_> = written.iter().filter(|key| !told.contains(key)).collect();
        assert!(missed.is_empty(), "{max_rows} rows a segment: {missed:?}");
    }
}
