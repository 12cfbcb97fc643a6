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
    checkpoints, clearing, durability, failures, generated, incremental, keys, life, lists, native,
    ownership, reading, registration, views, writing,
};
use state_conformance::suite::seeded;

use crate::bent::Bent;
use crate::broken::Broken;
use crate::document::assert_part;
use crate::kept::Kept;

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
    /// What is wrong with it.
    defect: &'static str,
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

#[test]
fn the_documentation_lists_the_zoo() {
    let mut table =
        String::from("| broken backend | rejected by | the report says |\n|---|---|---|\n");
    for beast in ZOO {
        writeln!(
            table,
            "| `{}`:{} | `{}` | \"{}\" |",
            beast.test, beast.defect, beast.property, beast.words
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

/// A cage per sort of backend: the enum of its defects, a test for each, and the list.
macro_rules! zoo {
    ($(
        $(#[$about:meta])*
        $cage:ident: $factory:ident with $defect:ident {$(
            $(#[doc = $what:literal])+
            $name:ident as $test:ident by $theme:ident::$property:ident saying $words:literal
            $(also $($also_theme:ident::$also:ident),+)?;
        )+}
    )+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub(crate) enum $defect {
                $($(#[doc = $what])+ $name,)+
            }

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

        /// Every entry.
        const ZOO: &[Beast] = &[$($(
            Beast {
                test: stringify!($test),
                defect: concat!($($what),+),
                property: concat!(stringify!($theme), "::", stringify!($property)),
                words: $words,
            },
        )+)+];
    };
}

zoo! {
    /// What is wrong with a store of bytes.
    store: Broken with Defect {
        /// `delete` does nothing.
        DropsDeletes as drops_deletes
            by clearing::emptied_collections_disappear saying "key counts after emptying"
            also clearing::states_do_not_interfere, reading::absent_state_reads_alike,
                writing::counts_follow_every_write;
        /// A deleted row is still found by scans.
        GhostsInScans as a_removed_entry_is_still_counted
            by writing::counts_follow_every_write saying "len of the map after a take";
        /// A scan is answered from an earlier one of the same range.
        ScansAreStale as a_stale_iterator
            by writing::counts_follow_every_write saying "after an insert and a push";
        /// A read is answered from the last view, where there is one.
        ReadsTheLastView as a_read_of_a_stale_value
            by writing::modify_starts_from_what_is_there saying "after 8 numbers, the sum";
        /// A view is the live store.
        ViewsAreLive as a_view_sees_later_writes
            by views::a_view_ignores_later_writes saying "the view, after writes"
            also views::views_of_several_epochs_differ, views::views_overlap_clears_and_drops;
        /// A view lacks the first table of a state.
        ViewLosesATable as a_view_without_a_state
            by checkpoints::unregistered_states_are_carried saying "counts of"
            also checkpoints::a_checkpoint_restores_what_it_was_taken_of;
        /// `delete_range` takes the first key behind the range, too.
        RangeDeleteTakesNeighbour as a_range_delete_that_goes_too_far
            by clearing::clear_touches_only_its_own_rows saying "after clearing key"
            also clearing::namespaces_do_not_interfere, failures::a_refused_element_changes_no_list;
        /// `delete_range` leaves the last key of the range.
        RangeDeleteLeavesLast as a_range_delete_that_stops_too_early
            by clearing::clear_touches_only_its_own_rows saying "after clearing key"
            also clearing::emptied_collections_disappear, failures::a_refused_element_changes_no_list;
        /// The end of a range that begins with `0xff` wraps around: nothing is deleted.
        EndOfOnesWraps as a_prefix_of_ones_that_is_empty
            by clearing::keys_of_all_ones_are_cleared_alone saying "0xff, after clearing";
        /// The end of a range that begins with `0xff` is taken for none: all behind it is deleted.
        EndOfOnesIsNone as a_prefix_of_ones_without_an_end
            by clearing::keys_of_all_ones_are_cleared_alone saying "0xff, after clearing";
        /// A list that is cleared keeps a chunk without elements.
        ClearLeavesAChunk as an_emptied_list_is_still_listed
            by clearing::emptied_collections_disappear saying "key counts after emptying";
        /// A scan descends.
        ScansBackwards as scans_descend
            by keys::map_order_is_encoding_order saying "rows are not strictly ascending"
            also lists::long_lists_keep_their_order, views::rows_ascend_within_the_asked_range;
        /// A scan comes in the order in which the rows were first written.
        ScansByInsertion as map_order_by_insertion
            by keys::map_order_is_encoding_order saying "rows are not strictly ascending"
            also views::rows_ascend_within_the_asked_range;
        /// The back end of a scan gives what the front end should.
        BackIsFront as the_back_of_a_scan_is_its_front
            by generated::map_ranges_agree_with_a_btreemap saying "Backward)";
        /// A scan ends one entry early.
        ScanMissesLast as a_scan_misses_the_last_entry
            by generated::map_ranges_agree_with_a_btreemap saying "Unbounded, Forward)"
            also keys::keys_of_many_types_round_trip;
        /// A scan starts with the key that its lower bound excludes.
        ScanIncludesExcluded as a_scan_includes_an_excluded_bound
            by generated::map_ranges_agree_with_a_btreemap saying "Excluded";
        /// Reads of many keys at once are answered in another order.
        MultiGetReverses as many_values_in_another_order
            by reading::many_values_are_read_as_one_by_one saying "many values, live";
        /// Every seventh `put` does nothing.
        LosesEverySeventhPut as a_write_is_lost
            by clearing::namespaces_do_not_interfere saying "namespace"
            also keys::keys_of_many_types_round_trip, writing::counts_follow_every_write;
        /// A value is cut at 100,000 bytes.
        CutsLongValues as values_are_cut
            by reading::large_values_fit saying "a value cannot be decoded";
        /// All states share a table.
        OneTable as states_share_a_table
            by clearing::states_do_not_interfere saying "after writing";
        /// `drop_table` does nothing.
        KeepsDroppedTables as a_dropped_table_stays
            by registration::a_name_can_be_used_again saying "a dropped list is back";
        /// The capability says that data survives a close.
        PromisesToSurvive as a_promise_to_survive_a_close
            by life::closed_state_is_found_as_promised saying "after a close and an open"
            also life::a_refused_open_leaves_the_data;
        /// A restored row lies in the next key group.
        IngestMovesGroup as a_key_hashed_to_another_group_at_restore
            by checkpoints::a_checkpoint_restores_what_it_was_taken_of saying "the first checkpoint, restored: counts of";
        /// A restored row of a namespace lies in another one.
        IngestMovesNamespace as a_row_restored_into_the_wrong_namespace
            by checkpoints::a_checkpoint_restores_what_it_was_taken_of saying "the first checkpoint, restored: notes of";
    }

    /// What is wrong with a store in a file.
    file: Kept with Loss {
        /// The last write before a close is lost.
        CloseLosesTheTail as close_loses_the_tail
            by life::closed_state_is_found_as_promised saying "after a close and an open";
        /// What was appended to lists since the open is lost at a close.
        CloseLosesAppends as appends_are_lost_at_reopen
            by life::closed_state_is_found_as_promised saying "after a close and an open: events of";
        /// A close forgets which chunk numbers are taken: appends overwrite.
        CloseForgetsTheCounter as chunk_numbers_are_used_again
            by life::closed_state_is_found_as_promised saying "events of \"a\": elements";
        /// A destroy leaves the file.
        DestroyLeavesTheFile as destroyed_data_comes_back
            by life::destroy_removes_the_data saying "after a destroy";
        /// The checksum of the file is not compared.
        TrustsTheFile as damage_is_not_noticed
            by life::a_damaged_directory_is_refused_or_whole saying "is damaged, the backend opens";
        /// A commit keeps nothing until the close, and is said to be durable.
        CommitKeepsNothing as claims_durable_but_is_not
            by durability::what_is_committed_is_found saying "metadata of the last commit"
            also durability::states_are_part_of_a_commit;
        /// A commit keeps its metadata before its rows.
        CommitIsTorn as commit_is_not_atomic
            by durability::what_is_committed_is_found saying "Crash: ";
        /// A view makes durable what nobody committed.
        FreezeCommits as an_uncommitted_write_is_found
            by durability::what_is_committed_is_found saying "Crash: ";
        /// A commit leaves restored rows out.
        CommitSkipsRestored as a_restore_is_not_in_the_commit
            by durability::a_restore_is_durable_with_its_commit saying "the restored state, committed";
        /// A commit leaves out the states that were registered since the open.
        CommitSkipsNewStates as new_states_are_not_in_the_commit
            by durability::states_are_part_of_a_commit saying "states";
        /// A directory is opened in whatever mode.
        OpensInAnyMode as the_mode_of_a_directory_is_ignored
            by durability::the_other_mode_is_refused saying "an open in scratch mode";
    }

    /// What is wrong with a typed backend, or with the changes that it tells.
    typed: Bent with Bend {
        /// A closure that panics poisons nothing.
        ForgetsPoison as a_panicking_closure_does_not_poison
            by failures::a_panicking_closure_poisons saying "a read must be refused as Poisoned"
            also failures::a_held_accessor_stays_poisoned;
        /// `modify` starts from the initial value, whatever is there.
        ModifyStartsAnew as modify_forgets_what_is_there
            by writing::modify_starts_from_what_is_there saying "sum in `modify`";
        /// `modify` of a map writes nothing when the value is there.
        ModifyOfMapIsLost as modify_of_a_map_is_lost
            by writing::modify_starts_from_what_is_there saying "map value";
        /// `clear` clears the key in the unit namespace, wherever it is called.
        ClearIgnoresNamespace as the_namespace_is_ignored_by_clear
            by clearing::namespaces_do_not_interfere saying "namespace"
            also writing::namespaces_merge_into_one;
        /// `extend` puts the elements in reverse.
        ExtendReverses as list_order_is_lost
            by lists::long_lists_keep_their_order saying "is another one"
            also writing::namespaces_merge_into_one;
        /// Keys of other workers are accepted.
        AcceptsForeignKeys as a_key_outside_the_range_is_accepted
            by ownership::keys_of_other_workers_are_refused
            saying "reads of a foreign key that are not refused";
        /// Rows of other workers are skipped by a restore.
        SkipsForeignRows as rows_outside_the_range_are_skipped
            by ownership::rows_of_other_workers_are_refused saying "rows of all workers must be refused as OutOfRange";
        /// A restore skips the states that are not registered.
        SkipsUnregistered as unregistered_states_are_dropped
            by checkpoints::unregistered_states_are_carried saying "rows carried, generation 1";
        /// A row of a view comes with the next key group.
        GroupOffByOne as an_off_by_one_key_group
            by views::rows_ascend_within_the_asked_range saying "the key group of the row of";
        /// The rows of a range lack the last key group.
        RangeOffByOne as an_off_by_one_key_group_range
            by views::rows_ascend_within_the_asked_range saying "rows of the key groups"
            also checkpoints::a_checkpoint_restores_at_other_parallelism;
        /// All views have one epoch.
        EpochsRepeat as epochs_repeat
            by views::epochs_ascend saying "comes after epoch";
        /// A dropped state stays.
        KeepsDroppedStates as a_dropped_state_stays
            by registration::dropped_states_are_gone saying "an unknown state must be refused as NotFound";
        /// The entry of a cleared state is held for ever.
        HoldsAGhost as memory_never_returns
            by life::held_memory_returns_to_nothing saying "entries of an empty backend";
        /// The capability says that reads borrow.
        PromisesBorrows as a_promise_to_borrow
            by reading::reads_borrow_where_promised saying "as `borrowed_reads` says";
        /// The capability says that there are native checkpoints.
        PromisesNative as a_promise_of_native_checkpoints
            by native::lacks_native saying "promises native checkpoints";
        /// The capability says that commits are durable, of a backend that has none.
        PromisesCommits as a_promise_of_durable_commits
            by durability::lacks_durable saying "promises commits";
        /// The capability says that changes are not tracked, and they are.
        DeniesTracking as a_capability_that_is_denied
            by incremental::lacks_incremental saying "must be refused as Unsupported";
        /// A delta has no tombstones: removals are not noted.
        LosesTombstones as a_tombstone_is_lost_in_a_delta
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: counts of"
            also incremental::changes_lead_from_view_to_view,
                incremental::every_checkpoint_of_a_chain_restores;
        /// A delta has no range tombstones.
        LosesRangeTombstones as a_range_tombstone_is_lost
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: events of"
            also incremental::changes_lead_from_view_to_view,
                incremental::lists_of_another_cut_go_on_in_the_chain,
                incremental::a_cleared_map_is_one_record;
        /// Ranges of lists are not noted, those of maps are.
        LosesClearedLists as cleared_lists_are_not_noted
            by incremental::what_was_removed_never_comes_back saying "checkpoint 2, restored: events of"
            also incremental::lists_of_another_cut_go_on_in_the_chain;
        /// A range tombstone takes the puts of its own delta along.
        RangesHideOwnPuts as a_range_tombstone_hides_a_later_put
            by incremental::what_was_removed_never_comes_back saying "restored: events of"
            also incremental::changes_lead_from_view_to_view,
                incremental::a_cleared_map_is_one_record;
        /// Rows that are new are not noted.
        LosesNewRows as new_rows_are_not_noted
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"round 2\""
            also incremental::changes_lead_from_view_to_view,
                incremental::new_states_join_the_chain, incremental::a_hot_key_is_one_row;
        /// Rows that are written again are not noted.
        LosesRewrites as rewrites_are_not_noted
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"all\""
            also incremental::changes_lead_from_view_to_view,
                incremental::few_changes_write_few_rows;
        /// A row comes with the value that it had at the freeze before.
        OldValues as a_delta_of_old_values
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts of \"all\""
            also incremental::changes_lead_from_view_to_view;
        /// A delta is relative to the freeze before, confirmed or not.
        SinceTheFreezeBefore as a_delta_relative_to_an_aborted_checkpoint
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts: keys"
            also incremental::checkpoints_in_flight_may_end_in_any_order,
                incremental::what_is_confirmed_is_forgotten_before,
                incremental::every_checkpoint_of_a_chain_restores;
        /// A confirmation forgets the interval behind it, too.
        ConfirmForgetsTooMuch as a_confirmation_forgets_too_much
            by incremental::what_an_aborted_checkpoint_held_is_in_the_next saying "checkpoint 3, restored: counts: keys"
            also incremental::what_is_confirmed_is_forgotten_before,
                incremental::changes_lead_from_view_to_view;
        /// Changes are those of all key groups, whatever range is asked for.
        AllGroups as changes_outside_the_range
            by incremental::changes_lead_from_view_to_view saying "changes are those of the range that was asked for";
        /// A cleared range comes as one tombstone for each row.
        ClearsRowByRow as a_cleared_range_in_many_records
            by incremental::a_cleared_map_is_one_record saying "range tombstones and rows of a map that was cleared";
        /// A delta has all rows.
        TellsAllRows as a_delta_of_everything
            by incremental::few_changes_write_few_rows saying "one changed value in few rows"
            also incremental::what_was_removed_never_comes_back;
        /// Nothing is ever tracked.
        NeverTracks as nothing_is_tracked
            by incremental::tracking_begins_when_it_is_asked_for saying "which is not tracked must be refused"
            also incremental::every_checkpoint_of_a_chain_restores,
                incremental::new_states_join_the_chain;
        /// All epochs are said to be tracked; what is not known is taken for no change.
        SaysItTracks as more_is_said_to_be_tracked_than_is
            by incremental::tracking_begins_when_it_is_asked_for saying "which is not tracked must be refused"
            also incremental::a_budget_that_is_too_small_makes_a_full_checkpoint,
                incremental::only_views_are_confirmed;
        /// Any epoch may be confirmed.
        ConfirmsAnything as an_epoch_of_no_view_is_confirmed
            by incremental::only_views_are_confirmed saying "which was never frozen must be refused as Invalid";
        /// Puts and deletes descend.
        Descends as changes_descend
            by incremental::changes_lead_from_view_to_view saying "the changes of a run strictly ascend"
            also incremental::every_checkpoint_of_a_chain_restores;
        /// Range tombstones come last.
        RangesLast as range_tombstones_behind_rows
            by incremental::changes_lead_from_view_to_view saying "range tombstones come before puts and deletes";
        /// Range tombstones come in a later run than the rows that replace what they delete.
        RangesInSecondRun as the_order_of_runs_is_swapped
            by incremental::changes_lead_from_view_to_view saying "range tombstones are in the first run only";
        /// The first row comes again in a second run.
        RowsTwice as a_row_in_two_runs
            by incremental::changes_lead_from_view_to_view saying "at most one put or delete in all runs together"
            also incremental::a_hot_key_is_one_row;
        /// All rows as changes lack the last one.
        FullLacksLast as a_base_without_its_last_row
            by incremental::changes_lead_from_view_to_view saying "all rows as changes"
            also incremental::tracking_begins_when_it_is_asked_for;
        /// Tracking takes more memory than it was given.
        IgnoresBudget as tracking_ignores_its_budget
            by incremental::a_budget_that_is_too_small_makes_a_full_checkpoint saying "bytes within 0";
        /// A state that is dropped and comes again is taken for the same one.
        LosesDrops as a_drop_is_not_noted
            by incremental::dropped_states_stay_out_of_the_chain saying "the state of the same kind";
    }
}
