//! Rows that no split can tell apart neither hang the table nor blow up its directory.

mod row;

use row::{Table, set};

#[test]
fn equal_hashes_and_equal_prefixes_end() {
    for mask in [0, 0xff] {
        let mut table = Table::new(896);
        for key in 0..3000 {
            set(&mut table, 0x5555_0000 | (key & mask), key, key);
        }
        assert_eq!(table.len(), 3000);
        let held = table.held();
        assert!(held.bytes < 3000 * 100, "{held:?}");
        assert!((0..3000).all(|key| {
            table
                .get(0x5555_0000 | (key & mask), |row| row.key == key)
                .is_some()
        }));
    }
}
