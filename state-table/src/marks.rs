//! Marks: which rows of a segment were written, interval by interval.
//!
//! An *interval* is what lies between two freezes; it has the number of the freeze that ends it. A
//! mark is a bit of a row's bucket, so rows stay as small as they are, and the bits stay in cache
//! where the rows do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most intervals that a segment tells apart. Beyond that the two oldest become one, of the later
/// number: more counts as changed than was, never less.
const MAX_INTERVALS: usize = 4;

/// Bytes of a [`Sealed`] beside its bits.
const SEALED_BYTES: usize = size_of::<Sealed>() + 2 * size_of::<usize>();

/// From and to which bucket each row of a segment moved.
pub(crate) type Moves = Vec<(usize, usize)>;

/// A bit for each bucket; none are allocated before one is set.
#[derive(Debug, Default)]
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

    #[inline]
    fn get(&self, bucket: usize) -> bool {
        let word = self.0.get(bucket / 64);
        word.is_some_and(|word| word & (1 << (bucket % 64)) != 0)
    }

    fn is_unset(&self) -> bool {
        self.0.is_empty()
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

    /// Sets the bits that `other` has.
    fn unite(&mut self, other: &SharedBits) {
        if self.is_unset() {
            self.0 = vec![0; other.0.len()].into();
        }
        for (word, other) in self.0.iter_mut().zip(&*other.0) {
            *word |= other.load(Ordering::Relaxed);
        }
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

/// A bit for each bucket, shared with views. Only the table changes any, and none that a view looks at, so a
/// load and a store do where a lock would be needed otherwise: they cost what plain ones do.
#[derive(Clone, Debug)]
pub(crate) struct SharedBits(Arc<[AtomicU64]>);

impl SharedBits {
    fn new(buckets: usize) -> Self {
        Self(
            (0..buckets.div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect(),
        )
    }

    #[inline]
    fn set(&self, bucket: usize) {
        if let Some(word) = self.0.get(bucket / 64) {
            let bits = word.load(Ordering::Relaxed);
            word.store(bits | 1 << (bucket % 64), Ordering::Relaxed);
        }
    }

    fn get(&self, bucket: usize) -> bool {
        let word = self
            .0
            .get(bucket / 64)
            .map(|word| word.load(Ordering::Relaxed));
        word.is_some_and(|word| word & (1 << (bucket % 64)) != 0)
    }

    /// The bits where the rows are now; `None` when there are none.
    fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Option<Self> {
        let mut bits = None;
        for (_, to) in moves.iter().filter(|(from, _)| self.get(*from)) {
            bits.get_or_insert_with(|| Self::new(buckets)).set(*to);
        }
        bits
    }

    fn bytes(&self) -> usize {
        size_of_val(&*self.0) + 2 * size_of::<usize>()
    }
}

impl From<Bits> for SharedBits {
    fn from(bits: Bits) -> Self {
        Self(bits.0.into_iter().map(AtomicU64::new).collect())
    }
}

/// The marks of an interval, and of those before it.
#[derive(Debug)]
pub(crate) struct Sealed {
    interval: u64,
    bits: SharedBits,
    older: Option<Arc<Sealed>>,
}

impl Sealed {
    fn chain(newest: Option<&Arc<Self>>) -> impl Iterator<Item = &Self> {
        std::iter::successors(newest.map(|sealed| &**sealed), |sealed| {
            sealed.older.as_deref()
        })
    }

    fn bytes(&self) -> usize {
        SEALED_BYTES + self.bits.bytes()
    }
}

/// The marks of one segment as views share them. What a view looks at is not changed any more when the
/// interval is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentMarks {
    /// The interval that the segment was last written in.
    interval: u64,
    newest: Option<SharedBits>,
    older: Option<Arc<Sealed>>,
}

impl SegmentMarks {
    /// Begins the marks of the interval `now`, and lets go those up to `floor`.
    pub(crate) fn begin(&mut self, bits: SharedBits, now: u64, floor: u64) {
        self.forget(floor);
        if let Some(bits) = self.newest.take() {
            let sealed = Sealed {
                interval: self.interval,
                bits,
                older: self.older.take(),
            };
            self.older = Some(Arc::new(sealed));
        }
        self.interval = now;
        self.newest = Some(bits);
        let len = Sealed::chain(self.older.as_ref()).count();
        let last = Sealed::chain(self.older.as_ref()).last();
        if len > MAX_INTERVALS || last.is_some_and(|last| last.interval <= floor) {
            let kept = Sealed::chain(self.older.as_ref()).take_while(|old| old.interval > floor);
            let mut kept: Vec<_> = kept.map(|old| (old.interval, old.bits.clone())).collect();
            while kept.len() > MAX_INTERVALS {
                let oldest = kept.pop();
                if let (Some((_, bits)), Some((_, oldest))) = (kept.last_mut(), oldest) {
                    let mut both = Bits::default();
                    both.unite(bits);
                    both.unite(&oldest);
                    *bits = both.into();
                }
            }
            self.older = linked(kept.into_iter().rev());
        }
    }

    /// The buckets of rows that were written after the freeze `since`, ascending: for a view that was
    /// taken after the interval of the last mark. A bucket may be vacant by now.
    pub(crate) fn buckets_since(&self, since: u64) -> impl Iterator<Item = usize> + use<> {
        let mut all = Bits::default();
        let newest = self.newest.iter().map(|bits| (self.interval, bits));
        let older = Sealed::chain(self.older.as_ref());
        let older = older.map(|sealed| (sealed.interval, &sealed.bits));
        for (_, bits) in newest
            .chain(older)
            .take_while(|(interval, _)| *interval > since)
        {
            all.unite(bits);
        }
        all.buckets()
    }

    /// Lets go what is not needed for a freeze later than `floor`, as far as that is at hand.
    pub(crate) fn forget(&mut self, floor: u64) {
        if self.interval <= floor {
            self.newest = None;
        }
        let older = self.older.as_ref().map(|sealed| sealed.interval);
        if older.is_some_and(|interval| interval <= floor) {
            self.older = None;
        }
    }

    /// Whether [`forget`](SegmentMarks::forget) would let go something.
    pub(crate) fn has_to_forget(&self, floor: u64) -> bool {
        let older = self.older.as_ref().map(|sealed| sealed.interval);
        self.newest.is_some() && self.interval <= floor || older.is_some_and(|it| it <= floor)
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.newest.is_none() && self.older.is_none()
    }

    /// The marks where the rows are now, in a segment of so many buckets.
    pub(crate) fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Self {
        let older: Vec<_> = Sealed::chain(self.older.as_ref())
            .filter_map(|old| Some((old.interval, old.bits.moved(moves, buckets)?)))
            .collect();
        let newest = self.newest.as_ref();
        Self {
            interval: self.interval,
            newest: newest.and_then(|bits| bits.moved(moves, buckets)),
            older: linked(older.into_iter().rev()),
        }
    }

    /// Bytes held; what views share included.
    pub(crate) fn bytes(&self) -> usize {
        let newest = self.newest.as_ref().map_or(0, SharedBits::bytes);
        let older = Sealed::chain(self.older.as_ref()).map(Sealed::bytes);
        newest + older.sum::<usize>()
    }
}

/// The marks of one segment as the table needs them at every write.
#[derive(Debug, Default)]
pub(crate) struct OwnMarks {
    /// The interval that the segment was last written in, and its bits, which views share when it is
    /// over.
    interval: u64,
    bits: Option<SharedBits>,
    /// Rows that were inserted in that interval, and are in no view while it is under way.
    fresh: Bits,
    /// Rows that would be written in other parts than they were read from, and were not written
    /// since.
    recut: Bits,
}

impl OwnMarks {
    /// Marks a row of the interval `now`; `false` when its marks are not
    /// [begun](OwnMarks::begin).
    #[inline]
    pub(crate) fn mark(&self, bucket: usize, now: u64) -> bool {
        let begun = self.is_begun(now);
        if begun {
            self.mark_begun(bucket);
        }
        begun
    }

    /// Marks a row of the interval whose marks are begun.
    #[inline]
    pub(crate) fn mark_begun(&self, bucket: usize) {
        if let Some(bits) = &self.bits {
            bits.set(bucket);
        }
    }

    /// Whether the marks of the interval `now` are begun.
    #[inline]
    pub(crate) fn is_begun(&self, now: u64) -> bool {
        self.interval == now && self.bits.is_some()
    }

    /// Begins the marks of the interval `now`; its bits, for views.
    pub(crate) fn begin(&mut self, buckets: usize, now: u64) -> SharedBits {
        let bits = SharedBits::new(buckets);
        self.interval = now;
        self.bits = Some(bits.clone());
        self.fresh = Bits::default();
        bits
    }

    /// Lets go what is not needed for a freeze later than `floor`.
    pub(crate) fn forget(&mut self, floor: u64) {
        if self.interval <= floor {
            self.bits = None;
            self.fresh = Bits::default();
        }
    }

    /// Marks a row as inserted in the interval under way, whose marks are begun; `false` when no row was.
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

    /// Whether a row was inserted in the interval `now`, which is under way.
    #[inline]
    pub(crate) fn is_fresh(&self, bucket: usize, now: u64) -> bool {
        self.interval == now && self.fresh.get(bucket)
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

    pub(crate) fn is_blank(&self) -> bool {
        self.fresh.is_unset() && self.recut.is_unset()
    }

    /// The marks where the rows are now, in a segment of so many buckets. `shared` has moved already.
    pub(crate) fn moved(
        &self,
        shared: &SegmentMarks,
        moves: &[(usize, usize)],
        buckets: usize,
    ) -> Self {
        let is_of_both = self.interval == shared.interval;
        Self {
            interval: self.interval,
            bits: shared.newest.clone().filter(|_| is_of_both),
            fresh: self.fresh.moved(moves, buckets),
            recut: self.recut.moved(moves, buckets),
        }
    }

    /// Bytes held beside those of [`SegmentMarks`].
    pub(crate) fn bytes(&self) -> usize {
        self.fresh.bytes() + self.recut.bytes()
    }
}

/// A chain of intervals, given from the oldest on.
fn linked(intervals: impl Iterator<Item = (u64, SharedBits)>) -> Option<Arc<Sealed>> {
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

    /// The marks of a segment, of both sorts.
    #[derive(Default)]
    struct Both(OwnMarks, SegmentMarks);

    impl Both {
        fn begin(&mut self, buckets: usize, now: u64, floor: u64) {
            let bits = self.0.begin(buckets, now);
            self.1.begin(bits, now, floor);
        }

        fn since(&self, epoch: u64) -> Vec<usize> {
            self.1.buckets_since(epoch).collect()
        }
    }

    #[test]
    fn many_intervals_become_few_and_lose_nothing() {
        let mut marks = Both::default();
        for interval in 1..=20 {
            let bucket = usize::try_from(interval).unwrap() * 50;
            assert!(!marks.0.mark(bucket, interval), "not begun");
            marks.begin(1024, interval, 0);
            assert!(marks.0.mark(bucket, interval));
            assert!(Sealed::chain(marks.1.older.as_ref()).count() <= MAX_INTERVALS);
            for epoch in 0..interval {
                let found = marks.since(epoch);
                assert!(
                    (epoch + 1..=interval)
                        .all(|i| found.contains(&(usize::try_from(i).unwrap() * 50)))
                );
            }
            assert!(marks.since(interval).is_empty());
        }
        assert_eq!(marks.since(19), [1000], "the newest intervals stay apart");
    }

    #[test]
    fn marks_of_confirmed_intervals_are_let_go() {
        let mut marks = Both::default();
        for interval in 1..=3 {
            marks.begin(64, interval, 0);
            marks.0.mark(usize::try_from(interval).unwrap(), interval);
        }
        let all = marks.1.bytes();
        assert!(!marks.1.has_to_forget(0) && marks.1.has_to_forget(2));
        marks.begin(64, 4, 2);
        assert_eq!(Sealed::chain(marks.1.older.as_ref()).count(), 1);
        assert!(marks.1.bytes() < all, "{} bytes", marks.1.bytes());
        assert_eq!(marks.since(2), [3]);
        assert!(marks.1.has_to_forget(4));
        marks.1.forget(4);
        assert!(marks.1.is_blank() && !marks.1.has_to_forget(4));
        assert_eq!(marks.1.bytes(), 0);
    }

    /// The next interval has bits of its own.
    #[test]
    fn a_view_sees_no_later_mark() {
        let mut marks = Both::default();
        marks.begin(64, 1, 0);
        marks.0.mark(7, 1);
        let view = marks.1.clone();
        assert!(!marks.0.mark(8, 2), "the bits are those of the view");
        marks.begin(64, 2, 0);
        marks.0.mark(8, 2);
        assert_eq!(view.buckets_since(0).collect::<Vec<_>>(), [7]);
        assert_eq!(marks.since(0), [7, 8]);
    }

    #[test]
    fn what_was_inserted_is_fresh_until_the_interval_ends() {
        let mut marks = Both::default();
        marks.begin(64, 1, 0);
        marks.0.begin_fresh(64);
        marks.0.set_fresh(5);
        assert!(marks.0.is_fresh(5, 1));
        assert!(!marks.0.is_fresh(5, 2));
        marks.begin(64, 2, 0);
        assert!(!marks.0.is_fresh(5, 2));
    }

    #[test]
    fn all_bits_are_listed() {
        let mut bits = Bits::new(130);
        for bucket in [0, 63, 64, 100, 129] {
            assert!(bits.set(bucket));
        }
        assert!(bits.clear(100) && !bits.clear(101));
        assert_eq!(bits.buckets().collect::<Vec<_>>(), [0, 63, 64, 129]);
    }
}
