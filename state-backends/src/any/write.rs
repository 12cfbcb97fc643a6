//! Tables for writing.

use state_api::{Address, KeyRef, Ref, Result, WriteList, WriteMap, WriteValue};

use super::sum::{AnyOf, foreign};

macro_rules! tables {
    ({} $(($Variant:ident $($entry:tt)+))+) => {
        impl<'t, K: 't, N: 't, V: 't, $($Variant: WriteValue<'t, K, N, V>),+>
            WriteValue<'t, K, N, V> for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;

            #[inline]
            fn get<Q: KeyRef<K> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<Option<Ref<'t, V>>> {
                at!(self, at, table => table.get(at)?)
            }

            #[inline]
            fn put<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                value: V,
            ) -> Result<()> {
                at!(self, at, table => table.put(at, value)?)
            }

            #[inline]
            fn take<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<Option<V>> {
                at!(self, at, table => table.take(at)?)
            }

            #[inline]
            fn modify<Q: KeyRef<K> + ?Sized, R>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                init: V,
                f: impl FnOnce(&mut V) -> R,
            ) -> Result<R> {
                at!(self, at, table => table.modify(at, init, f)?)
            }

            #[inline]
            fn update<Q: KeyRef<K> + ?Sized, R>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                f: impl FnOnce(&mut Option<V>) -> R,
            ) -> Result<R> {
                at!(self, at, table => table.update(at, f)?)
            }

            #[inline]
            fn clear<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<()> {
                at!(self, at, table => table.clear(at)?)
            }
        }

        impl<'t, K: 't, N: 't, T: 't, $($Variant: WriteList<'t, K, N, T>),+> WriteList<'t, K, N, T>
            for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;
            type Read<'s>
                = AnyOf<$($Variant::Read<'s>),+>
            where
                Self: 's,
                K: 's,
                N: 's,
                T: 's;

            #[inline]
            fn read(&self) -> Result<Self::Read<'_>> {
                Ok(each!(self, table => AnyOf::_(table.read()?)))
            }

            #[inline]
            fn into_read(self) -> Result<Self::Read<'t>> {
                Ok(each!(self, table => AnyOf::_(table.into_read()?)))
            }

            #[inline]
            fn extend<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                elements: impl IntoIterator<Item = T>,
            ) -> Result<()> {
                at!(self, at, table => table.extend(at, elements)?)
            }

            #[inline]
            fn replace<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                elements: impl IntoIterator<Item = T>,
            ) -> Result<()> {
                at!(self, at, table => table.replace(at, elements)?)
            }

            #[inline]
            fn clear<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<()> {
                at!(self, at, table => table.clear(at)?)
            }
        }

        impl<'t, K: 't, N: 't, UK: 't, UV: 't, $($Variant: WriteMap<'t, K, N, UK, UV>),+>
            WriteMap<'t, K, N, UK, UV> for AnyOf<$($Variant),+>
        {
            type Prepared = AnyOf<$($Variant::Prepared),+>;
            type Read<'s>
                = AnyOf<$($Variant::Read<'s>),+>
            where
                Self: 's,
                K: 's,
                N: 's,
                UK: 's,
                UV: 's;

            #[inline]
            fn read(&self) -> Result<Self::Read<'_>> {
                Ok(each!(self, table => AnyOf::_(table.read()?)))
            }

            #[inline]
            fn into_read(self) -> Result<Self::Read<'t>> {
                Ok(each!(self, table => AnyOf::_(table.into_read()?)))
            }

            #[inline]
            fn get<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
            ) -> Result<Option<Ref<'t, UV>>> {
                at!(self, at, table => table.get(at, map_key)?)
            }

            #[inline]
            fn insert<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: UK,
                value: UV,
            ) -> Result<()> {
                at!(self, at, table => table.insert(at, map_key, value)?)
            }

            #[inline]
            fn take<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
            ) -> Result<Option<UV>> {
                at!(self, at, table => table.take(at, map_key)?)
            }

            #[inline]
            fn remove<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
            ) -> Result<()> {
                at!(self, at, table => table.remove(at, map_key)?)
            }

            #[inline]
            fn modify<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
                init: UV,
                f: impl FnOnce(&mut UV) -> R,
            ) -> Result<R> {
                at!(self, at, table => table.modify(at, map_key, init, f)?)
            }

            #[inline]
            fn update<Q: KeyRef<K> + ?Sized, UQ: KeyRef<UK> + ?Sized, R>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
                map_key: &UQ,
                f: impl FnOnce(&mut Option<UV>) -> R,
            ) -> Result<R> {
                at!(self, at, table => table.update(at, map_key, f)?)
            }

            #[inline]
            fn clear<Q: KeyRef<K> + ?Sized>(
                &mut self,
                at: Address<'_, Q, N, Self::Prepared>,
            ) -> Result<()> {
                at!(self, at, table => table.clear(at)?)
            }
        }
    };
}

each_backend!(tables {});
