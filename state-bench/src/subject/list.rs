//! Every backend by its name.

use state_api::StateKey;
use state_heap::HeapBackend;
use tempfile::TempDir;

use super::{OverEngine, Settings, Subject};
use crate::bare::heap::HashMaps;
use crate::error::Result;

/// What is done with a backend, whichever it is.
pub trait OnSubject {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<S: Subject>(self) -> Self::Output;
}

/// What is done with a backend over an engine, whichever it is.
pub trait OnEngine {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<E: OverEngine>(self) -> Self::Output;
}

/// The backend over nothing but memory.
struct Heap;

impl Subject for Heap {
    type State<K: StateKey> = HeapBackend<K>;
    type Bare = HashMaps;

    fn open<K: StateKey>(settings: &Settings, _: &TempDir) -> Result<HeapBackend<K>> {
        Ok(HeapBackend::new(settings.key_groups))
    }
}

macro_rules! backends {
    ($($feature:literal $Name:ident: $about:literal, $engine:ident, $Backend:ident, $Config:ident,
        $Store:ty, $store:expr;)*) => {
        /// A backend that this program was built with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
        pub enum Backend {
            /// The backend over nothing but memory.
            Heap,
            $(
                #[doc = $about]
                #[cfg(feature = $feature)]
                $Name,
            )*
        }

        impl Backend {
            /// All of them.
            pub const ALL: &[Self] = &[Self::Heap, $(#[cfg(feature = $feature)] Self::$Name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    Self::Heap => "heap",
                    $(#[cfg(feature = $feature)] Self::$Name => $feature,)*
                }
            }

            /// What it is, and what is beside it, in a line.
            pub fn about(self) -> &'static str {
                match self {
                    Self::Heap => "typed tables in memory; beside it a hashbrown map with foldhash",
                    $(#[cfg(feature = $feature)] Self::$Name => $about,)*
                }
            }

            /// Does something with it.
            pub fn run<W: OnSubject>(self, work: W) -> W::Output {
                match self {
                    Self::Heap => work.run::<Heap>(),
                    $(#[cfg(feature = $feature)] Self::$Name => work.run::<$Name>(),)*
                }
            }

            /// Does something with it, if it is one over an engine.
            pub fn on_engine<W: OnEngine>(self, work: W) -> Option<W::Output> {
                match self {
                    Self::Heap => {
                        drop(work); // without engines, nothing takes it
                        None
                    }
                    $(#[cfg(feature = $feature)] Self::$Name => Some(work.run::<$Name>()),)*
                }
            }
        }

        $(
            #[cfg(feature = $feature)]
            struct $Name;

            #[cfg(feature = $feature)]
            impl Subject for $Name {
                type State<K: StateKey> = $engine::$Backend<K>;
                type Bare = crate::bare::bytes::Bytes<crate::bare::$Name>;

                fn open<K: StateKey>(settings: &Settings, directory: &TempDir) -> Result<Self::State<K>> {
                    let path = directory.path().join("state");
                    Ok($engine::open(path, settings.key_groups, &$engine::$Config::default())?)
                }
            }

            #[cfg(feature = $feature)]
            impl OverEngine for $Name {
                type Store = $Store;

                fn store(directory: &TempDir) -> Result<$Store> {
                    let path = directory.path().join("state");
                    let open: fn(&std::path::Path, &$engine::$Config) -> state_api::Result<$Store> = $store;
                    Ok(open(&path, &$engine::$Config::default())?)
                }
            }
        )*
    };
}

backends! {
    "redb" Redb: "redb, one table a state; beside it one table in a long transaction, nothing durable",
        state_redb, RedbBackend, RedbConfig, state_redb::RedbStore, state_redb::RedbStore::open;
    "rocksdb" Rocksdb: "RocksDB, one column family a state; beside it one with the same options, without a log",
        state_rocksdb, RocksdbBackend, RocksdbConfig, state_rocksdb::RocksdbStore, state_rocksdb::RocksdbStore::open;
    "sled" Sled: "sled, one tree a state; beside it one tree with the same cache",
        state_sled, SledBackend, SledConfig, state_store::Overlay<state_sled::SledStore>, |path, config| {
            state_store::Overlay::new(state_sled::SledStore::open(path, config)?, config.overlay_bytes)
        };
}
