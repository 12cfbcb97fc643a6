//! The conformance suite on the RocksDB backend.

mod factory;

use factory::Rocksdb;

state_conformance::suite!(rocksdb, Rocksdb::default());
