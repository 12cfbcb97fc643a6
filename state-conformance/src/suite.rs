//! The macro that turns the list of properties into tests, and the list.

use crate::{crash, runner};

/// Runs one property of a suite; what the tests of [`suite!`](crate::suite!) call. `path` is the
/// test's, with the crate in front.
pub fn run(
    crate_dir: &str,
    path: &'static str,
    [suite, theme, property]: [&str; 3],
    test: impl FnOnce(),
) {
    let file = format!("{crate_dir}/proptest-regressions/{suite}-{theme}-{property}.txt");
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    crash::with_test(name, || runner::with_regressions(file, test));
}

/// Runs a property with a seed that is given, and not drawn, and shrinks a failure if asked to: for tests of
/// the suite itself.
pub fn seeded(seed: u64, shrinks: bool, property: impl FnOnce()) {
    runner::with_seed(seed, shrinks, property);
}

/// Tests a backend: `suite!(name, factory)` expands to `mod name` with one `#[test]` per property.
///
/// `factory` is an expression, evaluated by each test, whose value is a
/// [`BackendFactory`](crate::BackendFactory).
///
/// Three themes are of operations that a backend may lack, by its design: `durability`, `native` and
/// `incremental`. One that does says so, with the reason: `suite!(name, factory, lacks: [durable => "..",
/// native => "..", incremental => ".."])`, in this order. The properties of the theme are then ignored tests that show the reason,
/// and a live test checks that the operations answer
/// [`Unsupported`](state_api::ErrorKind::Unsupported) and the
/// [capability](state_api::Capability) agrees.
#[macro_export]
macro_rules! suite {
    ($name:ident, $factory:expr) => {
        $crate::suite! { $name, $factory, lacks: [] }
    };
    ($name:ident, $factory:expr,
     lacks: [
        $(durable => $durable:literal $(,)?)?
        $(native => $native:literal $(,)?)?
        $(incremental => $incremental:literal $(,)?)?
     ] $(,)?) => {
        mod $name {
            #[allow(
                unused_imports,
                clippy::wildcard_imports,
                reason = "the factory's names"
            )]
            use super::*;

            fn factory() -> impl $crate::BackendFactory {
                $factory
            }

            $crate::__properties! {
                [@tests $name
                    [durability lacks_durable $($durable)?]
                    [native lacks_native $($native)?]
                    [incremental lacks_incremental $($incremental)?]]
            }
        }
    };
}

/// The list of properties, by theme: the one place where a property is entered. The themes after the
/// arrow are of operations that a backend may lack.
#[doc(hidden)]
#[macro_export]
macro_rules! __properties {
    ($mode:tt) => {
        $crate::__expand! {
            $mode
            generated {
                generated_operations
                equal_state_gives_equal_rows
                map_ranges_agree_with_a_btreemap
            }
            reading {
                absent_state_reads_alike
                borrowed_keys_reach_the_same_row
                the_unit_namespace_is_none
                reads_borrow_where_promised
                large_values_fit
                many_values_are_read_as_one_by_one
            }
            writing {
                modify_starts_from_what_is_there
                namespaces_merge_into_one
                counts_follow_every_write
                keys_are_listed_while_they_change
            }
            clearing {
                emptied_collections_disappear
                clear_touches_only_its_own_rows
                states_do_not_interfere
                namespaces_do_not_interfere
                keys_of_all_ones_are_cleared_alone
            }
            keys {
                keys_of_many_types_round_trip
                map_order_is_encoding_order
            }
            lists {
                long_lists_keep_their_order
                elements_longer_than_a_chunk_fit
            }
            registration {
                registering_again_gives_the_same_handle
                other_descriptions_are_refused
                handles_of_other_types_are_refused
                a_state_is_bound_once
                dropped_states_are_gone
                a_name_can_be_used_again
            }
            ownership {
                keys_of_other_workers_are_refused
                rows_of_other_workers_are_refused
                rows_lie_in_the_key_group_of_their_key
            }
            views {
                a_view_ignores_later_writes
                a_view_outlives_its_backend
                views_of_several_epochs_differ
                views_overlap_clears_and_drops
                epochs_ascend
                an_empty_backend_has_no_rows
                rows_ascend_within_the_asked_range
            }
            checkpoints {
                a_checkpoint_restores_what_it_was_taken_of
                a_checkpoint_restores_at_other_parallelism
                unregistered_states_are_carried
                restored_rows_that_do_not_fit_are_refused
                rows_that_nobody_writes_are_refused
                a_backend_with_rows_cannot_restore
                another_max_parallelism_is_refused
            }
            failures {
                a_failing_codec_changes_nothing
                a_refused_element_changes_no_list
                a_panicking_closure_poisons
                a_panicking_iterator_poisons
                a_held_accessor_stays_poisoned
                a_failed_restore_poisons
            }
            life {
                closed_state_is_found_as_promised
                a_refused_open_leaves_the_data
                a_damaged_directory_is_refused_or_whole
                views_may_hold_the_place
                destroy_removes_the_data
                held_memory_returns_to_nothing
            }
            crash {
                the_last_checkpoint_survives_kills
            }
            =>
            durability {
                what_is_committed_is_found
                acknowledged_commits_survive_kills
                states_are_part_of_a_commit
                a_restore_is_durable_with_its_commit
                the_other_mode_is_refused
                commits_are_refused_where_not_promised
            }
            native {
                a_native_checkpoint_restores
                unchanged_files_are_shared
                native_checkpoints_are_rescaled
                damaged_native_files_are_refused
                impossible_native_requests_are_refused
            }
            incremental {
                every_checkpoint_of_a_chain_restores
                changes_lead_from_view_to_view
                what_an_aborted_checkpoint_held_is_in_the_next
                checkpoints_in_flight_may_end_in_any_order
                the_chain_goes_on_after_a_restore
                lists_of_another_cut_go_on_in_the_chain
                unregistered_states_stay_in_the_chain
                what_was_removed_never_comes_back
                dropped_states_stay_out_of_the_chain
                new_states_join_the_chain
                a_cleared_map_is_one_record
                few_changes_write_few_rows
                a_hot_key_is_one_row
                a_budget_that_is_too_small_makes_a_full_checkpoint
                tracking_begins_when_it_is_asked_for
                what_is_confirmed_is_forgotten_before
                only_views_are_confirmed
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __expand {
    (
        [@tests $suite:ident $($gap:tt)*]
        $($theme:ident { $($property:ident)* })*
        => $($optional:ident { $($may:ident)* })*
    ) => {
        $(
            mod $theme {
                $($crate::__test! { $suite $theme $property })*
            }
        )*
        $($crate::__optional! { $suite $gap $optional { $($may)* } })*
    };
    ([@names] $($theme:ident { $($property:ident)* })* => $($optional:ident { $($may:ident)* })*) => {
        &[
            $((stringify!($theme), &[$(stringify!($property)),*]),)*
            $((stringify!($optional), &[$(stringify!($may)),*]),)*
        ]
    };
}

/// A theme that may be lacking: its tests, or the gap.
#[doc(hidden)]
#[macro_export]
macro_rules! __optional {
    ($suite:ident [$of:ident $gap:ident] $theme:ident { $($property:ident)* }) => {
        mod $theme {
            $($crate::__test! { $suite $theme $property })*
        }
    };
    ($suite:ident [$of:ident $gap:ident $reason:literal] $theme:ident { $($property:ident)* }) => {
        mod $theme {
            $crate::__test! { $suite $theme $gap }
            $($crate::__test! { $suite $theme $property, #[ignore = $reason] })*
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($suite:ident $theme:ident $property:ident $(, $(#[$attribute:meta])+)?) => {
        #[test]
        $($(#[$attribute])+)?
        fn $property() {
            let test = [stringify!($suite), stringify!($theme), stringify!($property)];
            let path = concat!(module_path!(), "::", stringify!($property));
            $crate::suite::run(env!("CARGO_MANIFEST_DIR"), path, test, || {
                $crate::properties::$theme::$property(&super::factory());
            });
        }
    };
}

/// All properties, by theme.
pub const PROPERTIES: &[(&str, &[&str])] = __properties!([@names]);
