//! One history on two backends.

use crate::factory::BackendFactory;
use crate::model;
use crate::runner::{cases, check_shown};

/// No [history](crate::model::Step) tells two backends apart, each with options of its own: both answer as the model does, operation by operation, in the same order of
/// iteration; and whenever a history does something else than an operation, all rows of both are the same, but
/// for the cutting of lists into chunks, and so is the logical digest at the end.
///
/// For a crate that sees several backends:
///
/// ```
/// use state_conformance::{BackendFactory, properties};
///
/// fn both_ways<A: BackendFactory, B: BackendFactory>(heap: &A, redb: &B) {
///     properties::differential(heap, redb);
/// }
/// ```
///
/// # Panics
/// When they differ, with the shortest history and the options of both.
pub fn differential<A: BackendFactory, B: BackendFactory>(a: &A, b: &B) {
    let play = |history: Vec<_>| model::play_both(a, b, &history);
    check_shown(
        cases().div_ceil(2),
        &model::history(),
        play,
        |history, _| {
            format!(
                "on {}:\n{}\non {}:\n{}",
                a.expression(),
                model::show(a, history),
                b.expression(),
                model::show(b, history)
            )
        },
    );
}
