//! The view.

use std::fmt;

use state_api::{KeyGroupRange, Origin, Result, StateBackend, StateKey, StateView};

use super::sum::AnyOf;

macro_rules! view {
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident
           $($entry:tt)+))+) => {
        /// A view of an [`AnyBackend`](super::AnyBackend).
        #[non_exhaustive]
        pub enum AnyView<K: StateKey> {
            $(
                #[doc = concat!("A view of the backend `", $feature, "`.")]
                $Variant(<$krate::$Backend<K> as StateBackend>::View),
            )+
        }

        reads! { AnyView $(($Variant <$krate::$Backend<K> as StateBackend>::View))+ }

        impl<K: StateKey> StateView for AnyView<K> {
            type Rows = AnyOf<
                $(<<$krate::$Backend<K> as StateBackend>::View as StateView>::Rows),+
            >;
            type Changes = AnyOf<
                $(<<$krate::$Backend<K> as StateBackend>::View as StateView>::Changes),+
            >;

            fn epoch(&self) -> u64 {
                each!(self, view => view.epoch())
            }

            fn origin(&self) -> Origin {
                each!(self, view => view.origin())
            }

            fn into_rows(self, range: KeyGroupRange) -> Result<Self::Rows> {
                Ok(each!(self, view => AnyOf::_(view.into_rows(range)?)))
            }

            fn tracks_since(&self, epoch: u64) -> bool {
                each!(self, view => view.tracks_since(epoch))
            }

            fn into_changes(
                self,
                since: Option<u64>,
                range: KeyGroupRange,
                buffer: usize,
            ) -> Result<Self::Changes> {
                Ok(each!(self, view => AnyOf::_(view.into_changes(since, range, buffer)?)))
            }
        }
    };
}

each_backend!(view {});

impl<K: StateKey> Clone for AnyView<K> {
    fn clone(&self) -> Self {
        each!(self, view => AnyView::_(view.clone()))
    }
}

impl<K: StateKey> fmt::Debug for AnyView<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, view => view.fmt(f))
    }
}
