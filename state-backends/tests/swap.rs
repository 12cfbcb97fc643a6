//! Every backend's checkpoint restores into every other, at the same and at other parallelism, and a chain
//! of incremental ones goes on there: two tests for each ordered pair of the backends that are compiled in.

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
            mod $to {
                use state_conformance::properties;

                use crate::backends;

                #[test]
                fn whole() {
                    properties::swap(&backends::$from, &backends::$factory);
                }

                #[test]
                fn within_a_chain() {
                    properties::swap_within_a_chain(&backends::$from, &backends::$factory);
                }
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
