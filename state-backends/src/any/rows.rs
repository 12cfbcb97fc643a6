//! Rows on their way out of a view.

use state_api::{Result, RowRef, RowSource};

use super::sum::AnyOf;

macro_rules! rows {
    ({} $(($Variant:ident $($entry:tt)+))+) => {
        impl<$($Variant: RowSource),+> RowSource for AnyOf<$($Variant),+> {
            #[inline]
            fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
                each!(self, rows => rows.next_row())
            }
        }
    };
}

each_backend!(rows {});
