//! What the parts of all backends are put together in.

use state_api::{Error, ErrorKind, Prepared, Result, StateKey};

macro_rules! any_of {
    ({} $(($Variant:ident $feature:literal $($entry:tt)+))+) => {
        /// One of the parts that take the same place in each backend: its table of a state, its
        /// iterator, its prepared key. It does what the part does, by one match.
        ///
        /// There is a parameter for each backend whose feature is on, so write it where you must by
        /// what it is of, such as `<AnyBackend<K> as StateRead>::ValueRead<'_, V, N>`.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum AnyOf<$($Variant),+> {
            $(
                #[doc = concat!("The part of the backend `", $feature, "`.")]
                $Variant($Variant),
            )+
        }

        impl<$($Variant: Prepared),+> Prepared for AnyOf<$($Variant),+> {
            #[inline]
            fn in_namespace<N: StateKey>(&self, namespace: &N) -> Result<Self> {
                Ok(each!(self, key => AnyOf::_(key.in_namespace(namespace)?)))
            }
        }

        impl<T, $($Variant: Iterator<Item = T>),+> Iterator for AnyOf<$($Variant),+> {
            type Item = T;

            #[inline]
            fn next(&mut self) -> Option<T> {
                each!(self, items => items.next())
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                each!(self, items => items.size_hint())
            }
        }

        impl<T, $($Variant: DoubleEndedIterator<Item = T>),+> DoubleEndedIterator
            for AnyOf<$($Variant),+>
        {
            #[inline]
            fn next_back(&mut self) -> Option<T> {
                each!(self, items => items.next_back())
            }
        }
    };
}

each_backend!(any_of {});

/// A table was given an address that another backend prepared.
#[cold]
pub(super) fn foreign() -> Error {
    Error::new(
        ErrorKind::Mismatch,
        "the key was prepared by another backend: take a cursor of the one that is read",
    )
}
