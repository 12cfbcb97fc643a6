//! The backends that programs are printed for, and which programs are kept.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use state_api::{KeyGroups, Result, StateBackend, StateKey};
use state_conformance::{BackendFactory, Calls};
use state_store::StoreBackend;

use super::bent::{Bend, Bent, BentBackend};
use super::broken::{Broken, BrokenStore, Defect};
use super::wasteful::{Waste, Wasteful, WastefulStore};

thread_local! {
    /// What is wrong with the store on this thread.
    static DEFECT: Cell<Option<Defect>> = const { Cell::new(None) };
    /// What is wrong with the typed backend on this thread.
    static BEND: Cell<Option<Bend>> = const { Cell::new(None) };
    /// What the store over a counted engine wastes on this thread.
    static WASTE: Cell<Option<Waste>> = const { Cell::new(None) };
}

/// What may be wrong with a backend.
pub(crate) trait Flaw: Sized {
    /// Says what is wrong on this thread, from now on.
    fn set(flaw: Option<Self>);
}

impl Flaw for Defect {
    fn set(flaw: Option<Self>) {
        DEFECT.set(flaw);
    }
}

impl Flaw for Bend {
    fn set(flaw: Option<Self>) {
        BEND.set(flaw);
    }
}

impl Flaw for Waste {
    fn set(flaw: Option<Self>) {
        WASTE.set(flaw);
    }
}

/// The store that programs are printed for: sound, but where a test says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    options: u64,
}

/// What programs call it, with the options of the factory itself.
pub(crate) const STORE: Store = Store { options: 0 };

impl BackendFactory for Store {
    type Backend<K: StateKey> = StoreBackend<K, BrokenStore>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        // Only some options show the defect.
        let defect = DEFECT.get().filter(|_| self.options != 2);
        Broken(defect).open(dir, groups)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self { options: seed % 3 })
    }

    fn expression(&self) -> String {
        match self.options {
            0 => "STORE".to_owned(),
            options => format!("Store {{ options: {options} }}"),
        }
    }
}

/// The typed backend that programs are printed for: sound, but where a test says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Typed {
    options: u64,
}

/// As [`STORE`].
pub(crate) const TYPED: Typed = Typed { options: 0 };

impl BackendFactory for Typed {
    type Backend<K: StateKey> = BentBackend<K>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        let bend = BEND.get().filter(|_| self.options != 2);
        Bent(bend).open(dir, groups)
    }

    fn vary(&self, seed: u64) -> Option<Self> {
        Some(Self { options: seed % 3 })
    }

    fn expression(&self) -> String {
        match self.options {
            0 => "TYPED".to_owned(),
            options => format!("Typed {{ options: {options} }}"),
        }
    }
}

/// The store over a counted engine that programs are printed for: thrifty, but where a test says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Engine;

/// As [`STORE`].
pub(crate) const ENGINE: Engine = Engine;

impl BackendFactory for Engine {
    type Backend<K: StateKey> = StoreBackend<K, WastefulStore>;

    fn open<K: StateKey>(&self, dir: &Path, groups: KeyGroups) -> Result<Self::Backend<K>> {
        Wasteful(WASTE.get()).open(dir, groups)
    }

    fn open_counted<K: StateKey>(
        &self,
        dir: &Path,
        groups: KeyGroups,
        calls: &Calls,
    ) -> Result<impl StateBackend<Key = K> + use<K>> {
        Wasteful(WASTE.get()).open_counted(dir, groups, calls)
    }

    fn expression(&self) -> String {
        "ENGINE".to_owned()
    }
}

/// Runs `test` with `flaw` in the backend.
pub(crate) fn with<R>(flaw: impl Flaw, test: impl FnOnce() -> R) -> R {
    fn mend<F: Flaw>(_: &F) -> fn() {
        || F::set(None)
    }
    let mend = mend(&flaw);
    Flaw::set(Some(flaw));
    let outcome = catch_unwind(AssertUnwindSafe(test));
    mend();
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Calls a macro with all programs that fail: what they were printed for, and where their history is.
macro_rules! each_program {
    ($call:ident) => {
        $call! {
            drops_deletes: STORE with Defect::DropsDeletes in history;
            drops_deletes_with_other_options: STORE with Defect::DropsDeletes in history;
            views_are_live: STORE with Defect::ViewsAreLive in history;
            range_delete_takes_neighbour: STORE with Defect::RangeDeleteTakesNeighbour in history;
            range_delete_leaves_last: STORE with Defect::RangeDeleteLeavesLast in history;
            scans_backwards: STORE with Defect::ScansBackwards in history;
            back_is_front: STORE with Defect::BackIsFront in history;
            scan_misses_last: STORE with Defect::ScanMissesLast in history;
            scan_includes_excluded: STORE with Defect::ScanIncludesExcluded in history;
            loses_every_seventh_put: STORE with Defect::LosesEverySeventhPut in history;
            one_table: STORE with Defect::OneTable in history;
            keeps_dropped_tables: STORE with Defect::KeepsDroppedTables in history;
            view_loses_a_table: STORE with Defect::ViewLosesATable in history;
            a_chain_loses_a_tombstone: TYPED with Bend::LosesTombstones in incremental;
            a_chain_is_relative_to_an_aborted_checkpoint:
                TYPED with Bend::SinceTheFreezeBefore in incremental;
            a_chain_is_not_tracked: TYPED with Bend::NeverTracks in incremental;
            a_chain_loses_a_tombstone_with_other_options:
                TYPED with Bend::LosesTombstones in incremental;
            a_change_lost: TYPED with Bend::LosesRewrites in incremental;
            all_rows_but_the_last: TYPED with Bend::FullLacksLast in incremental;
            a_row_in_two_runs: TYPED with Bend::RowsTwice in incremental;
            changes_of_all_groups: TYPED with Bend::AllGroups in incremental;
            more_tracked_than_known: TYPED with Bend::ConfirmForgetsTooMuch in incremental;
            a_relay_loses_a_row: TYPED with Bend::LosesNewRows in incremental;
            a_relay_loses_a_tombstone: TYPED with Bend::LosesTombstones in incremental;
            calls_are_not_counted: ENGINE with Waste::CountsNothing in cost;
            a_get_reads_twice: ENGINE with Waste::GetsTwice in cost;
            a_put_reads_first: ENGINE with Waste::PutsAfterAGet in cost;
            an_append_reads_first: ENGINE with Waste::AppendsAfterAGet in cost;
            an_update_reads_again: ENGINE with Waste::UpdatesAfterASecondGet in cost;
            a_clear_walks_the_table: ENGINE with Waste::WalksTheTable in cost;
        }
    };
}
pub(crate) use each_program;
