//! Manifests.

use state_checkpoint::Manifest;

use crate::bounded::bounded;
use crate::refused::damaged;
use crate::seal;

fn check(bytes: &[u8]) {
    // Parsed into values, and written again to be compared.
    let manifest = match bounded(256 * bytes.len(), || Manifest::from_bytes(bytes, "file")) {
        Ok(manifest) => manifest,
        Err(error) => return damaged(&error),
    };
    let again = manifest.to_bytes().expect("what was read can be written");
    if manifest.metadata.is_empty() {
        assert_eq!(again, bytes, "one manifest has one form");
    }
    let back = Manifest::from_bytes(&again, "file").expect("what was written can be read");
    assert_eq!(back, manifest);
    assert_eq!(back.to_bytes().ok(), Some(again), "and stays as it is");
}

/// A manifest file, and the inner object of one behind a checksum that is right.
pub fn manifest(data: &[u8]) {
    check(data);
    check(&seal::json("manifest", data));
}
