//! Small files of a working directory.

use std::fs;
use std::path::Path;

use state_api::{ErrorKind, Result};
use state_store::{Opening, Tenant, WorkDir};
use xxhash_rust::xxh3::xxh3_128;

use crate::input::Input;
use crate::refused::refused;

const TENANT: Tenant = Tenant {
    backend: "fuzz",
    data: &["data"],
    other: &["log"],
};

/// What the engine keeps.
const DATA: &[u8] = b"rows";

fn open(path: &Path) -> Result<WorkDir> {
    WorkDir::open(path, TENANT, Opening::default())
}

/// The inventory around a line of JSON.
pub(crate) fn inventory(json: &[u8]) -> Vec<u8> {
    let digest = format!("\n{:032x}\n", xxh3_128(json));
    [json, digest.as_bytes()].concat()
}

/// Identity or inventory of a directory, as the first byte says; that of the inventory as it is, or
/// behind a digest that is right.
pub fn workdir(data: &[u8]) {
    let mut input = Input::new(data);
    let of = input.u8();
    let content = input.rest();
    let dir = tempfile::tempdir().expect("a directory for a test");
    let path = dir.path();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(path.join(name), bytes).expect("a file for a test");
    };
    put("BACKEND", b"fuzz 1 scratch\n");
    put("data", DATA);
    put("DATA", b"the engine's files are there\n");
    match of % 3 {
        0 => put("BACKEND", content),
        1 => put("FILES", content),
        _ => put("FILES", &inventory(content)),
    }

    match open(path) {
        Ok(mut directory) => {
            assert!(!path.join("FILES").exists(), "set aside while it is in use");
            let engine = fs::read(path.join("data")).expect("it is there");
            assert_eq!(engine, DATA);
            directory.opened().expect("nothing is in the way");
            directory.close().expect("nothing is in the way");
            let again = open(path).expect("what was closed opens");
            assert!(again.is_verified());
        }
        Err(error) => {
            let kinds = match of % 3 {
                0 => [ErrorKind::Mismatch, ErrorKind::Unsupported],
                _ => [ErrorKind::Corrupt; 2],
            };
            refused(&error, &kinds, &["path"]);
            assert!(!path.join("DIRTY").exists(), "left untouched");
            let name = if of.is_multiple_of(3) {
                "BACKEND"
            } else {
                "FILES"
            };
            let found = fs::read(path.join(name)).expect("it is there");
            assert!(found.starts_with(content), "left untouched");
        }
    }
}
