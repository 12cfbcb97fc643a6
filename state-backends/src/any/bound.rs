//! States bound for a batch.

use state_api::bind::{BoundHandle, Pick};
use state_api::{
    BoundStates, Handles, KeyRef, List, Map, Result, StateBackend, StateKey, StateRead, StateValue,
    Value,
};

use super::backend::AnyBackend;
use super::sum::AnyOf;

macro_rules! bound {
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident
           $($entry:tt)+))+) => {
        impl<K, H, $($Variant),+> BoundStates<AnyBackend<K>, H> for AnyOf<$($Variant),+>
        where
            K: StateKey,
            H: Handles,
            $($Variant: BoundStates<$krate::$Backend<K>, H>),+
        {
            #[inline]
            fn prepare<Q: KeyRef<K> + ?Sized>(
                &self,
                key: &Q,
            ) -> Result<<AnyBackend<K> as StateRead>::Prepared> {
                Ok(each!(self, states => AnyOf::_(states.prepare(key)?)))
            }

            #[inline]
            fn value_table<V: StateValue, N: StateKey, P>(
                &mut self,
                handle: BoundHandle<Value<V, N>, P>,
            ) -> Result<<AnyBackend<K> as StateBackend>::ValueTable<'_, V, N>>
            where
                H: Pick<P, Handle = Value<V, N>>,
            {
                Ok(each!(self, states => AnyOf::_(states.value_table(handle)?)))
            }

            #[inline]
            fn list_table<T: StateValue, N: StateKey, P>(
                &mut self,
                handle: BoundHandle<List<T, N>, P>,
            ) -> Result<<AnyBackend<K> as StateBackend>::ListTable<'_, T, N>>
            where
                H: Pick<P, Handle = List<T, N>>,
            {
                Ok(each!(self, states => AnyOf::_(states.list_table(handle)?)))
            }

            #[inline]
            fn map_table<UK: StateKey, UV: StateValue, N: StateKey, P>(
                &mut self,
                handle: BoundHandle<Map<UK, UV, N>, P>,
            ) -> Result<<AnyBackend<K> as StateBackend>::MapTable<'_, UK, UV, N>>
            where
                H: Pick<P, Handle = Map<UK, UV, N>>,
            {
                Ok(each!(self, states => AnyOf::_(states.map_table(handle)?)))
            }
        }
    };
}

each_backend!(bound {});
