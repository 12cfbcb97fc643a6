//! The loop that every workload is, and what may watch its operations one by one.

use std::time::{Duration, Instant};

/// What stands around each operation of a loop.
pub trait Probe {
    /// Does the operation.
    fn around<R>(&mut self, operation: impl FnOnce() -> R) -> R;
}

/// Nothing: what times are taken with.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Probe for Unwatched {
    #[inline]
    fn around<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        operation()
    }
}

/// The longest of the operations, the time of reading the clock included, and how many were too long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slowest {
    longest: Duration,
    over_limit: u64,
    operations: u64,
}

impl Slowest {
    /// What is too long.
    pub const LIMIT: Duration = Duration::from_millis(2);

    /// The longest.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// How many took longer than [`Slowest::LIMIT`].
    pub fn over_limit(&self) -> u64 {
        self.over_limit
    }

    /// How many there were.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    fn count(&mut self, took: Duration) {
        self.longest = self.longest.max(took);
        self.over_limit += u64::from(took > Self::LIMIT);
        self.operations += 1;
    }
}

impl Probe for Slowest {
    #[inline]
    fn around<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = operation();
        self.count(start.elapsed());
        result
    }
}

/// The nanoseconds of each operation, those of reading the clock included.
#[derive(Debug, Default)]
pub struct Latencies(Vec<u32>);

impl Probe for Latencies {
    #[inline]
    fn around<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = operation();
        let nanos = start.elapsed().as_nanos();
        self.0.push(u32::try_from(nanos).unwrap_or(u32::MAX));
        result
    }
}

impl Latencies {
    /// Room for `operations`, so that the growth of the list is not seen in them.
    pub fn with_capacity(operations: usize) -> Self {
        Self(Vec::with_capacity(operations))
    }

    /// The nanoseconds that a share of the operations, in thousandths, did not exceed.
    pub fn percentile(&mut self, thousandths: usize) -> u32 {
        self.0.sort_unstable();
        let rank = (self.0.len() * thousandths).div_ceil(1000);
        let at = rank.saturating_sub(1);
        self.0.get(at).copied().unwrap_or(0)
    }
}

/// Does `operation` for each of `items`, with its position, and sums up what it returns. Each use is
/// compiled as a function of its own, as it would be in an operator.
///
/// # Errors
/// The first of an operation.
#[inline(never)]
pub fn each<T: Copy, P: Probe, E>(
    items: &[T],
    probe: &mut P,
    mut operation: impl FnMut(usize, T) -> Result<u64, E>,
) -> Result<u64, E> {
    let mut sum = 0_u64;
    for (i, item) in items.iter().enumerate() {
        let returned = probe.around(|| operation(i, *item))?;
        sum = sum.wrapping_add(returned);
    }
    Ok(sum)
}

/// [`each`], over all items several times; positions go on.
///
/// # Errors
/// As [`each`].
#[inline(never)]
pub fn each_times<T: Copy, P: Probe, E>(
    times: usize,
    items: &[T],
    probe: &mut P,
    mut operation: impl FnMut(usize, T) -> Result<u64, E>,
) -> Result<u64, E> {
    let mut sum = 0_u64;
    for time in 0..times {
        for (i, item) in (time * items.len()..).zip(items) {
            let returned = probe.around(|| operation(i, *item))?;
            sum = sum.wrapping_add(returned);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_ranks_of_what_was_seen() {
        let mut seen = Latencies((1..=2000).rev().collect());
        assert_eq!(seen.percentile(500), 1000);
        assert_eq!(seen.percentile(990), 1980);
        assert_eq!(seen.percentile(999), 1998);
        assert_eq!(seen.percentile(1000), 2000);
        assert_eq!(Latencies::default().percentile(500), 0);
    }

    #[test]
    fn what_takes_exactly_the_limit_is_not_over_it() {
        let mut slowest = Slowest::default();
        for nanos in [1_999_999, 2_000_000, 2_000_001, 5] {
            slowest.count(Duration::from_nanos(nanos));
        }
        assert_eq!(slowest.longest(), Duration::from_nanos(2_000_001));
        assert_eq!((slowest.over_limit(), slowest.operations()), (1, 4));
    }

    #[test]
    fn positions_go_on_when_items_come_again() {
        let mut seen = Vec::new();
        let sum = each_times(2, &[5_u64, 6], &mut Unwatched, |i, item| {
            seen.push((i, item));
            Ok::<_, ()>(item)
        });
        assert_eq!(sum, Ok(22));
        assert_eq!(seen, [(0, 5), (1, 6), (2, 5), (3, 6)]);
    }

    #[test]
    fn each_operation_is_seen() {
        let mut latencies = Latencies::with_capacity(3);
        each(&[1_u64, 2, 3], &mut latencies, |_, item| Ok::<_, ()>(item)).unwrap();
        assert_eq!(latencies.0.len(), 3);
    }
}
