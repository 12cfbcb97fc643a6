//! RocksDB's errors, mapped once: the kind says what to do, the context names the step.

use state_api::{Error, ErrorKind};

/// The failure of `step`.
#[cold]
pub(crate) fn failed(step: &'static str, error: rocksdb::Error) -> Error {
    let kind = match error.kind() {
        rocksdb::ErrorKind::Corruption => ErrorKind::Corrupt,
        rocksdb::ErrorKind::NotSupported => ErrorKind::Unsupported,
        rocksdb::ErrorKind::InvalidArgument => ErrorKind::Invalid,
        // The lock of the engine: `LOCK` lies beside its files.
        rocksdb::ErrorKind::IOError if error.as_ref().contains("/LOCK:") => ErrorKind::Conflict,
        _ => ErrorKind::Io,
    };
    Error::new(kind, "RocksDB failed")
        .with("step", step)
        .with_source(error)
}
