//! The user's metadata fills its bound to the byte, and no more.

use std::collections::BTreeMap;

use serde_json::Value;
use state_api::ErrorKind;
use state_checkpoint::manifest::MAX_METADATA_BYTES;
use state_checkpoint::{Manifest, load};

use crate::support::{block_on, small_checkpoint};

#[test]
fn metadata_is_taken_up_to_its_bound() {
    let (storage, _) = small_checkpoint();
    let mut manifest = block_on(load(&storage, 1)).unwrap();
    let mut write = |len: usize| {
        // Two bytes of it are quotes.
        let text = "x".repeat(len - 2);
        manifest.metadata = BTreeMap::from([("text".to_owned(), Value::String(text))]);
        manifest.to_bytes()
    };
    let bytes = write(MAX_METADATA_BYTES).unwrap();
    assert!(Manifest::from_bytes(&bytes, "f").is_ok());
    assert_eq!(
        write(MAX_METADATA_BYTES + 1).unwrap_err().kind(),
        ErrorKind::Invalid
    );
}
