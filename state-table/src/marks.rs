//! Marks: which rows of a segment were written, interval by interval.
//!
//! An *interval* is what lies between two freezes; it has the number of the freeze that ends it. A
//! mark belongs to a row's bucket, so rows stay as small as they are.

/// Most intervals before the last one that a segment tells apart. Beyond that the two oldest become one, of
/// the later number: more counts as changed than was, never less.
const MAX_INTERVALS: usize = 4;

/// From and to which bucket each row of a segment moved.
pub(crate) type Moves = Vec<(usize, usize)>;

/// What is known of the row in a bucket; a byte, since to set a bit of a word takes three times as many
/// instructions, and they are those of every write.
pub(crate) mod flag {
    /// Written in the interval.
    pub(crate) const WRITTEN: u8 = 1;
    /// Inserted in the interval, and in no view while it is under way.
    pub(crate) const FRESH: u8 = 2;
    /// To be written in other parts than it was read from, and not written since.
    pub(crate) const RECUT: u8 = 4;
}

use flag::{RECUT, WRITTEN};

/// A bit for each bucket; none are allocated before one is set.
#[derive(Clone, Debug, Default)]
struct Bits(Box<[u64]>);

impl Bits {
    /// No bit of `buckets` is set.
    fn new(buckets: usize) -> Self {
        Self(vec![0; buckets.div_ceil(64)].into())
    }

    fn set(&mut self, bucket: usize) {
        if let Some(word) = self.0.get_mut(bucket / 64) {
            *word |= 1 << (bucket % 64);
        }
    }

    fn get(&self, bucket: usize) -> bool {
        let word = self.0.get(bucket / 64);
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

    /// Sets the bits that `other` has.
    fn unite(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
        } else {
            for (word, other) in self.0.iter_mut().zip(&other.0) {
                *word |= other;
            }
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

/// The [flags](flag) of each bucket; none while nothing is marked. What a vacant bucket has means nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags(Box<[u8]>);

impl Flags {
    fn new(buckets: usize) -> Self {
        Self(vec![0; buckets].into())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Adds to the flags of a bucket; whether there are any.
    #[inline]
    pub(crate) fn add(&mut self, bucket: usize, flags: u8) -> bool {
        match self.0.get_mut(bucket) {
            Some(there) => {
                *there |= flags;
                true
            }
            None => false,
        }
    }

    /// Sets the flags of a row that was put into a vacant bucket.
    #[inline]
    pub(crate) fn set(&mut self, bucket: usize, flags: u8) {
        if let Some(there) = self.0.get_mut(bucket) {
            *there = flags;
        }
    }

    /// Whether a bucket has this flag.
    #[inline]
    pub(crate) fn has(&self, bucket: usize, flag: u8) -> bool {
        self.0.get(bucket).is_some_and(|there| there & flag != 0)
    }

    /// Takes all other flags away.
    fn keep(&mut self, flag: u8) {
        self.0.iter_mut().for_each(|there| *there &= flag);
    }

    /// The buckets with this flag.
    fn bits(&self, flag: u8) -> Bits {
        let words = self.0.chunks(64).map(|flags| {
            let bits = flags.iter().rev();
            bits.fold(0, |word, there| word << 1 | u64::from(there & flag != 0))
        });
        Bits(words.collect())
    }

    /// The flags where the rows are now, in so many buckets.
    fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Self {
        let mut flags = Self::new(buckets);
        for (from, to) in moves {
            if let (Some(from), Some(to)) = (self.0.get(*from), flags.0.get_mut(*to)) {
                *to = *from;
            }
        }
        flags
    }
}

/// The rows that were written in an interval before the last one.
#[derive(Clone, Debug)]
struct Sealed {
    interval: u64,
    written: Bits,
}

/// The marks of a segment. A view has them with the rows, as they were when it was taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Not here while they lie beside the rows of a live table.
    pub(crate) flags: Flags,
    /// The interval that the segment was last written in, 0 when that does not matter any more.
    interval: u64,
    /// Those before, the latest first.
    older: Vec<Sealed>,
}

impl Marks {
    /// Whether the marks of the interval `now` are [begun](Marks::begin).
    #[inline]
    pub(crate) fn is_begun(&self, now: u64) -> bool {
        self.interval == now
    }

    /// Marks a row as recut, in a segment of so many buckets.
    pub(crate) fn set_recut(&mut self, bucket: usize, buckets: usize) {
        self.allocate(buckets);
        self.flags.add(bucket, RECUT);
    }

    /// Whether a row was marked as recut; it is not any more.
    pub(crate) fn take_recut(&mut self, bucket: usize) -> bool {
        let was_set = self.flags.has(bucket, RECUT);
        if let Some(there) = self.flags.0.get_mut(bucket) {
            *there &= !RECUT;
        }
        was_set
    }

    fn allocate(&mut self, buckets: usize) {
        if self.flags.is_empty() {
            self.flags = Flags::new(buckets);
        }
    }

    /// Begins the marks of the interval `now` in a segment of so many buckets, and lets go those up to `floor`.
    pub(crate) fn begin(&mut self, buckets: usize, now: u64, floor: u64) {
        self.forget(floor);
        if self.interval > 0 {
            let sealed = Sealed {
                interval: self.interval,
                written: self.flags.bits(WRITTEN),
            };
            self.older.insert(0, sealed);
            if self.older.len() > MAX_INTERVALS
                && let Some(oldest) = self.older.pop()
                && let Some(last) = self.older.last_mut()
            {
                last.written.unite(&oldest.written);
            }
        }
        self.flags.keep(RECUT);
        self.allocate(buckets);
        self.interval = now;
    }

    /// The buckets of rows that were written after the freeze `since`, ascending: for a view that was
    /// taken after the interval of the last mark. A bucket may be vacant by now.
    pub(crate) fn buckets_since(&self, since: u64) -> impl Iterator<Item = usize> + use<> {
        let mut all = Bits::default();
        if self.interval > since {
            all = self.flags.bits(WRITTEN);
        }
        let older = self.older.iter();
        for sealed in older.take_while(|sealed| sealed.interval > since) {
            all.unite(&sealed.written);
        }
        all.buckets()
    }

    /// Lets go what is not needed for a freeze later than `floor`.
    pub(crate) fn forget(&mut self, floor: u64) {
        if self.interval <= floor {
            self.interval = 0;
            self.flags.keep(RECUT);
            if self.flags.0.iter().all(|there| *there == 0) {
                self.flags = Flags::default();
            }
        }
        self.older.retain(|sealed| sealed.interval > floor);
        if self.older.is_empty() {
            self.older = Vec::new();
        }
    }

    /// Whether [`forget`](Marks::forget) would let go something.
    pub(crate) fn has_to_forget(&self, floor: u64) -> bool {
        let is_old = |interval| (1..=floor).contains(&interval);
        let oldest = self.older.last();
        is_old(self.interval) || oldest.is_some_and(|oldest| is_old(oldest.interval))
    }

    /// Whether there is nothing that has to follow when rows move.
    pub(crate) fn is_blank(&self) -> bool {
        self.interval == 0 && self.flags.is_empty() && self.older.is_empty()
    }

    /// The marks where the rows are now, in a segment of so many buckets.
    pub(crate) fn moved(&self, moves: &[(usize, usize)], buckets: usize) -> Self {
        let flags = if self.interval > 0 || !self.flags.is_empty() {
            self.flags.moved(moves, buckets)
        } else {
            Flags::default()
        };
        let older = self.older.iter().filter_map(|sealed| {
            Some(Sealed {
                interval: sealed.interval,
                written: sealed.written.moved(moves, buckets)?,
            })
        });
        Self {
            flags,
            interval: self.interval,
            older: older.collect(),
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let older = self
            .older
            .iter()
            .map(|sealed| size_of_val(&*sealed.written.0));
        self.flags.bytes() + older.sum::<usize>() + self.older.capacity() * size_of::<Sealed>()
    }
}

#[cfg(test)]
mod tests {
    use super::flag::FRESH;
    use super::*;

    impl Marks {
        fn since(&self, epoch: u64) -> Vec<usize> {
            self.buckets_since(epoch).collect()
        }
    }

    #[test]
    fn many_intervals_become_few_and_lose_nothing() {
        let mut marks = Marks::default();
        for interval in 1..=20 {
            let bucket = usize::try_from(interval).unwrap() * 50;
            assert!(!marks.is_begun(interval));
            marks.begin(1024, interval, 0);
            assert!(marks.is_begun(interval));
            marks.flags.add(bucket, WRITTEN);
            assert!(marks.older.len() <= MAX_INTERVALS);
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
        let mut marks = Marks::default();
        for interval in 1..=3 {
            marks.begin(64, interval, 0);
            marks.flags.add(usize::try_from(interval).unwrap(), WRITTEN);
        }
        let all = marks.bytes();
        assert!(!marks.has_to_forget(0) && marks.has_to_forget(2));
        marks.begin(64, 4, 2);
        assert_eq!(marks.older.len(), 1);
        assert!(marks.bytes() < all, "{} bytes", marks.bytes());
        assert_eq!(marks.since(2), [3]);
        assert!(marks.has_to_forget(4));
        marks.forget(4);
        assert!(marks.is_blank() && !marks.has_to_forget(4));
        assert_eq!(marks.bytes(), 0);
    }

    #[test]
    fn what_was_inserted_is_fresh_until_the_interval_ends() {
        let mut marks = Marks::default();
        marks.begin(64, 1, 0);
        marks.flags.set(5, WRITTEN | FRESH);
        assert!(marks.flags.has(5, FRESH));
        marks.begin(64, 2, 0);
        assert!(!marks.flags.has(5, FRESH));
    }

    #[test]
    fn a_recut_row_is_one_in_every_interval_until_it_is_asked_for() {
        let mut marks = Marks::default();
        marks.set_recut(9, 64);
        for interval in 1..=3 {
            marks.begin(64, interval, interval - 1);
            assert_eq!(marks.since(interval - 1), [0; 0], "it was not written");
        }
        marks.forget(3);
        assert!(!marks.is_blank());
        assert!(marks.take_recut(9) && !marks.take_recut(9));
    }

    /// Whatever the number of buckets that they began with.
    #[test]
    fn marks_that_are_begun_stay_so_where_rows_move_to() {
        let mut marks = Marks::default();
        marks.begin(0, 1, 0);
        marks = marks.moved(&[], 64);
        marks.flags.add(7, WRITTEN);
        assert_eq!(marks.since(0), [7]);
    }

    #[test]
    fn all_bits_are_listed() {
        let mut marks = Marks::default();
        marks.begin(130, 1, 0);
        for bucket in [0, 63, 64, 129] {
            marks.flags.add(bucket, WRITTEN);
        }
        assert_eq!(marks.since(0), [0, 63, 64, 129]);
        marks.begin(130, 2, 0);
        assert_eq!(
            marks.since(0),
            [0, 63, 64, 129],
            "from the bits of an older interval"
        );
    }
}
