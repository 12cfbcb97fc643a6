//! Generated histories.

use crate::factory::BackendFactory;
use crate::model::check_histories;
use crate::model::incremental::{looks, relay, steps};
use crate::runner::cases;

/// A checkpoint of a chain holds the state at its freeze: after any history of writes and
/// checkpoints, several in flight, published in any order, given up, or lost with their answer; and of
/// restores that the chain goes on from. It is incremental as soon as one was confirmed or restored.
pub fn every_checkpoint_of_a_chain_restores<F: BackendFactory>(factory: &F) {
    check_histories(factory, cases().div_ceil(2), &steps());
}

/// The changes of a view since any epoch that it tracks, applied to the rows of that epoch, give the rows
/// of the view, in any range and within any buffer; and all rows as changes are the rows. They keep the laws
/// of [`ChangeSource`](state_api::ChangeSource): sorted runs, range tombstones in the first only, each
/// position once. Other epochs are refused.
pub fn changes_lead_from_view_to_view<F: BackendFactory>(factory: &F) {
    check_histories(factory, cases().div_ceil(2), &looks());
}

/// A backend that restored a checkpoint takes incremental ones on top of it, with the files that are
/// there, at the same and at another parallelism: two workers clip the files of one, one merges those of
/// two.
pub fn the_chain_goes_on_after_a_restore<F: BackendFactory>(factory: &F) {
    check_histories(factory, cases().div_ceil(4), &relay());
}
