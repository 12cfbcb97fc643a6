//! A workload on a backend, from the set-up to its result.

use crate::agree::Agree;
use crate::calls::calls;
use crate::error::Result;
use crate::inputs::index;
use crate::probe::Latencies;
use crate::record::{Latency, Record};
use crate::rounds::{Spread, Timed, in_turn, on_cpu_in_all, ratios, timed};
use crate::side::Side;
use crate::subject::{Backend, OnSubject, Settings, Subject};
use crate::workload::{OnSides, Workload};

/// How a workload is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Keys that a set-up inserts.
    pub keys: u64,
    /// Timed iterations.
    pub iterations: usize,
    /// Whether single operations are timed, too, in an iteration of their own.
    pub latency: bool,
    /// Whether the calls of the engine are counted, too, in an iteration of their own.
    pub calls: bool,
    /// What every backend is opened with.
    pub settings: Settings,
}

/// Runs a workload on a backend and on the bare engine beside it.
///
/// # Errors
/// [`Error::Disagree`](crate::Error::Disagree) when the two did not do the same; what the sides meet.
pub fn run(backend: Backend, workload: &Workload, plan: &Plan) -> Result<Record> {
    let mut record = backend.run(Run {
        backend: backend.name(),
        workload,
        plan,
    })?;
    if plan.calls {
        record.calls = calls(backend, workload, plan, record.check)?;
    }
    Ok(record)
}

struct Run<'a> {
    backend: &'static str,
    workload: &'a Workload,
    plan: &'a Plan,
}

impl OnSubject for Run<'_> {
    type Output = Result<Record>;

    fn run<S: Subject>(self) -> Result<Record> {
        let (settings, keys) = (&self.plan.settings, self.plan.keys);
        let workload = self.workload;
        workload.on_sides::<S, _>(settings, keys, self)
    }
}

/// Time and sums of an iteration.
struct Iteration {
    timed: Timed,
    check: u64,
}

fn iteration(side: &mut dyn Side) -> Result<Iteration> {
    side.before()?;
    let (timed, check) = timed(|| side.run());
    let check = check?;
    Ok(Iteration { timed, check })
}

impl Run<'_> {
    fn agree(&self, sum: &'static str, ours: u64, bare: u64) -> Result<()> {
        let agree = Agree {
            backend: self.backend,
            workload: self.workload.name(),
            other: "the bare engine",
        };
        agree.on(sum, ours, bare)
    }

    fn latency(&self, side: &mut dyn Side) -> Result<Latency> {
        let operations = self.workload.operations(self.plan.keys);
        let mut latencies = Latencies::with_capacity(usize::try_from(operations).unwrap_or(0));
        side.before()?;
        side.run_watched(&mut latencies)?;
        let mut at = |thousandths| latencies.percentile(thousandths);
        Ok(Latency {
            p50: at(500),
            p99: at(990),
            p999: at(999),
            max: at(1000),
        })
    }
}

impl OnSides for Run<'_> {
    type Output = Record;

    fn run(self, ours: &mut dyn Side, bare: &mut dyn Side) -> Result<Record> {
        let plan = self.plan;
        // The sums are those of one iteration on a state that was just set up.
        let check = iteration(ours)?.check;
        self.agree("check", check, iteration(bare)?.check)?;
        let final_check = ours.final_check()?;
        self.agree("final_check", final_check, bare.final_check()?)?;
        let rounds = in_turn(
            plan.iterations,
            &mut || iteration(ours),
            &mut || iteration(bare),
            &mut |our, their| self.agree("check of an iteration", our.check, their.check),
        )?;
        self.agree(
            "final_check of the last iteration",
            ours.final_check()?,
            bare.final_check()?,
        )?;
        let latency = plan.latency.then(|| self.latency(ours)).transpose()?;
        let raw_latency = plan.latency.then(|| self.latency(bare)).transpose()?;

        let times: Vec<_> = rounds
            .iter()
            .map(|(our, their)| (our.timed, their.timed))
            .collect();
        let (walls, cpus) = ratios(&times);
        let operations = self.workload.operations(plan.keys);
        let rate = |seconds: Option<Spread>| {
            seconds.map_or(0.0, |seconds| rate(operations, seconds.median))
        };
        let cpu = on_cpu_in_all(times.iter().map(|(our, _)| *our));
        let all_operations = operations * index(times.len());
        Ok(Record {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            backend: self.backend.to_owned(),
            workload: self.workload.name().to_owned(),
            keys: plan.keys,
            key_groups: plan.settings.key_groups.max_parallelism().into(),
            tracked: plan.settings.tracked,
            same_keys: plan.settings.same_keys,
            iterations: plan.iterations,
            operations,
            ops_per_s: rate(Spread::of(times.iter().map(|(our, _)| our.wall))),
            raw_ops_per_s: rate(Spread::of(times.iter().map(|(_, their)| their.wall))),
            cpu_ops_per_s: cpu.map(|seconds| self::rate(all_operations, seconds)),
            ratio: walls.map_or(0.0, |walls| walls.median),
            spread: walls.map_or([0.0; 2], |walls| [walls.least, walls.most]),
            cpu_ratio: cpus.map(|cpus| cpus.median),
            cpu_spread: cpus.map(|cpus| [cpus.least, cpus.most]),
            check,
            final_check,
            latency,
            raw_latency,
            memory: None,
            raw_memory: None,
            calls: None,
        })
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "no iteration has 2^53 operations"
)]
pub(crate) fn rate(operations: u64, seconds: f64) -> f64 {
    operations as f64 / seconds
}

#[cfg(test)]
mod tests {
    use state_api::KeyGroups;

    use super::*;
    use crate::error::Error;

    /// Gives the sums it was told, one an iteration, then zeros.
    struct Told {
        checks: Vec<u64>,
        final_checks: Vec<u64>,
    }

    fn told(checks: &[u64], final_checks: &[u64]) -> Told {
        let backwards = |sums: &[u64]| sums.iter().rev().copied().collect();
        Told {
            checks: backwards(checks),
            final_checks: backwards(final_checks),
        }
    }

    impl Side for Told {
        fn before(&mut self) -> Result<()> {
            Ok(())
        }

        fn run(&mut self) -> Result<u64> {
            Ok(self.checks.pop().unwrap_or(0))
        }

        fn run_watched(&mut self, _: &mut Latencies) -> Result<u64> {
            Ok(0)
        }

        fn final_check(&mut self) -> Result<u64> {
            Ok(self.final_checks.pop().unwrap_or(0))
        }

        fn end(&mut self) -> Result<()> {
            Ok(())
        }
    }

    /// The sum in which both sides differ, if any.
    fn difference(ours: &mut Told, bare: &mut Told) -> Option<&'static str> {
        let plan = Plan {
            keys: 1,
            iterations: 2,
            latency: false,
            calls: false,
            settings: Settings {
                root: None,
                key_groups: KeyGroups::all(1).unwrap(),
                tracked: false,
                same_keys: false,
            },
        };
        let run = Run {
            backend: "heap",
            workload: Workload::of("value_get").unwrap(),
            plan: &plan,
        };
        match OnSides::run(run, ours, bare) {
            Ok(_) => None,
            Err(Error::Disagree { sum, .. }) => Some(sum),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn sides_that_do_not_agree_give_no_result() {
        let mut alike = told(&[1, 2, 3, 4], &[5, 6]);
        for (checks, final_checks, sum) in [
            ([9, 2, 3, 4], [5, 6], Some("check")),
            ([1, 9, 3, 4], [5, 6], Some("check of an iteration")),
            ([1, 2, 3, 9], [5, 6], Some("check of an iteration")),
            ([1, 2, 3, 4], [9, 6], Some("final_check")),
            (
                [1, 2, 3, 4],
                [5, 9],
                Some("final_check of the last iteration"),
            ),
            ([1, 2, 3, 4], [5, 6], None),
        ] {
            assert_eq!(
                difference(&mut alike, &mut told(&checks, &final_checks)),
                sum
            );
            alike = told(&[1, 2, 3, 4], &[5, 6]);
        }
    }
}
