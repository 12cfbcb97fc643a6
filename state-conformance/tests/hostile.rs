//! The theme of hostile keys has teeth.

#[path = "teeth/broken.rs"]
#[allow(dead_code, reason = "the teeth use all of it")]
#[allow(clippy::unwrap_used, reason = "helpers of tests")]
mod broken;

use std::panic::catch_unwind;

use broken::{Broken, Defect};
use state_conformance::properties::hostile::hostile_keys_are_told_apart;

#[test]
fn catches_range_deletes_with_wrong_ends() {
    for defect in [
        Defect::RangeDeleteTakesNeighbour,
        Defect::RangeDeleteLeavesLast,
    ] {
        let broken = Broken(Some(defect));
        let caught = catch_unwind(|| hostile_keys_are_told_apart(&broken));
        assert!(caught.is_err(), "{defect:?} is not found out");
    }
}

#[test]
fn a_sound_store_passes() {
    hostile_keys_are_told_apart(&Broken(None));
}
