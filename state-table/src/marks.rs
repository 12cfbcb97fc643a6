//! Marks: which rows of a segment were written, interval by interval.
//!
//! An *interval* is what lies between two freezes; it has the number of the freeze that ends it. A
//! mark is a bit of a row's bucket, so rows stay as small as they are, and the bits stay in cache
//! where the rows do not.

use std::sync::Arc;

/// Most intervals that a segment tells apart. Beyond that the two oldest become one, of the later
/// number: more counts as changed than was, never less.
const MAX_INTERVALS: usize = 4;

/// Bytes of a [`Sealed`] beside its bits.
const SEALED_BYTES: usize = size_of::<Sealed>() + 2 * size_of::<usize>();

/// From and to which bucket each row of a segment moved.
pub(crate) type Moves = Vec<(usize, usize)>;

/// A bit for each bucket; none are allocated before one is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    /// No bit of `buckets` is set.
    fn new(buckets: usize) -> Self {
        Self(vec![0; buckets.div_ceil(64)].into())
    }

    /// Sets a bit; `false` when none are allocated.
    #[inline]
    fn set(&mut self, bucket: usize) -> bool {
        match self.0.get_mut(bucket / 64) {
            Some(word) => {
                *word |= 1 << (bucket % 64);
                true
            }
            None => false,
        }
    }

    /// Clears a bit; whether it was set.
    fn clear(&mut self, bucket: usize) -> bool {
        let was_set = self.get(bucket);
        if let Some(word) = self.0.get_mut(bucket / 64) {
            *word &= !(1 << (bucket % 64));
        }
        was_set
    }

    fn get(&self, bucket: usize) -> bool {
        let word = self.0.get(bucket / 64);
        word.is_some_and(|word| word & (1 << (bucket % 64)) != 0)
    }

    fn is_unset(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the bits that `other` has.
    fn unite(&mut self, other: &Self) {
        if self.is_unset() {
            self.0.clone_from(&other.0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// The bits where the rows are now.
    fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Self {
        let mut bits = Self::default();
        for (_, to) in moves.iter().filter(|(from, _)| self.get(*from)) {
            if bits.is_unset() {
                bits = Self::new(buckets);
            }
            bits.set(*to);
        }
        bits
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// The buckets whose bits are set, ascending.
    fn buckets(self) -> impl Iterator<Item = usize> {
        let words = self.0.into_iter().enumerate();
        words.flat_map(|(i, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.checked_sub(1)?;
                Some(i * 64 + bit)
            })
        })
    }
}

/// The marks of an interval that is over, which views share, and of those before it.
#[derive(Debug)]
pub(crate) struct Sealed {
    interval: u64,
    bits: Bits,
    older: Option<Arc<Sealed>>,
}

impl Sealed {
    fn chain(newest: Option<&Arc<Self>>) -> impl Iterator<Item = &Self> {
        std::iter::successors(newest.map(|sealed| &**sealed), |sealed| {
            sealed.older.as_deref()
        })
    }

    /// The buckets of rows that were written after the freeze `since`, ascending. A bucket may be
    /// vacant by now.
    pub(crate) fn buckets_since(
        newest: Option<&Arc<Self>>,
        since: u64,
    ) -> impl Iterator<Item = usize> {
        let mut all = Bits::default();
        for sealed in Self::chain(newest).take_while(|sealed| sealed.interval > since) {
            all.unite(&sealed.bits);
        }
        all.buckets()
    }
}

/// The marks of one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentMarks {
    /// Of the interval that is under way.
    current: Bits,
    sealed: Option<Arc<Sealed>>,
    /// Rows that were inserted in the interval under way, and so are in no view.
    fresh: Bits,
    /// Rows that would be written in other parts than they were read from, and were not written
    /// since.
    recut: Bits,
}

impl SegmentMarks {
    /// Marks a row of the interval under way; `false` when its marks are not
    /// [begun](SegmentMarks::begin).
    #[inline]
    pub(crate) fn mark(&mut self, bucket: usize) -> bool {
        self.current.set(bucket)
    }

    /// Whether the marks of the interval under way are begun.
    #[inline]
    pub(crate) fn is_begun(&self) -> bool {
        !self.current.is_unset()
    }

    /// Begins the marks of the interval under way, and lets go those up to `floor`.
    pub(crate) fn begin(&mut self, buckets: usize, floor: u64) {
        self.current = Bits::new(buckets);
        let len = Sealed::chain(self.sealed.as_ref()).count();
        let last = Sealed::chain(self.sealed.as_ref()).last();
        if len >= MAX_INTERVALS || last.is_some_and(|last| last.interval <= floor) {
            let kept = Sealed::chain(self.sealed.as_ref()).take_while(|old| old.interval > floor);
            let mut kept: Vec<_> = kept.map(|old| (old.interval, old.bits.clone())).collect();
            while kept.len() >= MAX_INTERVALS {
                let oldest = kept.pop();
                if let (Some((_, bits)), Some((_, oldest))) = (kept.last_mut(), oldest) {
                    bits.unite(&oldest);
                }
            }
            self.sealed = linked(kept.into_iter().rev());
        }
    }

    /// Ends the interval under way, and returns what a view of it shares. Lets go what is not needed
    /// for a freeze later than `floor`.
    pub(crate) fn seal(&mut self, interval: u64, floor: u64) -> Option<Arc<Sealed>> {
        let newest = self.sealed.as_ref().map(|sealed| sealed.interval);
        if newest.is_some_and(|newest| newest <= floor) {
            self.sealed = None;
        }
        self.fresh = Bits::default();
        if !self.current.is_unset() {
            self.sealed = Some(Arc::new(Sealed {
                interval,
                bits: std::mem::take(&mut self.current),
                older: self.sealed.take(),
            }));
        }
        self.sealed.clone()
    }

    /// Lets go what is not needed for a freeze later than `floor`, as far as that is at hand.
    pub(crate) fn forget(&mut self, floor: u64) {
        if self
            .sealed
            .as_ref()
            .is_some_and(|sealed| sealed.interval <= floor)
        {
            self.sealed = None;
        }
    }

    /// Marks a row as inserted in the interval under way; `false` when no row was.
    #[inline]
    pub(crate) fn set_fresh(&mut self, bucket: usize) -> bool {
        self.fresh.set(bucket)
    }

    /// Begins the marks of inserted rows.
    pub(crate) fn begin_fresh(&mut self, buckets: usize) {
        self.fresh = Bits::new(buckets);
    }

    /// The row that is put into a bucket was not inserted in the interval under way.
    pub(crate) fn clear_fresh(&mut self, bucket: usize) {
        self.fresh.clear(bucket);
    }

    /// Whether a row was inserted in the interval under way.
    pub(crate) fn is_fresh(&self, bucket: usize) -> bool {
        self.fresh.get(bucket)
    }

    /// Marks a row as recut.
    pub(crate) fn set_recut(&mut self, bucket: usize, buckets: usize) {
        if self.recut.is_unset() {
            self.recut = Bits::new(buckets);
        }
        self.recut.set(bucket);
    }

    /// Whether a row was marked as recut; it is not any more.
    pub(crate) fn take_recut(&mut self, bucket: usize) -> bool {
        self.recut.clear(bucket)
    }

    /// Whether no row has a mark of any kind, so that none must follow rows that move.
    pub(crate) fn is_blank(&self) -> bool {
        let now = self.current.is_unset() && self.fresh.is_unset();
        now && self.sealed.is_none() && self.recut.is_unset()
    }

    /// The marks where the rows are now, in a segment of so many buckets.
    pub(crate) fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Self {
        let sealed: Vec<_> = Sealed::chain(self.sealed.as_ref())
            .map(|old| (old.interval, old.bits.moved(moves, buckets)))
            .filter(|(_, bits)| !bits.is_unset())
            .collect();
        Self {
            current: self.current.moved(moves, buckets),
            sealed: linked(sealed.into_iter().rev()),
            fresh: self.fresh.moved(moves, buckets),
            recut: self.recut.moved(moves, buckets),
        }
    }

    /// Bytes held; what views share included.
    pub(crate) fn bytes(&self) -> usize {
        let sealed = Sealed::chain(self.sealed.as_ref());
        let sealed: usize = sealed.map(|old| SEALED_BYTES + old.bits.bytes()).sum();
        self.current.bytes() + self.fresh.bytes() + self.recut.bytes() + sealed
    }
}

/// A chain of intervals, given from the oldest on.
fn linked(intervals: impl Iterator<Item = (u64, Bits)>) -> Option<Arc<Sealed>> {
    intervals.fold(None, |older, (interval, bits)| {
        Some(Arc::new(Sealed {
            interval,
            bits,
            older,
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(marks: &SegmentMarks, epoch: u64) -> Vec<usize> {
        Sealed::buckets_since(marks.sealed.as_ref(), epoch).collect()
    }

    #[test]
    fn many_intervals_become_few_and_lose_nothing() {
        let mut marks = SegmentMarks::default();
        for interval in 1..=20 {
            let bucket = usize::try_from(interval).unwrap() * 50;
            assert!(!marks.mark(bucket), "not begun");
            marks.begin(1024, 0);
            assert!(marks.mark(bucket));
            marks.seal(interval, 0);
            assert!(Sealed::chain(marks.sealed.as_ref()).count() <= MAX_INTERVALS);
            for epoch in 0..interval {
                let found = since(&marks, epoch);
                assert!(
                    (epoch + 1..=interval)
                        .all(|i| found.contains(&(usize::try_from(i).unwrap() * 50)))
                );
            }
            assert!(since(&marks, interval).is_empty());
        }
        assert_eq!(since(&marks, 19), [1000], "the newest intervals stay apart");
    }

    #[test]
    fn marks_of_confirmed_intervals_are_let_go() {
        let mut marks = SegmentMarks::default();
        for interval in 1..=3 {
            marks.begin(64, 0);
            marks.mark(usize::try_from(interval).unwrap());
            marks.seal(interval, 0);
        }
        marks.begin(64, 2);
        assert_eq!(Sealed::chain(marks.sealed.as_ref()).count(), 1);
        marks.seal(4, 4);
        assert_eq!(
            since(&marks, 3),
            Vec::<usize>::new(),
            "nothing was marked in 4"
        );
        marks.forget(4);
        assert!(marks.is_blank());
    }

    #[test]
    fn all_bits_are_listed() {
        let mut bits = Bits::new(130);
        for bucket in [0, 63, 64, 129] {
            assert!(bits.set(bucket));
        }
        assert_eq!(bits.buckets().collect::<Vec<_>>(), [0, 63, 64, 129]);
    }
}
