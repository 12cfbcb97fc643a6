//! Range tombstones: what was cleared.

use std::cmp::Ordering;
use std::sync::Arc;

use state_api::row::RangeTombstone;
use state_api::{KeyGroupRange, Result};

use crate::changes::Interval;
use crate::delta::keys::Place;
use crate::delta::no_state;
use crate::ranges::Ranges;
use crate::store::TableId;

/// A range of rows that were deleted.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tombstone {
    group: u16,
    state: u16,
    start: Box<[u8]>,
    end: Option<Box<[u8]>>,
}

impl Tombstone {
    pub(super) fn lend(&self) -> RangeTombstone<'_> {
        RangeTombstone {
            group: self.group,
            state: self.state.into(),
            start: &self.start,
            end: self.end.as_deref(),
        }
    }

    /// Whether the range ends before a row.
    fn is_before(&self, place: Place, key: &[u8]) -> bool {
        let end = self.end.as_deref();
        match (self.group, self.state).cmp(&(place.group, place.state)) {
            Ordering::Less => true,
            Ordering::Equal => end.is_some_and(|end| end <= key),
            Ordering::Greater => false,
        }
    }

    /// Whether a row that the range does not end before lies in it.
    fn covers(&self, place: Place, key: &[u8]) -> bool {
        (self.group, self.state) == (place.group, place.state) && *self.start <= *key
    }
}

/// Whether a row lies in one of the ranges; rows are asked for ascending, and `from` goes with them.
pub(super) fn is_covered(ranges: &[Tombstone], from: &mut usize, place: Place, key: &[u8]) -> bool {
    while ranges
        .get(*from)
        .is_some_and(|range| range.is_before(place, key))
    {
        *from += 1;
    }
    ranges
        .get(*from)
        .is_some_and(|range| range.covers(place, key))
}

/// The ranges that were deleted in `intervals`, cut at the borders of key groups: ascending, and
/// disjoint.
pub(super) fn tombstones(
    tables: &[TableId],
    intervals: &[Arc<Interval>],
    range: KeyGroupRange,
) -> Result<Vec<Tombstone>> {
    let mut found = Vec::new();
    for interval in intervals {
        if interval.ranges.keys().any(|table| !tables.contains(table)) {
            return Err(no_state());
        }
    }
    for (state, table) in (0..).zip(tables) {
        let mut merged = Ranges::default();
        for ranges in intervals.iter().filter_map(|i| i.ranges.get(table)) {
            for (start, end) in ranges.iter() {
                merged.insert(start, end);
            }
        }
        for (start, end) in merged.iter() {
            cut(state, (start, end), range, &mut found);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Cuts a range of engine keys into one of row keys for each key group of `groups`.
fn cut(
    state: u16,
    (start, end): (&[u8], Option<&[u8]>),
    groups: KeyGroupRange,
    found: &mut Vec<Tombstone>,
) {
    let (first, start) = split_border(start);
    let (last, end) = match end.map(split_border) {
        Some((last, end)) => (last, Some(end)),
        None => (u16::MAX, None),
    };
    for group in first.max(groups.first())..=last.min(groups.last()) {
        let start = if group == first { start } else { &[] };
        let end = if group == last { end } else { None };
        if end.is_none_or(|end| start < end) {
            found.push(Tombstone {
                group,
                state,
                start: start.into(),
                end: end.map(Into::into),
            });
        }
    }
}

/// Splits the key group off the border of a range. One that is shorter is the border of a group too:
/// no key lies between it and the same with zeros behind.
fn split_border(border: &[u8]) -> (u16, &[u8]) {
    match border {
        [] => (0, &[]),
        [high] => (u16::from_be_bytes([*high, 0]), &[]),
        [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a range in the key groups 254 to 257.
    fn parts(start: &[u8], end: Option<&[u8]>) -> Vec<(u16, Vec<u8>, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let groups = KeyGroupRange::new(254, 257).unwrap();
        cut(0, (start, end), groups, &mut found);
        let parts = found.into_iter();
        let parts = parts.map(|part| (part.group, part.start.to_vec(), part.end.map(Into::into)));
        parts.collect()
    }

    #[test]
    fn a_range_is_cut_at_the_borders_of_key_groups() {
        let (open, none) = (None::<Vec<u8>>, Vec::new());
        let within = parts(&[0, 255, 7], Some(&[0, 255, 8]));
        assert_eq!(within, [(255, vec![7], Some(vec![8]))]);
        let to_the_end = [(255, vec![255], open.clone())];
        // The end of the prefix 00 ff ff has one byte.
        assert_eq!(parts(&[0, 255, 255], Some(&[1])), to_the_end);
        assert_eq!(parts(&[0, 255, 255], Some(&[1, 0])), to_the_end);
        assert_eq!(
            parts(&[0, 255, 3], Some(&[1, 1, 4])),
            [
                (255, vec![3], open.clone()),
                (256, none.clone(), open.clone()),
                (257, none.clone(), Some(vec![4]))
            ]
        );
        let all = [254, 255, 256, 257].map(|group| (group, none.clone(), open.clone()));
        assert_eq!(parts(&[], None), all);
        assert_eq!(parts(&[0], Some(&[2])), all);
        assert_eq!(parts(&[1, 2], None), []);
        assert_eq!(parts(&[0], Some(&[0, 254])), []);
    }
}
