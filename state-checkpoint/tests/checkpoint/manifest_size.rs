//! A manifest above its bound is refused as such, before it is looked at.

use state_checkpoint::Manifest;
use state_checkpoint::manifest::MAX_MANIFEST_BYTES;

use crate::support::assert_corrupt;

#[test]
fn a_manifest_is_looked_at_up_to_its_bound() {
    // Memory that nobody touches.
    let mut bytes = vec![0; usize::try_from(MAX_MANIFEST_BYTES).unwrap() + 1];
    let read = |bytes: &[u8]| assert_corrupt(Manifest::from_bytes(bytes, "f"), "f", "zeros");
    let error = read(&bytes);
    assert_eq!(error.message(), "the manifest is too large");
    assert_eq!(error.context("offset"), Some("268435456"));
    bytes.pop();
    assert_eq!(read(&bytes).message(), "not a manifest");
}
