//! What the tracking of changes costs a workload: two backends do the same in interleaved rounds, and one
//! tracks.

mod record;

pub use record::Tracking;

use crate::agree::Agree;
use crate::error::Result;
use crate::rounds::{Timed, in_turn, timed};
use crate::side::Side;
use crate::subject::{Backend, OnSubject, Settings, Subject};
use crate::workload::{OnSides, Workload};

/// How tracking is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Keys that a set-up inserts.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
    /// What every backend is opened with, but for the tracking.
    pub settings: Settings,
}

/// Which writes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// To rows that did not change yet since the last checkpoint: each round is an interval of its own, begun by a
    /// freeze and its confirmation, which are not timed.
    First,
    /// To rows that did.
    Again,
}

impl When {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Again => "again",
        }
    }

    /// What can be told of a workload: one whose iterations begin with a new state writes nothing again.
    pub fn of(workload: &Workload) -> &'static [Self] {
        if workload.course().fresh {
            &[Self::First]
        } else {
            &[Self::First, Self::Again]
        }
    }
}

/// Runs a workload on two backends, one of which tracks.
///
/// # Errors
/// [`Error::Disagree`](crate::Error::Disagree) when the two did not do the same; what they meet.
pub fn run(backend: Backend, workload: &Workload, when: When, plan: &Plan) -> Result<Tracking> {
    backend.run(Run {
        backend: backend.name(),
        workload,
        when,
        plan,
    })
}

struct Run<'a> {
    backend: &'static str,
    workload: &'a Workload,
    when: When,
    plan: &'a Plan,
}

impl OnSubject for Run<'_> {
    type Output = Result<Tracking>;

    fn run<S: Subject>(self) -> Result<Tracking> {
        let (settings, keys) = (&self.plan.settings, self.plan.keys);
        self.workload.on_tracked::<S, _>(settings, keys, self)
    }
}

/// Time, sum and, on a backend that tracks, bytes of an iteration.
struct Iteration {
    timed: Timed,
    check: u64,
    tracking_bytes: u64,
}

fn begin(side: &mut dyn Side) -> Result<()> {
    side.before()?;
    side.begin_interval()
}

impl Run<'_> {
    fn iteration(&self, side: &mut dyn Side) -> Result<Iteration> {
        side.before()?;
        if self.when == When::First {
            side.begin_interval()?;
        }
        let (timed, check) = timed(|| side.run());
        Ok(Iteration {
            timed,
            check: check?,
            tracking_bytes: side.tracking_bytes()?,
        })
    }
}

impl OnSides for Run<'_> {
    type Output = Tracking;

    fn run(self, tracked: &mut dyn Side, untracked: &mut dyn Side) -> Result<Tracking> {
        let agree = Agree {
            backend: self.backend,
            workload: self.workload.name(),
            other: "the untracked one",
        };
        // Before the first checkpoint there is nothing that changes are told from.
        begin(untracked)?;
        begin(tracked)?;
        let rounds = in_turn(
            self.plan.iterations,
            &mut || self.iteration(tracked),
            &mut || self.iteration(untracked),
            &mut |our, their| agree.on("check of an iteration", our.check, their.check),
        )?;
        let sums = (tracked.final_check()?, untracked.final_check()?);
        agree.on("final_check", sums.0, sums.1)?;
        Ok(self.record(&rounds))
    }
}
