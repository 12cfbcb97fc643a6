//! Results from before and from now.

use std::fmt;

use crate::record::Record;

/// A result from before and the same from now.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// From before.
    pub old: &'a Record,
    /// From now.
    pub new: &'a Record,
}

/// What two results that are alike say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every round from now is above every one from before.
    Faster,
    /// Every round from now is below every one from before.
    Slower,
    /// The spreads overlap.
    Same,
    /// One of them has a single round, whose spread is a point.
    OneRound,
    /// The sums differ: not the same was done, and the ratios say nothing.
    OtherWork,
}

impl Change<'_> {
    /// How many times the ratio from before the ratio from now is.
    pub fn factor(&self) -> f64 {
        self.new.ratio / self.old.ratio
    }

    /// What the two say.
    pub fn verdict(&self) -> Verdict {
        let sums = |record: &Record| (record.check, record.final_check);
        if sums(self.old) != sums(self.new) {
            return Verdict::OtherWork;
        }
        if self.old.iterations.min(self.new.iterations) < 2 {
            return Verdict::OneRound;
        }
        let ([old_least, old_most], [new_least, new_most]) = (self.old.spread, self.new.spread);
        if new_least > old_most {
            Verdict::Faster
        } else if new_most < old_least {
            Verdict::Slower
        } else {
            Verdict::Same
        }
    }
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { old, new } = self;
        let verdict = match self.verdict() {
            Verdict::Faster => "faster, beyond both spreads",
            Verdict::Slower => "slower, beyond both spreads",
            Verdict::Same => "within the spreads",
            Verdict::OneRound => "one round has no spread: run more iterations",
            Verdict::OtherWork => "not comparable: the checks differ",
        };
        write!(
            f,
            "{:<8} {:<32} {:5.2} to {:5.2}, times {:.2}: {verdict}",
            new.backend,
            new.workload,
            old.ratio,
            new.ratio,
            self.factor()
        )
    }
}

/// The results from now that have one from before of the same work, in order; the last from before counts.
pub fn compare<'a>(old: &'a [Record], new: &'a [Record]) -> Vec<Change<'a>> {
    let change = |new: &'a Record| {
        let old = old.iter().rev().find(|old| old.is_like(new))?;
        Some(Change { old, new })
    };
    new.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(workload: &str, ratio: f64, check: u64) -> Record {
        Record {
            version: String::new(),
            backend: "heap".to_owned(),
            workload: workload.to_owned(),
            keys: 1,
            key_groups: 1,
            tracked: false,
            same_keys: false,
            iterations: 2,
            operations: 1,
            ops_per_s: 1.0,
            raw_ops_per_s: 1.0,
            cpu_ops_per_s: None,
            ratio,
            spread: [ratio - 0.1, ratio + 0.1],
            cpu_ratio: None,
            cpu_spread: None,
            check,
            final_check: 0,
            latency: None,
            raw_latency: None,
            memory: None,
            raw_memory: None,
            calls: None,
        }
    }

    #[test]
    fn only_what_leaves_both_spreads_is_a_change() {
        let verdict = |old, new| {
            let (old, new) = (record("a", old, 1), record("a", new, 1));
            compare(&[old], &[new])[0].verdict()
        };
        assert_eq!(verdict(1.0, 1.15), Verdict::Same);
        assert_eq!(verdict(1.0, 1.25), Verdict::Faster);
        assert_eq!(verdict(1.0, 0.85), Verdict::Same);
        assert_eq!(verdict(1.0, 0.75), Verdict::Slower);
    }

    #[test]
    fn one_round_says_nothing() {
        let one = |ratio| Record {
            iterations: 1,
            ..record("a", ratio, 1)
        };
        let verdict = |old, new| compare(&[old], &[new])[0].verdict();
        assert_eq!(verdict(one(1.0), record("a", 9.0, 1)), Verdict::OneRound);
        assert_eq!(verdict(record("a", 9.0, 1), one(1.0)), Verdict::OneRound);
    }

    #[test]
    fn other_work_is_not_compared() {
        let (old, new) = ([record("a", 1.0, 1)], [record("a", 9.0, 2)]);
        assert_eq!(compare(&old, &new)[0].verdict(), Verdict::OtherWork);
        let tracked = Record {
            tracked: true,
            ..record("a", 1.0, 1)
        };
        let others = [record("b", 1.0, 1), tracked];
        assert!(compare(&old, &others).is_empty());
    }

    #[test]
    fn the_last_result_from_before_counts() {
        let old = [record("a", 1.0, 1), record("a", 2.0, 1)];
        let new = [record("a", 3.0, 1)];
        assert!((compare(&old, &new)[0].factor() - 1.5).abs() < 1e-9);
    }
}
