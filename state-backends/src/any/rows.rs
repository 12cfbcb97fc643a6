//! Rows and changes on their way out of a view.

use state_api::{ChangeSource, Result, RowChange, RowRef, RowSource};

use super::sum::AnyOf;

macro_rules! rows {
    ({} $(($Variant:ident $($entry:tt)+))+) => {
        impl<$($Variant: RowSource),+> RowSource for AnyOf<$($Variant),+> {
            #[inline]
            fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
                each!(self, rows => rows.next_row())
            }
        }

        impl<$($Variant: ChangeSource),+> ChangeSource for AnyOf<$($Variant),+> {
            fn next_run(&mut self) -> Result<bool> {
                each!(self, changes => changes.next_run())
            }

            #[inline]
            fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
                each!(self, changes => changes.next_change())
            }
        }
    };
}

each_backend!(rows {});
