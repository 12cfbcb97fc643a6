//! Every backend's checkpoint restores into every other, at the same and at other parallelism: a test
//! for each ordered pair of the backends that are compiled in.

#![cfg(feature = "heap")]

mod backends;

/// Tests each backend of the list with each.
macro_rules! swaps {
    (@from $list:tt $($from:ident $feature:literal $factory:ident;)+) => {
        $(
            #[cfg(feature = $feature)]
            mod $from {
                swaps! { @to $factory $list }
            }
        )+
    };
    (@to $from:ident [$($to:ident $feature:literal $factory:ident;)+]) => {
        $(
            #[cfg(feature = $feature)]
            #[test]
            fn $to() {
                use crate::backends;

                state_conformance::properties::swap(&backends::$from, &backends::$factory);
            }
        )+
    };
    ($($list:tt)+) => {
        swaps! { @from [$($list)+] $($list)+ }
    };
}

swaps! {
    heap "heap" HEAP;
    redb "redb" REDB;
    rocksdb "rocksdb" ROCKSDB;
    sled "sled" SLED;
}
