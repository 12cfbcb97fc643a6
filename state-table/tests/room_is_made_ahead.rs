//! A table that was told how many rows will come hardly splits or rehashes for them, holds about what it
//! would have held without, and holds the same rows.

mod row;

use row::{Table, set, spread};

/// Rows a segment.
const ROWS: usize = 896;

fn fill(table: &mut Table, keys: std::ops::Range<u64>) {
    for key in keys {
        set(table, spread(key), key, key);
    }
}

#[test]
fn rows_that_were_told_of_cost_little_growth() {
    for (rows, grows) in [
        (3_000_u64, false),
        (10_000, false),
        (50_000, false),
        (57_000, true), // 890 to a segment: chance puts more than 896 into half of them
        (58_000, false), // 906: they hold a quarter more than if they had not all split
        (200_000, false),
    ] {
        let few = rows / 64;
        let mut plain = Table::new(ROWS);
        fill(&mut plain, 0..rows);
        let mut table = Table::new(ROWS);
        fill(&mut table, 0..few);
        table.reserve(usize::try_from(rows).unwrap());
        let reserved = table.held().bytes;
        fill(&mut table, few..rows);
        let (bytes, without) = (table.held().bytes, plain.held().bytes);
        assert_eq!(bytes > reserved, grows, "{rows} rows");
        assert!(
            bytes <= without * 4 / 3,
            "{rows} rows: {reserved}, then {bytes} bytes, and {without} without"
        );
        assert_eq!(table.len(), plain.len());
        for key in 0..rows {
            let found = table.get(spread(key), |row| row.key == key);
            assert_eq!(found.map(|row| row.value), Some(key));
        }
    }
}

/// Marks and views stay right when rows move to make room.
#[test]
fn what_a_view_has_stays() {
    let mut table = Table::new(ROWS);
    table.track(1, 0);
    fill(&mut table, 0..2_000);
    let first = table.freeze();
    fill(&mut table, 1_000..1_100);
    table.reserve(50_000);
    let second = table.freeze();
    assert_eq!(first.len(), 2_000);
    assert!(first.iter().all(|row| row.value == row.key));
    let mut changed: Vec<u64> = second
        .into_segments()
        .flat_map(|segment| {
            let changed = segment.changed_since(1);
            changed.map(|(_, row)| row.key).collect::<Vec<_>>()
        })
        .collect();
    changed.sort_unstable();
    assert_eq!(changed, (1_000..1_100).collect::<Vec<_>>());
}
