//! Deleted ranges: a set of keys as disjoint ranges.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Bytes counted for a range beside its bounds: two pointers with lengths in a tree whose nodes are
/// two thirds full, and two allocations.
const OVERHEAD: usize = 80;

/// A range of keys: from its start on, and before its end; to the end of the table without one.
pub(crate) type DeletedRange<'a> = (&'a [u8], Option<&'a [u8]>);

/// A set of keys as disjoint ranges. Ranges that touch are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// Ends by starts.
    ends: BTreeMap<Box<[u8]>, Option<Box<[u8]>>>,
    bytes: usize,
}

impl Ranges {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The ranges, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DeletedRange<'_>> {
        self.ends.iter().map(lend)
    }

    /// The range that `key` lies in.
    #[inline]
    pub(crate) fn covering(&self, key: &[u8]) -> Option<DeletedRange<'_>> {
        if self.ends.is_empty() {
            return None;
        }
        let (start, end) = self.starting_up_to(key)?;
        end.is_none_or(|end| key < end).then_some((start, end))
    }

    /// The part from `key` on of the first range that reaches behind `key`.
    pub(crate) fn from<'a>(&'a self, key: &'a [u8]) -> Option<DeletedRange<'a>> {
        if let Some((_, end)) = self.covering(key) {
            return Some((key, end));
        }
        let behind = (Bound::Excluded(key), Bound::Unbounded);
        self.ends.range::<[u8], _>(behind).next().map(lend)
    }

    /// Adds the keys from `from` on and before `to`.
    pub(crate) fn insert(&mut self, from: &[u8], to: Option<&[u8]>) {
        if to.is_some_and(|to| to <= from) {
            return;
        }
        let (mut start, mut end) = (from, to);
        if let Some((before, reaches)) = self.starting_up_to(from)
            && reaches.is_none_or(|reaches| reaches >= from)
        {
            if is_later(reaches, to) || reaches == to {
                return;
            }
            start = before;
        }
        let mut merged = Vec::new();
        let until = to.map_or(Bound::Unbounded, Bound::Included);
        for (next, reaches) in self.ends.range::<[u8], _>((Bound::Included(start), until)) {
            merged.push(next.clone());
            if is_later(reaches.as_deref(), end) {
                end = reaches.as_deref();
            }
        }
        let (start, end): (Box<[u8]>, Option<Box<[u8]>>) = (start.into(), end.map(Into::into));
        for next in merged {
            self.remove(&next);
        }
        self.bytes += bytes(&start, end.as_deref());
        self.ends.insert(start, end);
    }

    /// Removes the range that starts at `start`.
    pub(crate) fn remove(&mut self, start: &[u8]) {
        if let Some(end) = self.ends.remove(start) {
            self.bytes -= bytes(start, end.as_deref());
        }
    }

    /// The last range that starts at `key` or before it.
    #[inline]
    fn starting_up_to(&self, key: &[u8]) -> Option<DeletedRange<'_>> {
        let up_to = (Bound::Unbounded, Bound::Included(key));
        self.ends.range::<[u8], _>(up_to).next_back().map(lend)
    }
}

fn lend<'a, S: AsRef<[u8]>>((start, end): (&'a S, &'a Option<S>)) -> DeletedRange<'a> {
    (start.as_ref(), end.as_ref().map(AsRef::as_ref))
}

/// Whether the end `a` lies behind the end `b`.
fn is_later(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    match (a, b) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => a > b,
    }
}

fn bytes(start: &[u8], end: Option<&[u8]>) -> usize {
    OVERHEAD + start.len() + end.map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Keys of up to two bytes over three letters: every one is asked for.
    fn keys() -> Vec<Vec<u8>> {
        let letters = [b"", &b"a"[..], b"b", b"c"];
        let pairs = letters
            .iter()
            .flat_map(|a| letters.iter().map(move |b| [*a, *b].concat()));
        let mut keys: Vec<_> = pairs.collect();
        keys.sort();
        keys.dedup();
        keys
    }

    proptest! {
        #[test]
        fn is_a_set_of_keys_in_the_fewest_ranges(
            inserted in vec((0..13_usize, proptest::option::of(0..13_usize)), 0..12),
        ) {
            let keys = keys();
            let mut ranges = Ranges::default();
            let mut model = vec![false; keys.len()];
            for (from, to) in inserted {
                ranges.insert(&keys[from], to.map(|to| &keys[to][..]));
                for covered in &mut model[from..to.unwrap_or(keys.len()).max(from)] {
                    *covered = true;
                }
            }
            for (key, covered) in keys.iter().zip(&model) {
                prop_assert_eq!(ranges.covering(key).is_some(), *covered);
                let next = ranges.from(key).map(|(start, _)| start.to_vec());
                let expected = keys.iter().zip(&model).find(|(k, covered)| *k >= key && **covered);
                prop_assert_eq!(next, expected.map(|(key, _)| key.clone()));
            }
            let starts = (0..keys.len()).filter(|at| model[*at] && (*at == 0 || !model[at - 1]));
            prop_assert_eq!(ranges.iter().count(), starts.count());
            let size = |end: Option<&[u8]>| end.unwrap_or_default().len();
            let sizes = ranges.iter().map(|(start, end)| OVERHEAD + start.len() + size(end));
            let counted: usize = sizes.sum();
            prop_assert_eq!(ranges.bytes(), counted);
        }
    }
}
