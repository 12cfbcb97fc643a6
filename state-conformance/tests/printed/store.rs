//! The store that programs are printed for, and which programs are kept.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use state_api::{KeyGroups, Result, StateKey};
use state_conformance::BackendFactory;
use state_store::StoreBackend;

use super::broken::{Broken, BrokenStore, Defect};

thread_local! {
    /// What is wrong with the store on this thread.
    static DEFECT: Cell<Option<Defect>> = const { Cell::new(None) };
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

/// Runs `test` with `defect` in the store.
pub(crate) fn with<R>(defect: Defect, test: impl FnOnce() -> R) -> R {
    DEFECT.set(Some(defect));
    let outcome = catch_unwind(AssertUnwindSafe(test));
    DEFECT.set(None);
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Calls a macro with all programs that fail, and the defects that they were printed for.
macro_rules! each_program {
    ($call:ident) => {
        $call! {
            drops_deletes: DropsDeletes;
            drops_deletes_with_other_options: DropsDeletes;
            views_are_live: ViewsAreLive;
            range_delete_takes_neighbour: RangeDeleteTakesNeighbour;
            range_delete_leaves_last: RangeDeleteLeavesLast;
            scans_backwards: ScansBackwards;
            back_is_front: BackIsFront;
            scan_misses_last: ScanMissesLast;
            scan_includes_excluded: ScanIncludesExcluded;
            loses_every_seventh_put: LosesEverySeventhPut;
            one_table: OneTable;
            keeps_dropped_tables: KeepsDroppedTables;
            view_loses_a_table: ViewLosesATable;
        }
    };
}
pub(crate) use each_program;
