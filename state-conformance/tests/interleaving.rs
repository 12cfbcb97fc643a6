//! The theme of interleavings has teeth.

#[path = "teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
#[allow(clippy::unwrap_used, reason = "helpers of tests")]
mod broken;

use std::panic::catch_unwind;

use broken::{Broken, Defect};
use state_conformance::properties::interleaving::views_are_read_in_any_interleaving;

#[test]
fn catches_a_view_that_sees_later_writes() {
    let live = Broken(Some(Defect::ViewsAreLive));
    let caught = catch_unwind(|| views_are_read_in_any_interleaving(&live));
    assert!(caught.is_err(), "the view is not found out");
}

#[test]
fn a_sound_view_passes() {
    views_are_read_in_any_interleaving(&Broken(None));
}
