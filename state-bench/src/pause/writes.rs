//! Writes, a batch after the other, until they are enough.

use std::time::Instant;

use super::shape::Writer;
use crate::error::Result;
use crate::inputs::index;
use crate::probe::Probe;

/// Writes of a batch: between two of them it is asked whether they are enough.
const BATCH: usize = 256;

/// So many writes, and the seconds that they took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) writes: u64,
    pub(super) seconds: f64,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// All.
    pub(super) writes: u64,
    /// The first of them, as many as were to be looked at by themselves; all if they were fewer.
    pub(super) first: Part,
}

/// Entries in random order, around and around.
#[derive(Debug)]
pub(super) struct Order<'a> {
    entries: &'a [u64],
    at: usize,
}

impl<'a> Order<'a> {
    pub(super) fn new(entries: &'a [u64]) -> Self {
        Self { entries, at: 0 }
    }

    /// The next of them, at most so many, and at least one if there are any.
    fn batch(&mut self, most: u64) -> &'a [u64] {
        let most = usize::try_from(most).unwrap_or(BATCH).clamp(1, BATCH);
        let rest = self.entries.get(self.at..).unwrap_or(&[]);
        let batch = rest.get(..most).unwrap_or(rest);
        self.at += batch.len();
        if self.at >= self.entries.len() {
            self.at = 0;
        }
        batch
    }
}

/// Writes until `left`, which is told how many there were, says that none is to come; of those that it still
/// allows, a batch at a time.
pub(super) fn write<W: Writer, P: Probe>(
    state: &mut W,
    order: &mut Order<'_>,
    window: u64,
    probe: &mut P,
    left: &mut dyn FnMut(u64) -> Option<u64>,
) -> Result<Written> {
    let start = Instant::now();
    let (mut writes, mut first) = (0, None);
    let part = |writes| Part {
        writes,
        seconds: start.elapsed().as_secs_f64(),
    };
    while let Some(left) = left(writes) {
        let in_window = window.checked_sub(writes).filter(|more| *more > 0);
        let batch = order.batch(in_window.map_or(left, |more| more.min(left)));
        state.write(batch, probe)?;
        writes += index(batch.len());
        if first.is_none() && writes >= window {
            first = Some(part(writes));
        }
    }
    Ok(Written {
        writes,
        first: first.unwrap_or_else(|| part(writes)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Unwatched;

    /// Remembers what was written.
    #[derive(Default)]
    struct Seen(Vec<u64>);

    impl Writer for Seen {
        type View = ();

        fn write<P: Probe>(&mut self, entries: &[u64], _: &mut P) -> Result<()> {
            self.0.extend(entries);
            Ok(())
        }

        fn freeze(&mut self) -> Result<()> {
            Ok(())
        }

        fn epoch((): &()) -> u64 {
            0
        }

        fn encode((): ()) -> Result<u64> {
            Ok(0)
        }

        fn confirm(&mut self, _: u64) -> Result<()> {
            Ok(())
        }

        fn destroy(self) -> Result<()> {
            Ok(())
        }
    }

    fn wrote(entries: &[u64], writes: u64, window: u64) -> (Vec<u64>, Written) {
        let (mut seen, mut order) = (Seen::default(), Order::new(entries));
        let left = &mut |done| writes.checked_sub(done).filter(|left| *left > 0);
        let written = write(&mut seen, &mut order, window, &mut Unwatched, left).unwrap();
        (seen.0, written)
    }

    #[test]
    fn exactly_as_many_are_written_as_wanted_around_and_around() {
        let entries: Vec<u64> = (0..700).rev().collect();
        for writes in [1, 255, 256, 257, 700, 701, 2000] {
            let (seen, written) = wrote(&entries, writes, 300);
            let wanted = entries.iter().cycle().copied();
            assert!(seen.iter().copied().eq(wanted.take(seen.len())));
            assert_eq!((index(seen.len()), written.writes), (writes, writes));
            assert_eq!(written.first.writes, writes.min(300));
        }
    }

    #[test]
    fn the_first_writes_are_part_of_all() {
        let (_, written) = wrote(&[1, 2, 3], 1000, 10);
        assert_eq!(written.first.writes, 10);
        assert!(written.first.seconds > 0.0);
    }

    #[test]
    fn what_is_over_when_it_begins_writes_nothing() {
        let (seen, written) = wrote(&[1, 2, 3], 0, 10);
        assert_eq!((seen.len(), written.writes), (0, 0));
    }
}
