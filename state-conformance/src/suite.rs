//! The macro that turns the list of properties into tests, and the list.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use crate::card::{Ledger, Outcome};
use crate::factory::BackendFactory;
use crate::{crash, runner};

/// A suite as [`suite!`](crate::suite!) was asked for it.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name.
    pub name: &'static str,
    /// The package of its caller.
    pub package: &'static str,
    /// Version of that package.
    pub version: &'static str,
    /// Folder of that package.
    pub folder: &'static str,
    /// What the backend lacks.
    pub lacks: &'static [Lack],
}

/// A theme that a backend lacks by its design.
#[derive(Clone, Copy, Debug)]
pub struct Lack {
    /// The theme.
    pub theme: &'static str,
    /// The property that checks the refusal.
    pub gap: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Lines of a report that a card has.
const LINES: usize = 3;

/// Runs one property of a suite, and notes on the card how it ended; what the tests of
/// [`suite!`](crate::suite!) call. `path` is the test's, with the crate in front.
pub fn run<F: BackendFactory>(
    suite: &Suite,
    path: &'static str,
    [theme, property]: [&str; 2],
    factory: &F,
    test: fn(&F),
) {
    let (folder, name) = (suite.folder, suite.name);
    let file = format!("{folder}/proptest-regressions/{name}-{theme}-{property}.txt");
    let name = path.split_once("::").map_or(path, |(_, name)| name);
    let ledger = Ledger::of(suite);
    if let Some(ledger) = &ledger {
        ledger.begin([theme, property], factory);
    }
    runner::forget_seed();
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| {
        crash::with_test(name, || runner::with_regressions(file, || test(factory)));
    }));
    let time = start.elapsed();
    let generated = runner::generated();
    let outcome = match &result {
        Ok(()) => Outcome::Passed {
            cases: generated.map(|generated| generated.cases),
        },
        Err(panic) => Outcome::Failed {
            reason: reason(&**panic),
        },
    };
    if let Some(ledger) = &ledger {
        ledger.end([theme, property], outcome, generated, time);
    }
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

/// The first lines of what a property says when it fails.
fn reason(panic: &(dyn Any + Send)) -> String {
    let message = runner::message(panic);
    let lines: Vec<_> = message.lines().take(LINES).collect();
    lines.join("\n")
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
/// Four themes are of what a backend may lack, by its design: operations (`durability`, `native` and
/// `incremental`), and an engine whose calls are counted (`cost`). One that does says so, with the reason, in any
/// order: `suite!(name, factory, lacks: [durable => "..", native => "..", incremental => "..", cost => ".."])`. The
/// properties of the theme are then ignored tests that show the reason, and a live test checks that the operations
/// answer [`Unsupported`](state_api::ErrorKind::Unsupported) and the
/// [capability](state_api::Capability) agrees.
///
/// What a run finds is on a [card](crate::card).
#[macro_export]
macro_rules! suite {
    ($name:ident, $factory:expr $(,)?) => {
        $crate::__lacks! { $name, $factory; [] [] [] []; }
    };
    ($name:ident, $factory:expr, lacks: [$($lacks:tt)*] $(,)?) => {
        $crate::__lacks! { $name, $factory; [] [] [] []; $($lacks)* }
    };
}

/// Sorts what is lacking: into a place each for `durable`, `native`, `incremental` and `cost`.
#[doc(hidden)]
#[macro_export]
macro_rules! __lacks {
    ($name:ident, $factory:expr; $durable:tt $native:tt $incremental:tt $cost:tt;) => {
        $crate::__suite! { $name, $factory; $durable $native $incremental $cost }
    };
    ($name:ident, $factory:expr; [] $native:tt $incremental:tt $cost:tt;
     durable => $reason:literal $(, $($rest:tt)*)?) => {
        $crate::__lacks! { $name, $factory; [$reason] $native $incremental $cost; $($($rest)*)? }
    };
    ($name:ident, $factory:expr; $durable:tt [] $incremental:tt $cost:tt;
     native => $reason:literal $(, $($rest:tt)*)?) => {
        $crate::__lacks! { $name, $factory; $durable [$reason] $incremental $cost; $($($rest)*)? }
    };
    ($name:ident, $factory:expr; $durable:tt $native:tt [] $cost:tt;
     incremental => $reason:literal $(, $($rest:tt)*)?) => {
        $crate::__lacks! { $name, $factory; $durable $native [$reason] $cost; $($($rest)*)? }
    };
    ($name:ident, $factory:expr; $durable:tt $native:tt $incremental:tt [];
     cost => $reason:literal $(, $($rest:tt)*)?) => {
        $crate::__lacks! { $name, $factory; $durable $native $incremental [$reason]; $($($rest)*)? }
    };
    ($name:ident, $factory:expr; $durable:tt $native:tt $incremental:tt $cost:tt; $($rest:tt)*) => {
        compile_error!(concat!(
            "`lacks: [..]` takes `durable`, `native`, `incremental` and `cost`, each at most once and with its \
             reason, as in `native => \"there are no files\"`; it cannot take `",
            stringify!($($rest)*),
            "`"
        ));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __suite {
    ($name:ident, $factory:expr;
     [$($durable:literal)?] [$($native:literal)?] [$($incremental:literal)?]
     [$($cost:literal)?]) => {
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

            const SUITE: $crate::suite::Suite = $crate::suite::Suite {
                name: stringify!($name),
                package: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                folder: env!("CARGO_MANIFEST_DIR"),
                lacks: &[
                    $($crate::suite::Lack {
                        theme: "durability",
                        gap: "lacks_durable",
                        reason: $durable,
                    },)?
                    $($crate::suite::Lack {
                        theme: "native",
                        gap: "lacks_native",
                        reason: $native,
                    },)?
                    $($crate::suite::Lack {
                        theme: "incremental",
                        gap: "lacks_incremental",
                        reason: $incremental,
                    },)?
                    $($crate::suite::Lack {
                        theme: "cost",
                        gap: "lacks_cost",
                        reason: $cost,
                    },)?
                ],
            };

            $crate::__properties! {
                [@tests
                    [durability lacks_durable $($durable)?]
                    [native lacks_native $($native)?]
                    [incremental lacks_incremental $($incremental)?]
                    [cost lacks_cost $($cost)?]]
            }
        }
    };
}

/// The list of properties, by theme: the one place where a property is entered. The themes after the
/// arrow are of what a backend may lack.
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
            hostile {
                hostile_keys_are_told_apart
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
            interleaving {
                views_are_read_in_any_interleaving
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
            cost {
                a_get_is_one_read
                a_blind_write_reads_nothing
                an_append_reads_nothing
                an_update_reads_once
                a_clear_walks_only_its_own_rows
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __expand {
    (
        [@tests $($gap:tt)*]
        $($theme:ident { $($property:ident)* })*
        => $($optional:ident { $($may:ident)* })*
    ) => {
        $(
            mod $theme {
                $($crate::__test! { $theme $property })*
            }
        )*
        $($crate::__optional! { $gap $optional { $($may)* } })*
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
    ([$of:ident $gap:ident] $theme:ident { $($property:ident)* }) => {
        mod $theme {
            $($crate::__test! { $theme $property })*
        }
    };
    ([$of:ident $gap:ident $reason:literal] $theme:ident { $($property:ident)* }) => {
        mod $theme {
            $crate::__test! { $theme $gap }
            $($crate::__test! { $theme $property, #[ignore = $reason] })*
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($theme:ident $property:ident $(, $(#[$attribute:meta])+)?) => {
        #[test]
        $($(#[$attribute])+)?
        fn $property() {
            $crate::suite::run(
                &super::SUITE,
                concat!(module_path!(), "::", stringify!($property)),
                [stringify!($theme), stringify!($property)],
                &super::factory(),
                $crate::properties::$theme::$property,
            );
        }
    };
}

/// All properties, by theme.
pub const PROPERTIES: &[(&str, &[&str])] = __properties!([@names]);
