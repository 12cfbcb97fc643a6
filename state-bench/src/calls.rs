//! What a workload asks of its engine: calls, counted in an iteration of their own.

use state_conformance::Counts;

use crate::agree::Agree;
use crate::error::Result;
use crate::record::EngineCalls;
use crate::run::Plan;
use crate::subject::{Backend, OnEngine, OverEngine};
use crate::workload::Workload;

/// Counts the calls of a workload, whose operations are to return the sum `check`; `None` where there is no engine.
///
/// # Errors
/// [`Error::Disagree`](crate::Error::Disagree) when what was counted did something else; what the backend meets.
pub fn calls(
    backend: Backend,
    workload: &Workload,
    plan: &Plan,
    check: u64,
) -> Result<Option<EngineCalls>> {
    let counted = backend.on_engine(Count { workload, plan }).transpose()?;
    let Some((made, counted_check)) = counted else {
        return Ok(None);
    };
    let agree = Agree {
        backend: backend.name(),
        workload: workload.name(),
        other: "the one that is counted",
    };
    agree.on("check", check, counted_check)?;
    Ok(Some(per_op(made, workload.operations(plan.keys))))
}

struct Count<'a> {
    workload: &'a Workload,
    plan: &'a Plan,
}

impl OnEngine for Count<'_> {
    type Output = Result<(Counts, u64)>;

    fn run<E: OverEngine>(self) -> Result<(Counts, u64)> {
        let Plan { keys, settings, .. } = self.plan;
        self.workload.counted::<E>(settings, *keys)
    }
}

#[allow(clippy::cast_precision_loss, reason = "no iteration makes 2^53 calls")]
fn per_op(made: Counts, operations: u64) -> EngineCalls {
    let each = |calls: u64| calls as f64 / operations as f64;
    EngineCalls {
        gets_per_op: each(made.gets),
        writes_per_op: each(made.puts + made.deletes + made.range_deletes),
        scans_per_op: each(made.scans),
        rows_scanned_per_op: each(made.steps),
    }
}
