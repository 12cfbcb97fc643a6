//! The list of backends: the one place where a backend is entered. What there is one of for each
//! backend is made from it: modules, variants, the arms of every access, schemes of URLs.
//!
//! An entry is `Variant "feature" module crate::Backend place;`. The feature is also the scheme. The
//! place is `memory`, for a backend that is made by `new(groups)`, or the name of a configuration,
//! for one that is made by `open(path, groups, &configuration)` of its crate.
//!
//! Beside the entry a backend needs its feature in `Cargo.toml` and in the condition of `mod any`, its
//! line in `tests/backends`, `tests/conformance.rs` and `tests/swap.rs`, and in `backends` of `.ci/run`.

/// Declares, for `declare! { $ each_backend all_backends; entries }`:
///
/// - `each_backend!(to given)`, which expands to `to! { given entries }` with the entries whose
///   feature is on;
/// - `all_backends!(to given)`, the same with all entries;
/// - for each entry a macro of the name of its module, which hands the entry on or does not.
macro_rules! declare {
    ($d:tt $each:ident $all:ident; $(
        $(#[doc = $doc:literal])+
        $Variant:ident $feature:literal $module:ident $krate:ident::$Backend:ident $place:tt;
    )+) => {
        macro_rules! $each {
            ($d to:ident $d given:tt) => { chain! { $d to $d given [$($module)+] } };
        }

        #[allow(unused_macros, reason = "without any backend nothing is made of the others")]
        macro_rules! $all {
            ($d to:ident $d given:tt) => {
                $d to! { $d given
                    $(($Variant $feature $module $krate $Backend $place [$($doc)+]))+
                }
            };
        }

        $(
            #[cfg(feature = $feature)]
            macro_rules! $module {
                ($d to:ident $d given:tt $d rest:tt $d($d entry:tt)*) => {
                    chain! { $d to $d given $d rest $d($d entry)*
                        ($Variant $feature $module $krate $Backend $place [$($doc)+])
                    }
                };
            }

            #[cfg(not(feature = $feature))]
            macro_rules! $module {
                ($d($d tokens:tt)*) => { chain! { $d($d tokens)* } };
            }
        )+
    };
}

/// Asks one backend after the other for its entry, then hands them all over.
macro_rules! chain {
    ($to:ident $given:tt [$next:ident $($rest:ident)*] $($entry:tt)*) => {
        $next! { $to $given [$($rest)*] $($entry)* }
    };
    ($to:ident $given:tt [] $($entry:tt)*) => {
        $to! { $given $($entry)* }
    };
}

declare! { $ each_backend all_backends;
    /// Typed values on the heap.
    Heap "heap" heap state_heap::HeapBackend memory;
    /// redb, an embedded B-tree store in pure Rust.
    Redb "redb" redb state_redb::RedbBackend RedbConfig;
    /// RocksDB, a store of log-structured merge trees in C++.
    Rocksdb "rocksdb" rocksdb state_rocksdb::RocksdbBackend RocksdbConfig;
    /// sled 0.34, an embedded store in pure Rust, for who chooses it knowingly.
    Sled "sled" sled state_sled::SledBackend SledConfig;
}
