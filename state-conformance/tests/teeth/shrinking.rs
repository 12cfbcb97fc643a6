//! Generated histories catch what the named properties catch, and shrink it to a few steps: of the defects
//! of stores, all but those that are rare in them; and histories of incremental checkpoints do so with the
//! defects of changes.

use std::fmt::Debug;

use state_conformance::properties::{generated, incremental};

use crate::bent::{Bend, Bent};
use crate::broken::{Broken, Defect};
use crate::zoo::failure;

/// Checks that generated histories catch a defect, and shrink it to `most` lines at most.
#[track_caller]
fn assert_shrunk<F>(broken: &F, property: fn(&F), defect: impl Debug, most: usize) {
    let report = failure(broken, property, true)
        .unwrap_or_else(|| panic!("generated histories do not catch {defect:?}"));
    assert!(report.contains("seed: "), "no seed in the report: {report}");
    let history = report
        .split("shortest case that fails:\n")
        .nth(1)
        .unwrap_or_default();
    let steps = history.lines().take_while(|line| !line.is_empty()).count();
    assert!(steps <= most, "{steps} steps are left: {report}");
}

/// A test for each defect.
macro_rules! shrunk {
    ($($kind:ident of $backend:ident by $property:path {
        $($test:ident: $defect:ident to $most:literal;)+
    })+) => {
        $($(
            #[test]
            fn $test() {
                let broken = $backend(Some($kind::$defect));
                assert_shrunk(&broken, $property, $kind::$defect, $most);
            }
        )+)+
    };
}

shrunk! {
    Defect of Broken by generated::generated_operations {
        a_dropped_delete: DropsDeletes to 12;
        a_ghost_in_scans: GhostsInScans to 12;
        a_stale_scan: ScansAreStale to 12;
        a_read_of_the_last_view: ReadsTheLastView to 12;
        a_live_view: ViewsAreLive to 12;
        a_view_without_a_state: ViewLosesATable to 12;
        a_range_delete_that_goes_too_far: RangeDeleteTakesNeighbour to 12;
        a_range_delete_that_stops_too_early: RangeDeleteLeavesLast to 12;
        a_cleared_list_with_a_chunk: ClearLeavesAChunk to 12;
        scans_that_descend: ScansBackwards to 12;
        scans_by_insertion: ScansByInsertion to 12;
        the_back_of_a_scan: BackIsFront to 12;
        a_scan_without_its_last_entry: ScanMissesLast to 12;
        a_write_that_is_lost: LosesEverySeventhPut to 12;
        one_table: OneTable to 12;
        an_empty_promise: PromisesToSurvive to 12;
        a_restore_into_another_group: IngestMovesGroup to 12;
        a_restore_into_another_namespace: IngestMovesNamespace to 12;
    }

    Bend of Bent by incremental::every_checkpoint_of_a_chain_restores {
        a_lost_tombstone: LosesTombstones to 12;
        a_lost_range_tombstone: LosesRangeTombstones to 12;
        a_lost_rewrite: LosesRewrites to 12;
        an_old_value: OldValues to 12;
        a_delta_since_the_freeze_before: SinceTheFreezeBefore to 12;
        a_confirmation_of_too_much: ConfirmForgetsTooMuch to 12;
        a_checkpoint_that_is_full: NeverTracks to 12;
    }

    // With three lines that are there in any case.
    Bend of Bent by incremental::changes_lead_from_view_to_view {
        a_change_outside_the_range: AllGroups to 7;
        a_base_without_a_row: FullLacksLast to 5;
        a_row_told_twice: RowsTwice to 5;
        a_change_of_an_old_value: OldValues to 7;
        an_epoch_that_is_not_tracked: SaysItTracks to 6;
    }

    // With a line for each round.
    Bend of Bent by incremental::the_chain_goes_on_after_a_restore {
        a_row_lost_on_the_way: LosesNewRows to 6;
        a_tombstone_lost_on_the_way: LosesTombstones to 7;
    }
}
