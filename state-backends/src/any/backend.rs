//! The backend.

use std::fmt;

use state_api::{
    Capability, Handles, List, ListDescriptor, Map, MapDescriptor, MemoryHeld, NativeFile,
    NativePlace, NativeReport, Origin, Result, RowSource, StateBackend, StateKey, StateMeta,
    StateValue, Value, ValueDescriptor,
};

use super::sum::AnyOf;
use super::view::AnyView;

macro_rules! backend {
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident
           $($entry:tt)+))+) => {
        /// One of the backends whose features are on, chosen when the program runs.
        ///
        /// It is what the chosen backend is: it keeps all laws and has the capability and the name
        /// of that one. An access costs a few branches more. [`open`](super::open) makes it from a
        /// URL; a backend that was opened otherwise goes into its variant.
        ///
        /// ```
        /// # #[cfg(all(feature = "heap", feature = "redb"))] {
        /// use state_backends::redb::{self, RedbConfig};
        /// use state_backends::heap::HeapBackend;
        /// use state_backends::{AnyBackend, KeyGroups, Result, StateBackend};
        ///
        /// fn open(in_memory: bool, groups: KeyGroups) -> Result<AnyBackend<String>> {
        ///     # let dir = tempfile::tempdir().unwrap();
        ///     # let dir = dir.path().join("state");
        ///     Ok(if in_memory {
        ///         AnyBackend::Heap(HeapBackend::new(groups))
        ///     } else {
        ///         AnyBackend::Redb(redb::open(dir, groups, &RedbConfig::default())?)
        ///     })
        /// }
        ///
        /// let groups = KeyGroups::all(128)?;
        /// assert_eq!(open(true, groups)?.name(), "heap");
        /// assert_eq!(open(false, groups)?.name(), "redb");
        /// # }
        /// # Ok::<(), state_backends::Error>(())
        /// ```
        #[non_exhaustive]
        #[allow(
            clippy::large_enum_variant,
            reason = "a program has few backends and moves them rarely, but accesses them often"
        )]
        pub enum AnyBackend<K: StateKey> {
            $(
                #[doc = concat!(
                    "The backend `", $feature, "`: see [`crate::", stringify!($module), "`]."
                )]
                $Variant($krate::$Backend<K>),
            )+
        }

        reads! { AnyBackend $(($Variant $krate::$Backend<K>))+ }

        impl<K: StateKey> StateBackend for AnyBackend<K> {
            type View = AnyView<K>;
            type ValueTable<'t, V: StateValue, N: StateKey> =
                AnyOf<$(<$krate::$Backend<K> as StateBackend>::ValueTable<'t, V, N>),+>;
            type ListTable<'t, T: StateValue, N: StateKey> =
                AnyOf<$(<$krate::$Backend<K> as StateBackend>::ListTable<'t, T, N>),+>;
            type MapTable<'t, UK: StateKey, UV: StateValue, N: StateKey> =
                AnyOf<$(<$krate::$Backend<K> as StateBackend>::MapTable<'t, UK, UV, N>),+>;
            type Bound<'b, H: Handles> =
                AnyOf<$(<$krate::$Backend<K> as StateBackend>::Bound<'b, H>),+>;

            fn name(&self) -> &'static str {
                each!(self, backend => backend.name())
            }

            fn origin(&self) -> Origin {
                each!(self, backend => backend.origin())
            }

            fn capability(&self) -> Capability {
                each!(self, backend => backend.capability())
            }

            fn memory_held(&self) -> MemoryHeld {
                each!(self, backend => backend.memory_held())
            }

            fn register_value<V: StateValue, N: StateKey>(
                &mut self,
                descriptor: ValueDescriptor<V, N>,
            ) -> Result<Value<V, N>> {
                each!(self, backend => backend.register_value(descriptor))
            }

            fn register_list<T: StateValue, N: StateKey>(
                &mut self,
                descriptor: ListDescriptor<T, N>,
            ) -> Result<List<T, N>> {
                each!(self, backend => backend.register_list(descriptor))
            }

            fn register_map<UK: StateKey, UV: StateValue, N: StateKey>(
                &mut self,
                descriptor: MapDescriptor<UK, UV, N>,
            ) -> Result<Map<UK, UV, N>> {
                each!(self, backend => backend.register_map(descriptor))
            }

            fn drop_state(&mut self, name: &str) -> Result<()> {
                each!(self, backend => backend.drop_state(name))
            }

            #[inline]
            fn value_table<V: StateValue, N: StateKey>(
                &mut self,
                handle: Value<V, N>,
            ) -> Result<Self::ValueTable<'_, V, N>> {
                Ok(each!(self, backend => AnyOf::_(backend.value_table(handle)?)))
            }

            #[inline]
            fn list_table<T: StateValue, N: StateKey>(
                &mut self,
                handle: List<T, N>,
            ) -> Result<Self::ListTable<'_, T, N>> {
                Ok(each!(self, backend => AnyOf::_(backend.list_table(handle)?)))
            }

            #[inline]
            fn map_table<UK: StateKey, UV: StateValue, N: StateKey>(
                &mut self,
                handle: Map<UK, UV, N>,
            ) -> Result<Self::MapTable<'_, UK, UV, N>> {
                Ok(each!(self, backend => AnyOf::_(backend.map_table(handle)?)))
            }

            fn bind<H: Handles>(&mut self, handles: H) -> Result<(Self::Bound<'_, H>, H::Bound)> {
                let bound = handles.bound();
                let states = each!(self, backend => AnyOf::_(backend.bind(handles)?.0));
                Ok((states, bound))
            }

            fn freeze(&mut self) -> Result<AnyView<K>> {
                Ok(each!(self, backend => AnyView::_(backend.freeze()?)))
            }

            fn restore(&mut self, states: &[StateMeta], rows: &mut dyn RowSource) -> Result<()> {
                each!(self, backend => backend.restore(states, rows))
            }

            fn track_changes(&mut self, budget: usize) -> Result<()> {
                each!(self, backend => backend.track_changes(budget))
            }

            fn confirm(&mut self, epoch: u64) -> Result<()> {
                each!(self, backend => backend.confirm(epoch))
            }

            fn commit(&mut self, metadata: &[u8]) -> Result<()> {
                each!(self, backend => backend.commit(metadata))
            }

            fn committed(&self) -> Result<Option<&[u8]>> {
                each!(self, backend => backend.committed())
            }

            fn native_checkpoint(&mut self, place: NativePlace<'_>) -> Result<NativeReport> {
                each!(self, backend => backend.native_checkpoint(place))
            }

            fn native_files(&self, place: NativePlace<'_>) -> Result<Vec<NativeFile>> {
                each!(self, backend => backend.native_files(place))
            }

            fn native_restore(&mut self, places: &[NativePlace<'_>]) -> Result<()> {
                each!(self, backend => backend.native_restore(places))
            }

            fn close(self) -> Result<()> {
                each!(self, backend => backend.close())
            }

            fn destroy(self) -> Result<()> {
                each!(self, backend => backend.destroy())
            }
        }
    };
}

each_backend!(backend {});

impl<K: StateKey> fmt::Debug for AnyBackend<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, backend => backend.fmt(f))
    }
}
