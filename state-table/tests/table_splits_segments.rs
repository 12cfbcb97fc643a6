//! Segments come in ascending, disjoint ranges of the lower halves of hashes, be those spread over all 32 bits or
//! crowded into a part of them; and they stay below their cap, unless they agree in more
//! leading bits than the directory may grow to tell apart.

mod row;

use row::{Entry, Table, lower_half, spread};

#[test]
fn segments_are_bounded_and_ascend() {
    let middle = u32::MAX / 2;
    for (range, bounded) in [
        (0..=u32::MAX, true),
        (43 << 25..=86 << 25, true),
        (43 << 25..=44 << 25, false),
        (middle - (1 << 18)..=middle + (1 << 19), false),
    ] {
        let mut table = Table::new(448);
        let span = u64::from(range.end() - range.start()) + 1;
        for key in 0..30_000 {
            let upper = spread(key) >> 32;
            let lower =
                u64::from(*range.start()) + ((u64::from(lower_half(spread(key))) * span) >> 32);
            let hash = upper << 32 | lower;
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
                end.is_none_or(|end| end < *segment.halves().start()),
                "{range:x?}"
            );
            assert!(
                segment
                    .iter()
                    .all(|row| segment.halves().contains(&lower_half(row.hash)))
            );
            end = Some(*segment.halves().end());
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
            .map(|segment| segment.halves())
            .collect();
        assert_eq!(
            view,
            table
                .segments()
                .map(|segment| segment.halves())
                .collect::<Vec<_>>()
        );
    }
}
