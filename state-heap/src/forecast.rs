//! How many rows a restore will bring to each table, told from the first of them.

/// The part of the rows that has to come before the rest is told from it, and how many at least.
const PART: u64 = 64;
const LEAST: u64 = 4096;

/// Tells when enough rows have come to make room for the others, once.
///
/// Rows come key group by key group, and key groups are even shares of the keys, so at the end of a key
/// group each state has had its part. Room for rows is made for at most [`PART`] times those that were seen, so that is
/// what a hint that lies can cost.
#[derive(Debug)]
pub(crate) struct Forecast {
    whole: u64,
    rows: u64,
    group: u16,
    /// Rows to wait for; none once it was told.
    due: Option<u64>,
}

impl Forecast {
    /// For about `whole` rows.
    pub(crate) fn new(whole: u64) -> Self {
        let due = LEAST.max(whole.div_ceil(PART));
        Self {
            whole,
            rows: 0,
            group: 0,
            due: (whole / 2 > due).then_some(due),
        }
    }

    /// Counts a row. When it is time, the number of rows that came before it, and of all.
    #[inline]
    pub(crate) fn at_row(&mut self, group: u16) -> Option<(u64, u64)> {
        let (rows, ends) = (self.rows, group != self.group);
        self.rows += 1;
        self.group = group;
        if !ends || self.due.is_none_or(|due| rows < due) {
            return None;
        }
        self.due = None;
        Some((rows, self.whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of which each group has `each`; where it is told.
    fn told(whole: u64, each: u64) -> Option<(u64, u64)> {
        let mut forecast = Forecast::new(whole);
        let groups = (0..whole).map(|row| u16::try_from(row / each).unwrap());
        let mut told = groups.filter_map(|group| forecast.at_row(group));
        let first = told.next();
        assert_eq!(told.next(), None, "told twice");
        first
    }

    #[test]
    fn it_is_told_once_at_the_end_of_a_group() {
        assert_eq!(told(1_000_000, 10_000), Some((20_000, 1_000_000)));
        assert_eq!(told(100_000, 1000), Some((5000, 100_000)));
        assert_eq!(told(100_000, 50_000), Some((50_000, 100_000)));
    }

    #[test]
    fn few_rows_or_one_group_tell_nothing() {
        assert_eq!(told(8000, 100), None);
        assert_eq!(told(100_000, 100_000), None);
        assert_eq!(told(0, 1), None);
    }

    #[test]
    fn a_hint_that_lies_is_never_believed_beyond_what_was_seen() {
        let mut forecast = Forecast::new(u64::MAX);
        assert!((0..=u16::MAX).all(|group| forecast.at_row(group).is_none()));
    }
}
