//! A view is read and consumed on another thread while its table is written.

mod row;

use std::thread;

use row::{filled, set, spread};

#[test]
fn the_view_stays_as_it_was() {
    let mut table = filled(448, 0..20_000);
    let view = table.freeze();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            for key in 0..20_000 {
                let row = view.get(spread(key), |row| row.key == key).unwrap();
                assert_eq!(row.value, key);
            }
            view.into_segments()
                .map(|s| s.iter().map(|row| row.value).sum::<u64>())
                .sum::<u64>()
        });
        for key in 0..40_000 {
            set(&mut table, spread(key), key, u64::MAX);
        }
        assert_eq!(reader.join().unwrap(), (0..20_000).sum());
    });
    assert!(table.iter().all(|row| row.value == u64::MAX));
    assert_eq!(table.len(), 40_000);
}
