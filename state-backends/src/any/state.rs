//! Reading, of a backend and of a view alike.

/// Implements `StateRead` for an enum: `reads! { Enum (Variant Type of the state).. }`.
macro_rules! reads {
    ($Any:ident $(($Variant:ident $State:ty))+) => {
        const _: () = {
            use state_api::{
                KeyGroups, KeyRef, List, Map, Ref, Result, StateKey, StateMeta, StateRead, StateValue,
                Value,
            };

            use $crate::any::AnyOf;

            impl<K: StateKey> StateRead for $Any<K> {
                type Key = K;
                type Prepared = AnyOf<$(<$State as StateRead>::Prepared),+>;
                type ValueRead<'r, V: StateValue, N: StateKey> =
                    AnyOf<$(<$State as StateRead>::ValueRead<'r, V, N>),+>;
                type ListRead<'r, T: StateValue, N: StateKey> =
                    AnyOf<$(<$State as StateRead>::ListRead<'r, T, N>),+>;
                type MapRead<'r, UK: StateKey, UV: StateValue, N: StateKey> =
                    AnyOf<$(<$State as StateRead>::MapRead<'r, UK, UV, N>),+>;

                #[inline]
                fn key_groups(&self) -> KeyGroups {
                    each!(self, state => state.key_groups())
                }

                #[inline]
                fn prepare<Q: KeyRef<K> + ?Sized>(&self, key: &Q) -> Result<Self::Prepared> {
                    Ok(each!(self, state => AnyOf::_(state.prepare(key)?)))
                }

                fn states(&self) -> Vec<StateMeta> {
                    each!(self, state => state.states())
                }

                fn get_many<'k, V, Q>(
                    &self,
                    handle: Value<V>,
                    keys: impl IntoIterator<Item = &'k Q>,
                ) -> Result<Vec<Option<Ref<'_, V>>>>
                where
                    V: StateValue,
                    Q: KeyRef<K> + ?Sized + 'k,
                {
                    each!(self, state => state.get_many(handle, keys))
                }

                #[inline]
                fn value_read<V: StateValue, N: StateKey>(
                    &self,
                    handle: Value<V, N>,
                ) -> Result<Self::ValueRead<'_, V, N>> {
                    Ok(each!(self, state => AnyOf::_(state.value_read(handle)?)))
                }

                #[inline]
                fn list_read<T: StateValue, N: StateKey>(
                    &self,
                    handle: List<T, N>,
                ) -> Result<Self::ListRead<'_, T, N>> {
                    Ok(each!(self, state => AnyOf::_(state.list_read(handle)?)))
                }

                #[inline]
                fn map_read<UK: StateKey, UV: StateValue, N: StateKey>(
                    &self,
                    handle: Map<UK, UV, N>,
                ) -> Result<Self::MapRead<'_, UK, UV, N>> {
                    Ok(each!(self, state => AnyOf::_(state.map_read(handle)?)))
                }
            }
        };
    };
}
