//! Which runs delete the row that a merge has come to.

/// The range tombstones around the current position, reduced to what can still decide: a staircase
/// of runs, newer ones with nearer ends. At most one entry a run, however many tombstones there are.
///
/// A tombstone of run `j` hides rows of the runs before `j`. So at a position only the newest run
/// that covers it matters, and a tombstone matters only as long as no newer run reaches as far.
#[derive(Debug, Default)]
pub(super) struct Covers {
    /// Key group and state that the entries belong to.
    position: (u16, u32),
    /// Ages ascend strictly, ends descend strictly.
    steps: Vec<Cover>,
}

#[derive(Debug)]
struct Cover {
    age: u32,
    /// The first key after the range; `None` reaches to the end of the state.
    end: Option<Vec<u8>>,
}

impl Covers {
    /// Adds a range that begins at `start`, where the merge stands, or behind all rows before.
    pub(super) fn add(&mut self, position: (u16, u32), start: &[u8], end: Option<&[u8]>, age: u32) {
        self.move_to(position, start);
        let reaches = |cover: &Cover| match (&cover.end, end) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(cover), Some(end)) => cover.as_slice() >= end,
        };
        let newer = self.steps.partition_point(|cover| cover.age < age);
        // Of the newer runs, and this one, the oldest reaches farthest.
        if self.steps.get(newer).is_some_and(reaches) {
            return;
        }
        let is_shorter = |cover: &Cover| match (&cover.end, end) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(cover), Some(end)) => cover.as_slice() <= end,
        };
        let same = self.steps.get(newer).is_some_and(|cover| cover.age == age);
        let first = self
            .steps
            .partition_point(|cover| !is_shorter(cover))
            .min(newer);
        let end = end.map(<[u8]>::to_vec);
        self.steps
            .splice(first..newer + usize::from(same), [Cover { age, end }]);
    }

    /// Whether the row at `key` of a run of `age` is deleted by a newer run. Keys must not descend.
    pub(super) fn hide(&mut self, position: (u16, u32), key: &[u8], age: u32) -> bool {
        if self.steps.is_empty() {
            return false;
        }
        self.move_to(position, key);
        self.steps.last().is_some_and(|cover| cover.age > age)
    }

    /// Forgets what ends at or before the position.
    fn move_to(&mut self, position: (u16, u32), key: &[u8]) {
        if self.position != position {
            self.position = position;
            self.steps.clear();
        }
        let is_over = |cover: &Cover| cover.end.as_ref().is_some_and(|end| end.as_slice() <= key);
        while self.steps.last().is_some_and(is_over) {
            self.steps.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ages are unsorted, starts ascend.
    type Range = (u8, Option<u8>, u32);

    fn ranges() -> impl Strategy<Value = Vec<Range>> {
        let range = (
            0_u8..20,
            proptest::option::weighted(0.8, 1_u8..20),
            0_u32..6,
        );
        proptest::collection::vec(range, 0..30).prop_map(|mut ranges| {
            ranges.retain(|(start, end, _)| end.is_none_or(|end| *start < end));
            ranges.sort_unstable();
            ranges
        })
    }

    proptest! {
        #[test]
        fn the_newest_of_all_ranges_around_a_key_decides(ranges in ranges()) {
            let mut covers = Covers::default();
            let mut coming = ranges.iter().peekable();
            for key in 0_u8..20 {
                while let Some((start, end, age)) = coming.next_if(|range| range.0 <= key) {
                    covers.add((1, 2), &[*start], end.as_ref().map(std::slice::from_ref), *age);
                    prop_assert!(covers.steps.len() <= 6);
                }
                for age in 0..7 {
                    let hidden = ranges.iter().any(|(start, end, newer)| {
                        *start <= key && end.is_none_or(|end| key < end) && age < *newer
                    });
                    prop_assert_eq!(covers.hide((1, 2), &[key], age), hidden, "{} {}", key, age);
                }
            }
            prop_assert!(!covers.hide((1, 3), &[0], 0), "another state");
        }
    }
}
