//! Generated histories catch what the named properties catch, and shrink it to a few steps: of the defects
//! of stores, all but those that are rare in them.

use state_conformance::properties::generated;

use crate::broken::{Broken, Defect};
use crate::zoo::failure;

/// Checks that generated histories catch a defect, and shrink it to `steps` steps at most.
#[track_caller]
fn assert_shrunk(defect: Defect, most: usize) {
    let broken = Broken(Some(defect));
    let report = failure(&broken, generated::generated_operations, true)
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
    ($($test:ident: $defect:ident to $most:literal;)+) => {
        $(
            #[test]
            fn $test() {
                assert_shrunk(Defect::$defect, $most);
            }
        )+
    };
}

shrunk! {
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
