//! Segments come in ascending, disjoint ranges of hashes, be the hashes spread over all 64 bits or
//! crowded into a part of them; and they stay below their cap, unless the hashes agree in more
//! leading bits than the directory may grow to tell apart.

mod row;

use row::{Entry, Table, spread};

#[test]
fn segments_are_bounded_and_ascend() {
    let half = u64::MAX / 2;
    for (range, bounded) in [
        (0..=u64::MAX, true),
        (43 << 57..=86 << 57, true),
        (43 << 57..=44 << 57, false),
        (half - (1 << 50)..=half + (1 << 51), false),
    ] {
        let mut table = Table::new(448);
        let span = u128::from(range.end() - range.start()) + 1;
        for key in 0..30_000 {
            let offset = u64::try_from((u128::from(spread(key)) * span) >> 64).unwrap();
            let hash = range.start() + offset;
            table.find_or_insert_with(
                hash,
                |row| row.key == key,
                || Entry {
                    hash,
                    key,
                    value: 0,
                },
            );
        }
        let mut count = 0;
        let mut end = None;
        for segment in table.segments() {
            assert!(segment.len() <= 448 || !bounded, "{range:x?}");
            assert!(
                end.is_none_or(|end| end < *segment.hashes().start()),
                "{range:x?}"
            );
            assert!(
                segment
                    .iter()
                    .all(|row| segment.hashes().contains(&row.hash))
            );
            end = Some(*segment.hashes().end());
            count += 1;
        }
        assert!(
            (67..=200).contains(&count) || !bounded,
            "{count} segments for 30,000 rows"
        );
        assert!(table.held().bytes < 30_000 * 80, "{:?}", table.held());
        let view: Vec<_> = table
            .freeze()
            .segments()
            .map(|segment| segment.hashes())
            .collect();
        assert_eq!(
            view,
            table
                .segments()
                .map(|segment| segment.hashes())
                .collect::<Vec<_>>()
        );
    }
}
