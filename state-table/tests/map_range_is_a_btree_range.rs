//! `range` yields what `BTreeMap::range` does, from both ends, for every kind of bound; where that
//! panics, nothing.

#![expect(
    clippy::zero_sized_map_values,
    reason = "only the keys matter to a range"
)]

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;
use state_table::ChunkedMap;

fn bound() -> impl Strategy<Value = Bound<u32>> {
    prop_oneof![
        1 => Just(Bound::Unbounded),
        3 => (0..3200_u32).prop_map(Bound::Included),
        3 => (0..3200_u32).prop_map(Bound::Excluded),
    ]
}

/// Whether `BTreeMap::range` refuses the bounds.
fn refused(start: Bound<u32>, end: Bound<u32>) -> bool {
    match (start, end) {
        (Bound::Excluded(s), Bound::Excluded(e)) => s >= e,
        (Bound::Included(s) | Bound::Excluded(s), Bound::Included(e) | Bound::Excluded(e)) => s > e,
        _ => false,
    }
}

fn check(map: &ChunkedMap<u32, ()>, model: &BTreeMap<u32, ()>, start: Bound<u32>, end: Bound<u32>) {
    let mut ours = map.range((start, end));
    if refused(start, end) {
        assert!(ours.next().is_none() && ours.next_back().is_none());
        return;
    }
    let mut theirs = model.range((start, end));
    assert!(ours.clone().eq(theirs.clone()), "{start:?} {end:?}");
    assert!(ours.clone().rev().eq(theirs.clone().rev()));
    let (low, high) = ours.size_hint();
    let count = theirs.clone().count();
    assert!(low <= count && high.is_none_or(|high| high >= count));
    // From both ends by turns, until they meet.
    for i in 0.. {
        let pair = if i % 3 == 0 {
            (ours.next_back(), theirs.next_back())
        } else {
            (ours.next(), theirs.next())
        };
        assert_eq!(pair.0, pair.1);
        if pair.0.is_none() {
            break;
        }
    }
    assert!(ours.next().is_none() && ours.next_back().is_none());
}

proptest! {
    #[test]
    fn ranges_equal_those_of_the_model(
        size in prop_oneof![0..20_u32, 0..3000_u32],
        bounds in prop::collection::vec((bound(), bound()), 20),
    ) {
        // Every other key is missing; chunks are not all full.
        let model: BTreeMap<u32, ()> = (0..size).map(|i| (1 + i * 1021 % 1500 * 2, ())).collect();
        let mut map = ChunkedMap::new();
        for i in 0..size {
            map.insert(1 + i * 1021 % 1500 * 2, ());
        }
        for (start, end) in bounds {
            check(&map, &model, start, end);
        }
        // Around each key, and so at each edge of a chunk.
        for key in (0..3002).step_by(37).chain(model.keys().copied().take(600)) {
            for bound in [Bound::Included(key), Bound::Excluded(key)] {
                check(&map, &model, bound, Bound::Included(key + 2));
                check(&map, &model, Bound::Excluded(key.saturating_sub(2)), bound);
                check(&map, &model, bound, bound);
            }
        }
    }
}

#[test]
fn bounds_may_be_borrowed() {
    let map: ChunkedMap<String, u32> = (0..100).map(|i| (format!("{i:02}"), i)).collect();
    assert_eq!(
        map.range::<str, _>((Bound::Included("10"), Bound::Excluded("20")))
            .count(),
        10
    );
    assert_eq!(map.get("42"), Some(&42));
}
