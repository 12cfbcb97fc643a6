//! The theme of incremental checkpoints has teeth.

use state_conformance::properties::incremental;

use crate::bent::{Bend, Bent};
use crate::failure;

type Property = fn(&Bent);

/// Checks that each of `properties` catches `bend`, and lets a sound backend pass.
#[track_caller]
fn assert_caught(bend: Bend, properties: &[(&str, Property)]) {
    for (name, property) in properties {
        assert!(
            failure(&Bent(Some(bend)), *property).is_some(),
            "{name} does not catch {bend:?}"
        );
        assert_eq!(
            failure(&Bent(None), *property),
            None,
            "{name} bites a sound backend"
        );
    }
}

/// A test for each bend: what it catches, and by which properties.
macro_rules! caught {
    ($($test:ident: $bend:ident by $($property:ident),+;)+) => {
        $(
            #[test]
            fn $test() {
                assert_caught(
                    Bend::$bend,
                    &[$((stringify!($property), incremental::$property)),+],
                );
            }
        )+
    };
}

caught! {
    catches_a_lost_tombstone: LosesTombstones by
        what_was_removed_never_comes_back, changes_lead_from_view_to_view,
        every_checkpoint_of_a_chain_restores;
    catches_a_lost_range_tombstone: LosesRangeTombstones by
        what_was_removed_never_comes_back, changes_lead_from_view_to_view,
        lists_of_another_cut_go_on_in_the_chain, a_cleared_map_is_one_record;
    catches_cleared_lists_that_are_not_noted: LosesClearedLists by
        what_was_removed_never_comes_back, lists_of_another_cut_go_on_in_the_chain;
    catches_a_range_tombstone_that_hides_its_own_puts: RangesHideOwnPuts by
        what_was_removed_never_comes_back, changes_lead_from_view_to_view,
        a_cleared_map_is_one_record;
    catches_new_rows_that_are_not_noted: LosesNewRows by
        what_an_aborted_checkpoint_held_is_in_the_next, changes_lead_from_view_to_view,
        new_states_join_the_chain, a_hot_key_is_one_row;
    catches_rewrites_that_are_not_noted: LosesRewrites by
        what_an_aborted_checkpoint_held_is_in_the_next, changes_lead_from_view_to_view,
        few_changes_write_few_rows;
    catches_old_values: OldValues by
        what_an_aborted_checkpoint_held_is_in_the_next, changes_lead_from_view_to_view;
    catches_a_delta_relative_to_what_was_not_confirmed: SinceTheFreezeBefore by
        what_an_aborted_checkpoint_held_is_in_the_next, checkpoints_in_flight_may_end_in_any_order,
        what_is_confirmed_is_forgotten_before, every_checkpoint_of_a_chain_restores;
    catches_a_confirmation_that_forgets_too_much: ConfirmForgetsTooMuch by
        what_an_aborted_checkpoint_held_is_in_the_next, what_is_confirmed_is_forgotten_before,
        changes_lead_from_view_to_view;
    catches_changes_outside_the_range: AllGroups by changes_lead_from_view_to_view;
    catches_a_cleared_range_in_many_records: ClearsRowByRow by a_cleared_map_is_one_record;
    catches_a_delta_of_everything: TellsAllRows by
        few_changes_write_few_rows, what_was_removed_never_comes_back;
    catches_a_backend_that_never_tracks: NeverTracks by
        tracking_begins_when_it_is_asked_for, every_checkpoint_of_a_chain_restores,
        new_states_join_the_chain;
    catches_a_backend_that_knows_less_than_it_says: SaysItTracks by
        a_budget_that_is_too_small_makes_a_full_checkpoint, only_views_are_confirmed,
        tracking_begins_when_it_is_asked_for;
    catches_a_confirmation_of_no_view: ConfirmsAnything by only_views_are_confirmed;
    catches_rows_that_descend: Descends by
        changes_lead_from_view_to_view, every_checkpoint_of_a_chain_restores;
    catches_range_tombstones_behind_rows: RangesLast by changes_lead_from_view_to_view;
    catches_range_tombstones_in_a_second_run: RangesInSecondRun by changes_lead_from_view_to_view;
    catches_a_row_in_two_runs: RowsTwice by
        changes_lead_from_view_to_view, a_hot_key_is_one_row;
    catches_a_base_that_lacks_a_row: FullLacksLast by
        changes_lead_from_view_to_view, tracking_begins_when_it_is_asked_for;
    catches_more_memory_than_was_given: IgnoresBudget by
        a_budget_that_is_too_small_makes_a_full_checkpoint;
    catches_a_drop_that_is_not_noted: LosesDrops by dropped_states_stay_out_of_the_chain;
}
