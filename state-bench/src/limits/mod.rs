//! What any table, or any adapter of an engine, could reach that does what ours has to: programs without a backend, beside simpler ones.

mod changes;
mod record;
#[cfg(feature = "redb")]
mod redb;
mod segments;

use std::convert::Infallible;
use std::path::PathBuf;

pub use record::LimitRecord;

use crate::agree::Agree;
use crate::error::Result;
use crate::inputs::permutation;
use crate::parts::Parts;
use crate::probe::{Unwatched, each};
use crate::rounds::{Timed, in_turn, timed};

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
    /// The same where a row that is not there would be added, and rows could be marked, though all are there and none is marked: what any table
    /// asks whose changes can be tracked. Beside an entry of one table.
    SegmentsModifyOrAdd,
    /// Words counted from nothing by a get and a put, in tables that double by splitting each. New rows are not marked.
    SegmentsFill,
    /// Puts into a table in parts that mark each row, beside puts that mark none: to tell what changed, a row has to be
    /// marked.
    MarksPut,
    /// The same for values that are changed in place.
    MarksModify,
    /// Removals from a table in parts that look at the row's mark and note its key, beside removals that do not: to tell what is gone,
    /// its key has to be kept.
    NotesRemove,
    /// Rows that are added and marked, and removed after a look at the mark when 1,000 others were added; beside the same without. Neither
    /// looks whether there is such a row already.
    MarksComeAndGo,
    /// Changes of the entries of an ordered map whose keys are noted in a set, each for the first time, beside changes that are not.
    NotesEntry,
    /// On redb: four words appended to each list, with keys and rows as long as ours, by a get and a put and nothing else; beside
    /// keys of eight bytes and rows of words.
    #[cfg(feature = "redb")]
    RedbAppend,
    /// On redb: puts whose keys are noted in a set, beside puts that note none.
    #[cfg(feature = "redb")]
    RedbNotes,
}

impl Limit {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::SegmentsGet,
        Self::SegmentsGet100b,
        Self::SegmentsZipf,
        Self::SegmentsModify,
        Self::SegmentsModifyOrAdd,
        Self::SegmentsFill,
        Self::MarksPut,
        Self::MarksModify,
        Self::NotesRemove,
        Self::MarksComeAndGo,
        Self::NotesEntry,
        #[cfg(feature = "redb")]
        Self::RedbAppend,
        #[cfg(feature = "redb")]
        Self::RedbNotes,
    ];

    /// Operations of an iteration.
    pub(crate) fn operations(self, keys: u64) -> u64 {
        match self {
            Self::MarksComeAndGo => 2 * keys,
            #[cfg(feature = "redb")]
            Self::RedbAppend => redb::appends() * keys,
            _ => keys,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SegmentsGet => "segments-get",
            Self::SegmentsGet100b => "segments-get-100b",
            Self::SegmentsZipf => "segments-zipf",
            Self::SegmentsModify => "segments-modify",
            Self::SegmentsModifyOrAdd => "segments-modify-or-add",
            Self::SegmentsFill => "segments-fill",
            Self::MarksPut => "marks-put",
            Self::MarksModify => "marks-modify",
            Self::NotesRemove => "notes-remove",
            Self::MarksComeAndGo => "marks-come-and-go",
            Self::NotesEntry => "notes-entry",
            #[cfg(feature = "redb")]
            Self::RedbAppend => "redb-append",
            #[cfg(feature = "redb")]
            Self::RedbNotes => "redb-notes",
        }
    }
}

/// How limits are measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where directories of engines are made; the system's place for temporary files if none.
    pub root: Option<PathBuf>,
    /// Keys.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
}

/// Measures a limit: an [operation](Limit) for each key, or several, in random order, in interleaved rounds.
///
/// # Errors
/// [`Error::Disagree`](crate::Error::Disagree) when the two sides did not do the same; what an engine meets.
pub fn run(limit: Limit, plan: &Plan) -> Result<LimitRecord> {
    let sides = Sides {
        limit,
        plan,
        keys: permutation(1, plan.keys),
    };
    let rounds = match limit {
        Limit::SegmentsGet => segments::get(&sides),
        Limit::SegmentsGet100b => segments::get_100b(&sides),
        Limit::SegmentsZipf => segments::zipf(&sides),
        Limit::SegmentsModify => segments::modify(&sides),
        Limit::SegmentsModifyOrAdd => segments::modify_or_add(&sides),
        Limit::SegmentsFill => segments::fill(&sides),
        Limit::MarksPut => changes::put(&sides),
        Limit::MarksModify => changes::modify(&sides),
        Limit::NotesRemove => changes::remove(&sides),
        Limit::MarksComeAndGo => changes::come_and_go(&sides),
        Limit::NotesEntry => changes::entry(&sides),
        #[cfg(feature = "redb")]
        Limit::RedbAppend => redb::append(&sides),
        #[cfg(feature = "redb")]
        Limit::RedbNotes => redb::notes(&sides),
    };
    Ok(LimitRecord::of(limit, plan, &rounds?))
}

type Rounds = Result<Vec<(Timed, Timed)>>;

/// What the two sides of a limit begin with.
struct Sides<'a> {
    limit: Limit,
    plan: &'a Plan,
    /// In random order.
    keys: Vec<u64>,
}

impl Sides<'_> {
    /// A table in parts with a one for each key.
    fn words(&self) -> Parts<i64> {
        Parts::filled(self.plan.keys, |_| 1)
    }

    /// Rounds of both sides in turn.
    fn rounds(
        &self,
        ours: &mut dyn FnMut() -> (Timed, u64),
        other: &mut dyn FnMut() -> (Timed, u64),
    ) -> Rounds {
        self.try_rounds(&mut || Ok(ours()), &mut || Ok(other()))
    }

    /// [`Sides::rounds`], of what may fail.
    fn try_rounds(
        &self,
        ours: &mut dyn FnMut() -> Result<(Timed, u64)>,
        other: &mut dyn FnMut() -> Result<(Timed, u64)>,
    ) -> Rounds {
        let agree = Agree {
            backend: "a limit",
            workload: self.limit.name(),
            other: "the simpler one",
        };
        let rounds = in_turn(self.plan.iterations, ours, other, &mut |our, their| {
            agree.on("check of an iteration", our.1, their.1)
        })?;
        Ok(rounds
            .into_iter()
            .map(|(our, their)| (our.0, their.0))
            .collect())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn every_limit_is_measured_on_sides_that_agree() {
        for limit in Limit::ALL.iter().copied() {
            for keys in [1, 10, 5_000] {
                let plan = Plan {
                    root: None,
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
            root: None,
            keys: 1,
            iterations: 1,
        };
        let sides = Sides {
            limit: Limit::MarksPut,
            plan: &plan,
            keys: vec![0],
        };
        let side = |sum| move || (timed(|| ()).0, sum);
        let refused = sides.rounds(&mut side(1), &mut side(2));
        assert!(matches!(refused, Err(Error::Disagree { .. })));
    }
}
