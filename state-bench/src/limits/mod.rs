//! What any table could reach that does what ours has to: programs without a backend, beside simpler ones.

mod parts;
mod record;

use std::convert::Infallible;

pub use record::LimitRecord;

use crate::agree::Agree;
use crate::bare::heap::Table;
use crate::error::{Error, Result};
use crate::inputs::{Inputs, first_word, permutation};
use crate::probe::{Unwatched, each};
use crate::rounds::{Timed, in_turn, timed};
use parts::Parts;

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Limit {
    /// Gets from a table in parts, beside one table: a view copies parts, so there have to be some.
    SegmentsGet,
    /// The same for values of 100 bytes.
    #[value(name = "segments-get-100b")]
    SegmentsGet100b,
    /// A get and a put on keys of which few are many, as words are: all in the nearest cache.
    SegmentsZipf,
    /// Values that are changed in place.
    SegmentsModify,
    /// Puts into a table in parts that mark each row, beside puts that mark none: to tell what changed, a row has to be
    /// marked.
    MarksPut,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::SegmentsGet,
        Self::SegmentsGet100b,
        Self::SegmentsZipf,
        Self::SegmentsModify,
        Self::MarksPut,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SegmentsGet => "segments-get",
            Self::SegmentsGet100b => "segments-get-100b",
            Self::SegmentsZipf => "segments-zipf",
            Self::SegmentsModify => "segments-modify",
            Self::MarksPut => "marks-put",
        }
    }
}

/// How limits are measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Keys of the tables.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
}

/// Measures a limit: an operation for each key, in random order, in interleaved rounds.
///
/// # Errors
/// [`Error::Disagree`] when the two sides did not do the same.
pub fn run(limit: Limit, plan: &Plan) -> Result<LimitRecord> {
    let keys = permutation(1, plan.keys);
    let one = |_| 1;
    let words = || Parts::filled(plan.keys, one);
    let rounds = match limit {
        Limit::SegmentsGet => {
            let parts = words();
            let table = one_table(plan.keys, one);
            let ours = &mut || over(&keys, |key| parts.get(key).copied());
            let other = &mut || over(&keys, |key| table.get(&key).copied());
            rounds(limit, plan, ours, other)
        }
        Limit::SegmentsGet100b => {
            let inputs = Inputs::new(plan.keys);
            let payload = |key| inputs.payloads().at(index_of(key)).to_vec();
            let (parts, table) = (
                Parts::filled(plan.keys, payload),
                one_table(plan.keys, payload),
            );
            let word = |bytes: &Vec<u8>| first_word(bytes).cast_signed();
            let ours = &mut || over(&keys, |key| parts.get(key).map(word));
            let other = &mut || over(&keys, |key| table.get(&key).map(word));
            rounds(limit, plan, ours, other)
        }
        Limit::SegmentsZipf => {
            let inputs = Inputs::new(plan.keys);
            let mut parts = words();
            let mut table = one_table(plan.keys, one);
            let ours = &mut || {
                over(inputs.zipf(), |key| {
                    let count = *parts.get(key)?;
                    parts.put(key, count + 1)?;
                    Some(count)
                })
            };
            let other = &mut || {
                over(inputs.zipf(), |key| {
                    let count = *table.get(&key)?;
                    table.insert(key, count + 1);
                    Some(count)
                })
            };
            rounds(limit, plan, ours, other)
        }
        Limit::SegmentsModify => {
            let mut parts = words();
            let mut table = one_table(plan.keys, one);
            let ours = &mut || over(&keys, |key| parts.modify(key));
            let other = &mut || {
                over(&keys, |key| {
                    let value = table.get_mut(&key)?;
                    *value += 1;
                    Some(*value)
                })
            };
            rounds(limit, plan, ours, other)
        }
        Limit::MarksPut => {
            let (mut parts, mut unmarked) = (words(), words());
            let ours = &mut || over(&keys, |key| parts.put_marked(key, 7));
            let other = &mut || over(&keys, |key| unmarked.put(key, 7));
            rounds(limit, plan, ours, other)
        }
    };
    Ok(LimitRecord::of(limit, plan, &rounds?))
}

fn one_table<V>(keys: u64, value: impl Fn(u64) -> V) -> Table<u64, V> {
    (0..keys).map(|key| (key, value(key))).collect()
}

fn index_of(key: u64) -> usize {
    usize::try_from(key).unwrap_or(usize::MAX)
}

/// The time of an operation for each key, and the sum of what they returned.
fn over(keys: &[u64], mut operation: impl FnMut(u64) -> Option<i64>) -> (Timed, u64) {
    timed(|| {
        let sum = each(keys, &mut Unwatched, |_, key| {
            Ok::<_, Infallible>(operation(key).map_or(0, i64::cast_unsigned))
        });
        sum.unwrap_or_else(|never| match never {})
    })
}

fn rounds(
    limit: Limit,
    plan: &Plan,
    ours: &mut dyn FnMut() -> (Timed, u64),
    other: &mut dyn FnMut() -> (Timed, u64),
) -> Result<Vec<(Timed, Timed)>> {
    let agree = Agree {
        backend: "a limit",
        workload: limit.name(),
        other: "the simpler one",
    };
    let rounds = in_turn(
        plan.iterations,
        &mut || Ok::<_, Error>(ours()),
        &mut || Ok(other()),
        &mut |our, their| agree.on("check of an iteration", our.1, their.1),
    )?;
    Ok(rounds
        .into_iter()
        .map(|(our, their)| (our.0, their.0))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_measured_on_sides_that_agree() {
        for limit in Limit::ALL {
            for keys in [1, 10, 5_000] {
                let plan = Plan {
                    keys,
                    iterations: 3,
                };
                let record = run(limit, &plan).unwrap();
                assert_eq!(record.iterations, 3);
                assert!(record.ops_per_s > 0.0 && record.simpler_ops_per_s > 0.0);
            }
        }
    }

    #[test]
    fn sides_that_differ_are_refused() {
        let plan = Plan {
            keys: 1,
            iterations: 1,
        };
        let side = |sum| move || (timed(|| ()).0, sum);
        let refused = rounds(Limit::MarksPut, &plan, &mut side(1), &mut side(2));
        assert!(matches!(refused, Err(Error::Disagree { .. })));
    }
}
