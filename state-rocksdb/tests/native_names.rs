//! Names of native checkpoints do not lead out of their directory, and reading makes nothing.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{ErrorKind, NativePlace};
use state_rocksdb::{RocksdbConfig, native_view};

#[test]
fn a_view_is_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("absent/deep");
    for (name, kind) in [
        ("../secret/one", ErrorKind::Invalid),
        ("/etc/passwd", ErrorKind::Invalid),
        ("one", ErrorKind::NotFound),
    ] {
        let place = NativePlace {
            directory: &directory,
            name,
        };
        let found = native_view::<u64>(place, &RocksdbConfig::default()).map(drop);
        assert_eq!(found.unwrap_err().kind(), kind, "{name}");
        assert!(!dir.path().join("absent").exists(), "{name}");
    }
}
