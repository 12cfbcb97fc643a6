//! Tables for reading.

use std::ops::Bound;

use state_api::{Address, KeyRef, ReadList, ReadMap, ReadTable, ReadValue, Ref, Result};

use super::sum::{AnyOf, foreign};

macro_rules! tables {
    ({} $(($Variant:ident $($entry:tt)+))+) => {
        impl<'r, K: 'r, N: 'r, $($Variant: ReadTable<'r, K, N>),+> ReadTable<'r, K, N>
            for AnyOf<$($Variant),+>
        {
            type Keys = AnyOf<$($Variant::Keys),+>;

            fn keys(self) -> Result<Self::Keys> {
                Ok(each!(self, table => AnyOf::_(table.keys()?)))
            }

            fn key_count(self) -> Result<u64> {
                each!(self, table => table.key_count())
            }
        }

        impl<'r, K: 'r, N: 'r, V: 'r, $($Variant: ReadValue<'r, K, N, V>),+> ReadValue<'r, K, N, V>
            for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;

            #[inline]
            fn get<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<Option<Ref<'r, V>>> {
                at!(self, at, table => table.get(at)?)
            }
        }

        impl<'r, K: 'r, N: 'r, T: 'r, $($Variant: ReadList<'r, K, N, T>),+> ReadList<'r, K, N, T>
            for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;
            type Iter = AnyOf<$($Variant::Iter),+>;

            #[inline]
            fn iter<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<Self::Iter> {
                at!(self, at, table => AnyOf::_(table.iter(at)?))
            }

            #[inline]
            fn len<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<u64> {
                at!(self, at, table => table.len(at)?)
            }

            #[inline]
            fn is_empty<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<bool> {
                at!(self, at, table => table.is_empty(at)?)
            }
        }

        impl<'r, K: 'r, N: 'r, UK: 'r, UV: 'r, $($Variant: ReadMap<'r, K, N, UK, UV>),+>
            ReadMap<'r, K, N, UK, UV> for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;
            type Range = AnyOf<$($Variant::Range),+>;

            #[inline]
            fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
            ) -> Result<Option<Ref<'r, UV>>> {
                at!(self, at, table => table.get(at, map_key)?)
            }

            #[inline]
            fn contains<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
            ) -> Result<bool> {
                at!(self, at, table => table.contains(at, map_key)?)
            }

            #[inline]
            fn len<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<u64> {
                at!(self, at, table => table.len(at)?)
            }

            #[inline]
            fn is_empty<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<bool> {
                at!(self, at, table => table.is_empty(at)?)
            }

            #[inline]
            fn range<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
                from: Bound<&UQ>,
                to: Bound<&UQ>,
            ) -> Result<Self::Range> {
                at!(self, at, table => AnyOf::_(table.range(at, from, to)?))
            }
        }
    };
}

each_backend!(tables {});
