//! The zoo: what is broken in which backend, the property that rejects it, and the words in which the
//! property says why.
//!
//! One entry is one defect in a backend that is sound otherwise. The property that is named has to fail
//! and its report has to have the words, so that a defect is not caught by accident; those behind `also`
//! have to fail, too. The sound kin of all of them pass the whole suite (`sound.rs`).

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use state_conformance::properties::{
    checkpoints, clearing, cost, durability, failures, generated, incremental, interleaving, keys,
    life, lists, native, ownership, reading, registration, views, writing,
};
use state_conformance::suite::seeded;

use crate::bent::{Bend, Bent};
use crate::broken::{Broken, Defect};
use crate::document::assert_part;
use crate::kept::{Kept, Loss};
use crate::wasteful::{Waste, Wasteful};

/// Generated properties go the same way in every run: a test of teeth must not depend on luck.
const SEED: u64 = 7;

/// The message of a property's failure, of the shortest case if it `shrinks`.
pub(crate) fn failure<F>(factory: &F, property: fn(&F), shrinks: bool) -> Option<String> {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        seeded(SEED, shrinks, || property(factory));
    }));
    let panic = caught.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_default(),
    )
}

/// A broken backend as the documentation lists it.
#[derive(Clone, Copy, Debug)]
struct Beast {
    /// Its test.
    test: &'static str,
    /// Where its defect is described.
    source: &'static str,
    /// The defect.
    variant: &'static str,
    /// The property that rejects it.
    property: &'static str,
    /// Words of the report.
    words: &'static str,
}

/// Checks that `property` rejects `broken`, for the reason that has these words.
#[track_caller]
fn assert_rejected<F>(broken: &F, (name, property): (&str, fn(&F)), words: &str) {
    let report = failure(broken, property, false).unwrap_or_else(|| panic!("{name} lets it pass"));
    assert!(
        report.contains(words),
        "{name} rejects it, and does not say {words:?}:\n{report}"
    );
}

impl Beast {
    /// What is wrong with it: the comment of its variant.
    fn defect(&self) -> String {
        let variant = format!("    {},", self.variant);
        let mut lines = self
            .source
            .lines()
            .rev()
            .skip_while(|line| *line != variant);
        lines.next().unwrap();
        let comment = lines.map_while(|line| line.trim().strip_prefix("///"));
        let mut comment: Vec<_> = comment.map(str::trim).collect();
        comment.reverse();
        comment.join(" ")
    }
}

#[test]
fn the_documentation_lists_the_zoo() {
    let mut table =
        String::from("| broken backend | rejected by | the report says |\n|---|---|---|\n");
    for beast in ZOO {
        writeln!(
            table,
            "| `{}`: {} | `{}` | \"{}\" |",
            beast.test,
            beast.defect(),
            beast.property,
            beast.words
        )
        .unwrap();
    }
    assert_part("zoo", &table);
}

#[test]
fn the_zoo_has_no_beast_twice() {
    let tests: BTreeSet<_> = ZOO.iter().map(|beast| beast.test).collect();
    assert_eq!(tests.len(), ZOO.len());
    for Beast { test, words, .. } in ZOO {
        assert!(words.len() > 5, "{test}: any report would do");
    }
}

/// A cage per sort of backend: a test for each of its defects, and the list.
macro_rules! zoo {
    ($(
        $cage:ident: $factory:ident with $defect:ident of $file:literal {$(
            $name:ident as $test:ident by $theme:ident::$property:ident saying $words:literal
            $(also $($also_theme:ident::$also:ident),+)?;
        )+}
    )+) => {
        $(
            mod $cage {
                use super::*;

                $(
                    #[test]
                    fn $test() {
                        let broken = $factory(Some($defect::$name));
                        let by = concat!(stringify!($theme), "::", stringify!($property));
                        assert_rejected(&broken, (by, $theme::$property), $words);
                        $($(
                            let by = concat!(stringify!($also_theme), "::", stringify!($also));
                            assert_rejected(&broken, (by, $also_theme::$also), "");
                        )+)?
                    }
                )+
            }
        )+

        /// Every entry. That none is forgotten, the compiler sees: it would never be constructed.
        const ZOO: &[Beast] = &[$($(
            Beast {
                test: stringify!($test),
                source: include_str!($file),
                variant: stringify!($name),
                property: concat!(stringify!($theme), "::", stringify!($property)),
                words: $words,
            },
        )+)+];
    };
}

zoo! {
    store: Broken with Defect of "broken.rs" {
        DropsDeletes as drops_deletes
            by clearing::emptied_collections_disappear saying "key counts after emptying"
            also clearing::states_do_not_interfere, reading::absent_state_reads_alike,
                writing::counts_follow_every_write;
        GhostsInScans as a_removed_entry_is_still_counted
            by writing::counts_follow_every_write saying "len of the map after a take";
        ScansAreStale as a_stale_iterator
            by writing::counts_follow_every_write saying "after an insert and a push";
        ReadsTheLastView as a_read_of_a_stale_value
            by writing::modify_starts_from_what_is_there saying "after 8 numbers, the sum";
        ViewsAreLive as a_view_sees_later_writes
            by views::a_view_ignores_later_writes saying "the view, after writes"
            also views::views_of_several_epochs_differ, views::views_overlap_clears_and_drops,
                interleaving::views_are_read_in_any_interleaving;
        ViewsAreOne as a_view_moves_on_to_the_next
            by interleaving::views_are_read_in_any_interleaving saying "a reader of the view of epoch"
            also views::views_of_several_epochs_differ;
        PlacesAreCounted as a_view_in_the_place_of_another
            by interleaving::views_are_read_in_any_interleaving saying "a reader of the view of epoch"
            also generated::generated_operations;
        ViewTakesOlderAlong as a_view_that_takes_older_ones_along
            by interleaving::views_are_read_in_any_interleaving saying "a reader of the view of epoch"
            also views::views_of_several_epochs_differ;
        OpenScansEnd as an_open_iterator_ends_with_another_view
            by interleaving::views_are_read_in_any_interleaving saying "a reader of the view of epoch";
        OpenScansSeeWrites as an_open_iterator_of_a_view_sees_later_writes
            by interleaving::views_are_read_in_any_interleaving saying "a reader of the view of epoch";
        ViewLosesATable as a_view_without_a_state
            by checkpoints::unregistered_states_are_carried saying "counts of"
            also checkpoints::a_checkpoint_restores_what_it_was_taken_of;
        RangeDeleteTakesNeighbour as a_range_delete_that_goes_too_far
            by clearing::clear_touches_only_its_own_rows saying "after clearing key"
            also clearing::namespaces_do_not_interfere, failures::a_refused_element_changes_no_list;
        RangeDeleteLeavesLast as a_range_delete_that_stops_too_early
            by clearing::clear_touches_only_its_own_rows saying "after clearing key"
            also clearing::emptied_collections_disappear, failures::a_refused_element_changes_no_list;
        EndOfOnesWraps as a_prefix_of_ones_that_is_empty
            by clearing::keys_of_all_ones_are_cleared_alone saying "0xff, after clearing";
        EndOfOnesIsNone as a_prefix_of_ones_without_an_end
            by clearing::keys_of_all_ones_are_cleared_alone saying "0xff, after clearing";
        ClearLeavesAChunk as an_emptied_list_is_still_listed
            by clearing::emptied_collections_disappear saying "key counts after emptying";
        ScansBackwards as scans_descend
            by keys::map_order_is_encoding_order saying "rows are not strictly ascending"
            also lists::long_lists_keep_their_order, views::rows_ascend_within_the_asked_range;
        ScansByInsertion as map_order_by_insertion
            by keys::map_order_is_encoding_order saying "rows are not strictly ascending"
            also views::rows_ascend_within_the_asked_range;
        BackIsFront as the_back_of_a_scan_is_its_front
            by generated::map_ranges_agree_with_a_btreemap saying "Backward)";
        ScanMissesLast as a_scan_misses_the_last_entry
            by generated::map_ranges_agree_with_a_btreemap saying "Unbounded, Forward)"
            also keys::keys_of_many_types_round_trip;
        ScanIncludesExcluded as a_scan_includes_an_excluded_bound
            by generated::map_ranges_agree_with_a_btreemap saying "Excluded";
        MultiGetReverses as many_values_in_another_order
            by reading::many_values_are_read_as_one_by_one saying "many values, live";
        LosesEverySeventhPut as a_write_is_lost
            by clearing::namespaces_do_not_interfere saying "namespace"
            also keys::keys_of_many_types_round_trip, writing::counts_follow_every_write;
        ModifyKeepsLengths as a_row_that_grows_in_a_modify_is_lost
            by generated::generated_operations saying "a read of what was just touched: value";
        CutsLongValues as values_are_cut
            by reading::large_values_fit saying "a value cannot be decoded";
        OneTable as states_share_a_table
            by clearing::states_do_not_interfere saying "after writing";
        KeepsDroppedTables as a_dropped_table_stays
            by registration::a_name_can_be_used_again saying "a dropped list is back";
        PromisesToSurvive as a_promise_to_survive_a_close
            by life::closed_state_is_found_as_promised saying "after a close and an open"
            also life::a_refused_open_leaves_the_data;
        IngestMovesGroup as a_key_hashed_to_another_group_at_restore
            by checkpoints::a_checkpoint_restores_what_it_was_taken_of saying "the first checkpoint, restored: counts of";
        IngestMovesNamespace as a_row_restored_into_the_wrong_namespace
            by checkpoints::a_checkpoint_restores_what_it_was_taken_of saying "the first checkpoint, restored: notes of";
    }

    file: Kept with Loss of "kept/mod.rs" {
        CloseLosesTheTail as close_loses_the_tail
            by life::closed_state_is_found_as_promised saying "after a close and an open";
        CloseLosesAppends as appends_are_lost_at_reopen
            by life::closed_state_is_found_as_promised saying "after a close and an open: events of";
        CloseForgetsTheCounter as chunk_numbers_are_used_again
            by life::closed_state_is_found_as_promised saying "events of \"a\": elements";
        DestroyLeavesTheFile as destroyed_data_comes_back
            by life::destroy_removes_the_data saying "after a destroy";
        TrustsTheFile as damage_is_not_noticed
            by life::a_damaged_directory_is_refused_or_whole saying "is damaged, the backend opens";
        CommitKeepsNothing as claims_durable_but_is_not
            by durability::what_is_committed_is_found saying "metadata of the last commit"
            also durability::states_are_part_of_a_commit;
        CommitIsTorn as commit_is_not_atomic
            by durability::what_is_committed_is_found saying "Crash: ";
        FreezeCommits as an_uncommitted_write_is_found
            by durability::what_is_committed_is_found saying "Crash: ";
        CommitSkipsRestored as a_restore_is_not_in_the_commit
            by durability::a_restore_is_durable_with_its_commit saying "the restored state, committed";
        CommitSkipsNewStates as new_states_are_not_in_the_commit
            by durability::states_are_part_of_a_commit saying "states";
        OpensInAnyMode as the_mode_of_a_directory_is_ignored
            by durability::the_other_mode_is_refused saying "an open in scratch mode";
    }

    typed: Bent with Bend of "bent/mod.rs" {
        ForgetsPoison as a_panicking_closure_does_not_poison
            by failures::a_panicking_closure_poisons saying "a read must be refused as Poisoned"
            also failures::a_held_accessor_stays_poisoned;
        ModifyStartsAnew as modify_forgets_what_is_there
            by writing::modify_starts_from_what_is_there saying "sum in `modify`";
        ModifyOfMapIsLost as modify_of_a_map_is_lost
            by writing::modify_starts_from_what_is_there saying "map value";
        ClearIgnoresNamespace as the_namespace_is_ignored_by_clear
            by clearing::namespaces_do_not_interfere saying "namespace"
            also writing::namespaces_merge_into_one;
        ExtendReverses as list_order_is_lost
            by lists::long_lists_keep_their_order saying "is another one"
            also writing::namespaces_merge_into_one;
        AcceptsForeignKeys as a_key_outside_the_range_is_accepted
            by ownership::keys_of_other_workers_are_refused
            saying "reads of a foreign key that are not refused";
        SkipsForeignRows as rows_outside_the_range_are_skipped
            by ownership::rows_of_other_workers_are_refused saying "rows of all workers must be refused as OutOfRange";
        SkipsUnregistered as unregistered_states_are_dropped
            by checkpoints::unregistered_states_are_carried saying "rows carried, generation 1";
        GroupOffByOne as an_off_by_one_key_group
            by views::rows_ascend_within_the_asked_range saying "the key group of the row of";
        RangeOffByOne as an_off_by_one_key_group_range
            by views::rows_ascend_within_the_asked_range saying "rows of the key groups"
            also checkpoints::a_checkpoint_restores_at_other_parallelism;
        EpochsRepeat as epochs_repeat
            by views::epochs_ascend saying "comes after epoch";
        KeepsDroppedStates as a_dropped_state_stays
            by registration::dropped_states_are_gone saying "an unknown state must be refused as NotFound";
        HoldsAGhost as memory_never_returns
            by life::held_memory_returns_to_nothing saying "entries of an empty backend";
        PromisesBorrows as a_promise_to_borrow
            by reading::reads_borrow_where_promised saying "as `borrowed_reads` says";
        PromisesNative as a_promise_of_native_checkpoints
            by native::lacks_native saying "promises native checkpoints";
        PromisesCommits as a_promise_of_durable_commits
            by durability::lacks_durable saying "promises commits";
        DeniesTracking as a_capability_that_is_denied
            by incremental::lacks_incremental saying "must be refused as Unsupported";
        LosesTombstones as a_tombstone_is_lost_in_a_delta
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: counts of"
            also incremental::changes_lead_from_view_to_view,
                incremental::every_checkpoint_of_a_chain_restores;
        LosesRangeTombstones as a_range_tombstone_is_lost
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: events of"
            also incremental::changes_lead_from_view_to_view,
                incremental::lists_of_another_cut_go_on_in_the_chain,
                incremental::a_cleared_map_is_one_record;
        LosesClearedLists as cleared_lists_are_not_noted
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: events of"
            also incremental::lists_of_another_cut_go_on_in_the_chain;
        RangesHideOwnPuts as a_range_tombstone_hides_a_later_put
            by incremental::what_was_removed_never_comes_back saying "restored: events of"
            also incremental::changes_lead_from_view_to_view,
                incremental::a_cleared_map_is_one_record;
        LosesNewRows as new_rows_are_not_noted
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"round 2\""
            also incremental::changes_lead_from_view_to_view,
                incremental::new_states_join_the_chain, incremental::a_hot_key_is_one_row;
        LosesRewrites as rewrites_are_not_noted
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"all\""
            also incremental::changes_lead_from_view_to_view,
                incremental::few_changes_write_few_rows;
        OldValues as a_delta_of_old_values
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"all\""
            also incremental::changes_lead_from_view_to_view;
        SinceTheFreezeBefore as a_delta_relative_to_an_aborted_checkpoint
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts: keys"
            also incremental::checkpoints_in_flight_may_end_in_any_order,
                incremental::what_is_confirmed_is_forgotten_before,
                incremental::every_checkpoint_of_a_chain_restores;
        ConfirmForgetsTooMuch as a_confirmation_forgets_too_much
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts: keys"
            also incremental::what_is_confirmed_is_forgotten_before,
                incremental::changes_lead_from_view_to_view;
        AllGroups as changes_outside_the_range
            by incremental::changes_lead_from_view_to_view saying "changes are those of the range that was asked for";
        ClearsRowByRow as a_cleared_range_in_many_records
            by incremental::a_cleared_map_is_one_record saying "range tombstones and rows of a map that was cleared";
        TellsAllRows as a_delta_of_everything
            by incremental::few_changes_write_few_rows saying "one changed value in few rows"
            also incremental::what_was_removed_never_comes_back;
        NeverTracks as nothing_is_tracked
            by incremental::tracking_begins_when_it_is_asked_for saying "which is not tracked must be refused"
            also incremental::every_checkpoint_of_a_chain_restores,
                incremental::new_states_join_the_chain;
        SaysItTracks as more_is_said_to_be_tracked_than_is
            by incremental::tracking_begins_when_it_is_asked_for saying "which is not tracked must be refused"
            also incremental::a_budget_that_is_too_small_makes_a_full_checkpoint,
                incremental::only_views_are_confirmed;
        ConfirmsAnything as an_epoch_of_no_view_is_confirmed
            by incremental::only_views_are_confirmed saying "which was never frozen must be refused as Invalid";
        Descends as changes_descend
            by incremental::changes_lead_from_view_to_view saying "the changes of a run strictly ascend"
            also incremental::every_checkpoint_of_a_chain_restores;
        RangesLast as range_tombstones_behind_rows
            by incremental::changes_lead_from_view_to_view saying "range tombstones come before puts and deletes";
        RangesInSecondRun as the_order_of_runs_is_swapped
            by incremental::changes_lead_from_view_to_view saying "range tombstones are in the first run only";
        RowsTwice as a_row_in_two_runs
            by incremental::changes_lead_from_view_to_view saying "at most one put or delete in all runs together"
            also incremental::a_hot_key_is_one_row;
        FullLacksLast as a_base_without_its_last_row
            by incremental::changes_lead_from_view_to_view saying "all rows as changes"
            also incremental::tracking_begins_when_it_is_asked_for;
        IgnoresBudget as tracking_ignores_its_budget
            by incremental::a_budget_that_is_too_small_makes_a_full_checkpoint saying "bytes within 0";
        LosesDrops as a_drop_is_not_noted
            by incremental::dropped_states_stay_out_of_the_chain saying "the state of the same kind";
    }

    engine: Wasteful with Waste of "wasteful.rs" {
        GetsTwice as a_get_that_reads_twice
            by cost::a_get_is_one_read saying "a get is one read, and"
            also cost::an_update_reads_once;
        PutsAfterAGet as a_put_that_reads_first
            by cost::a_blind_write_reads_nothing saying "a blind write reads nothing, and"
            also cost::an_update_reads_once;
        DeletesAfterAGet as a_delete_that_reads_first
            by cost::a_blind_write_reads_nothing saying "a blind write reads nothing, and"
            also cost::an_update_reads_once, cost::a_clear_walks_only_its_own_rows;
        AppendsAfterAGet as an_append_that_reads_first
            by cost::an_append_reads_nothing saying "an append reads nothing, and"
            also cost::a_clear_walks_only_its_own_rows;
        UpdatesAfterASecondGet as an_update_that_reads_again
            by cost::an_update_reads_once saying "an update reads once, and";
        WalksTheTable as a_clear_that_walks_the_whole_table
            by cost::a_clear_walks_only_its_own_rows saying "a clear walks only its own rows, and";
        CountsNothing as calls_that_are_not_counted
            by cost::a_get_is_one_read saying "no call of the engine is counted"
            also cost::a_blind_write_reads_nothing, cost::an_append_reads_nothing,
                cost::an_update_reads_once, cost::a_clear_walks_only_its_own_rows;
        CountsAllTheSame as calls_that_are_said_to_be_uncounted
            by cost::lacks_cost saying "must be refused as Unsupported";
    }
}
