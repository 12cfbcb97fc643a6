//! The directory of extendible hashing: from the leading bits of a hash to a segment.

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
/// A hash selects its entry by its `depth` topmost bits, so entries ascend with the hash.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Two entries at least, so that `shift` is below 64.
    slots: Vec<u32>,
    /// `64 - depth`.
    shift: u32,
    depth: u32,
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
    /// One segment, number 0.
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![0, 0],
            shift: 63,
            depth: 1,
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

    /// The entry of a hash.
    #[inline]
    fn position(&self, hash: u64) -> usize {
        entry(hash >> self.shift)
    }

    /// The segment of a hash.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "`64 - shift` bits select one of as many slots"
    )]
    pub(crate) fn slot(&self, hash: u64) -> usize {
        self.slots[self.position(hash)] as usize
    }

    /// Local depth of a segment: by how many leading bits it is told from the others.
    fn depth_of(&self, slot: usize) -> u32 {
        self.depths.get(slot).map_or(0, |depth| u32::from(*depth))
    }

    /// Whether the next bit after those that all hashes of the segment have in common is set: it
    /// decides between the two halves of a segment that splits.
    pub(crate) fn bit(&self, slot: usize) -> u64 {
        1 << (63 - self.depth_of(slot))
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
        Cells {
            directory: self,
            next: 0,
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
    /// Entry to come.
    next: usize,
}

impl Iterator for Cells<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        let (directory, position) = (self.directory, self.next);
        let slot = *directory.slots.get(position)? as usize;
        let depth = directory.depth_of(slot);
        let width = 1 << (directory.depth - depth);
        let start = (position as u64) << directory.shift;
        self.next += width;
        Some(Cell {
            slot,
            position,
            width,
            hashes: (start, start | (u64::MAX >> depth)),
        })
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a directory has 2^24 entries at most"
)]
fn entry(bits: u64) -> usize {
    bits as usize
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
        // Even hashes, and hashes that crowd into one part of the range.
        for crowd in [0, 1, 3, 20] {
            let mut directory = Directory::new();
            let hash_of = |i: u64| (i << 54) >> crowd | (u64::MAX >> 11);
            for round in 0..300 {
                let cells: Vec<Cell> = directory.cells().collect();
                let entries: usize = cells.iter().map(|cell| cell.width).sum();
                assert_eq!(entries, directory.len());
                let mut next = Some(0);
                for cell in &cells {
                    assert_eq!(Some(cell.hashes.0), next, "{crowd} {round} {cell:x?}");
                    next = cell.hashes.1.checked_add(1);
                    assert_eq!(directory.slot(cell.hashes.0), cell.slot);
                    assert_eq!(directory.slot(cell.hashes.1), cell.slot);
                }
                assert_eq!(next, None, "the segments cover all hashes");
                // Any segment may be next to split.
                let hash = hash_of(round * 7919 % 1000);
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
}
