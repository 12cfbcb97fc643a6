//! The directory of extendible hashing: from the leading bits of a hash to a segment.

use std::ops::RangeInclusive;

/// Deepest directory: 2^24 entries, 64 MiB, enough for ten billion rows.
const MAX_DEPTH: u32 = 24;

/// A directory never has more than this many entries for each segment, or [`MIN_LIMIT`]. Even
/// hashes need 2 to 16. Hashes that agree in their leading bits would double it without end.
const ENTRIES_PER_SEGMENT: usize = 64;

/// A directory up to this many entries (4 KiB) is always allowed.
const MIN_LIMIT: usize = 1024;

/// `2^depth` entries, each the number of a segment. A segment of local depth `d` fills
/// `2^(depth - d)` adjacent entries.
///
/// A hash selects its entry by `depth` bits below the `lead` topmost ones. `lead` is chosen so that
/// the range of hashes served covers at most half of the entries (all of them if it is more than a
/// quarter of all hashes): a worker which owns one key group of 128 has as small a directory as one
/// which owns all. Entries ascend with the hash from the entry of the first hash on; at the end of
/// the directory they go on at its start. Because a segment has at most half of the entries,
/// the lowest and the highest hashes of the range never meet in one, unless there is only one.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Two entries at least, so that `shift` is below 64.
    slots: Vec<u32>,
    /// `64 - lead - depth`.
    shift: u32,
    depth: u32,
    lead: u32,
    /// First hash of the range served.
    first: u64,
    /// Local depth of each segment.
    depths: Vec<u8>,
}

/// One segment's place in the directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) slot: usize,
    /// First entry.
    pub(crate) position: usize,
    /// Number of entries.
    pub(crate) width: usize,
    /// First and last hash.
    pub(crate) hashes: (u64, u64),
}

impl Directory {
    /// One segment, number 0. An inverted range counts as the range of its start alone.
    pub(crate) fn new(hashes: &RangeInclusive<u64>) -> Self {
        let span = hashes.end().saturating_sub(*hashes.start());
        let lead = span.leading_zeros().clamp(1, 32) - 1;
        let first = *hashes.start();
        Self {
            slots: vec![0, 0],
            shift: 63 - lead,
            depth: 1,
            lead,
            first,
            depths: vec![0],
        }
    }

    /// The same geometry over other segments; `slots` has as many entries as this directory. Only
    /// for look-ups.
    pub(crate) fn with_slots(&self, slots: Vec<u32>) -> Self {
        debug_assert_eq!(slots.len(), self.slots.len());
        Self {
            slots,
            depths: Vec::new(),
            ..*self
        }
    }

    /// The entry of a hash. A hash outside the range served gets one as well, always the same
    /// one: it is found again, out of order.
    #[inline]
    fn position(&self, hash: u64) -> usize {
        low_bits(hash >> self.shift) & (self.slots.len() - 1)
    }

    /// The segment of a hash.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "a position is masked to the number of slots"
    )]
    pub(crate) fn slot(&self, hash: u64) -> usize {
        self.slots[self.position(hash)] as usize
    }

    /// Local depth of a segment: by how many bits below the `lead` it is told from the others.
    fn depth_of(&self, slot: usize) -> u32 {
        self.depths.get(slot).map_or(0, |depth| u32::from(*depth))
    }

    /// Whether the next bit after those that all hashes of the segment have in common is set: it
    /// decides between the two halves of a segment that splits.
    pub(crate) fn bit(&self, slot: usize) -> u64 {
        1 << (63 - self.lead - self.depth_of(slot))
    }

    /// Whether a segment may split: it has several entries, or the directory may double.
    pub(crate) fn can_split(&self, slot: usize) -> bool {
        let limit = MIN_LIMIT.max(self.depths.len().saturating_mul(ENTRIES_PER_SEGMENT));
        self.depth_of(slot) < self.depth
            || (self.depth < MAX_DEPTH && 2 * self.slots.len() <= limit)
    }

    /// Gives the upper half of the segment of `hash` to a new segment, and returns the number of
    /// that. Doubles the directory if the segment has a single entry. Cost: at most a copy of
    /// the entries, 4 bytes each.
    pub(crate) fn split(&mut self, hash: u64) -> usize {
        let (slot, upper) = (self.slot(hash), self.depths.len());
        if self.depth_of(slot) == self.depth {
            self.slots = self.slots.iter().flat_map(|slot| [*slot, *slot]).collect();
            self.depth += 1;
            self.shift -= 1;
        }
        let half = 1 << (self.depth - self.depth_of(slot) - 1);
        let start = self.position(hash) & !(2 * half - 1);
        for entry in self.slots.iter_mut().skip(start + half).take(half) {
            *entry = number(upper);
        }
        if let Some(depth) = self.depths.get_mut(slot) {
            *depth += 1;
            let depth = *depth;
            self.depths.push(depth);
        }
        upper
    }

    /// All segments in ascending order of their hashes.
    pub(crate) fn cells(&self) -> Cells<'_> {
        let width = 1_u64 << (self.depth - self.depth_of(self.slot(self.first)));
        let next = (self.first >> self.shift) & !(width - 1);
        Cells {
            directory: self,
            next,
            left: self.slots.len(),
        }
    }

    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Bytes allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>() + self.depths.capacity()
    }
}

/// The segments of a directory in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Cells<'a> {
    directory: &'a Directory,
    /// Entry to come, counted from hash 0.
    next: u64,
    left: usize,
}

impl Iterator for Cells<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        let directory = self.directory;
        if self.left == 0 {
            return None;
        }
        let position = low_bits(self.next) & (directory.slots.len() - 1);
        let slot = *directory.slots.get(position)? as usize;
        let width = 1 << (directory.depth - directory.depth_of(slot));
        let hashes = if width == directory.slots.len() {
            (0, u64::MAX)
        } else {
            // Behind the last hash there may be entries left, which nobody uses.
            let in_range = self.next.leading_zeros() >= 64 - directory.depth - directory.lead;
            let start = if in_range {
                self.next << directory.shift
            } else {
                u64::MAX
            };
            (
                start,
                start | (u64::MAX >> directory.lead >> directory.depth_of(slot)),
            )
        };
        self.next += width as u64;
        self.left = self.left.saturating_sub(width);
        Some(Cell {
            slot,
            position,
            width,
            hashes,
        })
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the caller masks to 24 bits at most"
)]
fn low_bits(entry: u64) -> usize {
    entry as usize
}

/// A slot as the directory stores it; [`MAX_DEPTH`] keeps slots far below the limit.
pub(crate) fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_ascend_and_hold_the_hashes_that_select_them() {
        let third = u64::MAX / 3;
        let half = u64::MAX / 2;
        for range in [
            0..=u64::MAX,
            third..=2 * third,
            2 * third..=u64::MAX,
            half - third / 90..=half + third / 70,
            1 << 62..=u64::MAX,
            7 << 32..=8 << 32,
            5..=1 << 40,
        ] {
            let mut directory = Directory::new(&range);
            let step = (range.end() - range.start()) / 1000;
            for round in 0..300 {
                let cells: Vec<Cell> = directory.cells().collect();
                assert_eq!(
                    cells.iter().map(|cell| cell.width).sum::<usize>(),
                    directory.len()
                );
                let mut at = 0;
                for i in 0..1000 {
                    let hash = range.start() + step * i;
                    while cells[at].hashes.1 < hash
                        || at + 1 < cells.len() && cells[at + 1].hashes.0 <= hash
                    {
                        at += 1; // only ever forward: ascending
                    }
                    let cell = cells[at];
                    assert!(
                        cell.hashes.0 <= hash,
                        "{range:x?} {round} {hash:x} {cell:x?}"
                    );
                    assert_eq!(
                        cell.slot,
                        directory.slot(hash),
                        "{range:x?} {round} {hash:x}"
                    );
                }
                // Any segment may be next to split.
                let hash = range.start() + step * (round * 7919 % 1000);
                let bit = directory.bit(directory.slot(hash));
                let upper = directory.split(hash);
                assert_eq!(upper, cells.len());
                assert_eq!(directory.slot(hash) == upper, hash & bit != 0);
                if directory.len() > 1 << 14 {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_narrow_range_needs_no_larger_directory() {
        for group in [0_u64, 63, 64, 127] {
            let range = group << 57..=(group << 57) + (u64::MAX >> 7);
            let mut directory = Directory::new(&range);
            for i in 0..64 {
                directory.split(range.start() + (i << 51)); // not all are even splits
            }
            assert!(directory.len() <= 4 * 64, "{group}: {}", directory.len());
        }
    }
}
