//! A float in a user's metadata is read as the one that was written. It once came back as its neighbour: the JSON
//! library rounds to the nearest only when it is told to.

use proptest::prelude::*;
use serde_json::{Value, json};
use state_checkpoint::{Manifest, MemoryStorage, load};

use crate::support::{block_on, checkpoint, publish_as};

fn read_back(float: f64) -> Value {
    let storage = MemoryStorage::new();
    let mut checkpoint = checkpoint(10, Vec::new());
    checkpoint.metadata.insert("float".to_owned(), json!(float));
    let published = publish_as(&storage, 1, checkpoint).unwrap();
    let loaded = block_on(load(&storage, 1)).unwrap();
    let bytes = loaded.to_bytes().unwrap();
    assert_eq!(Manifest::from_bytes(&bytes, "again").unwrap(), published);
    loaded.metadata["float"].clone()
}

proptest! {
    #[test]
    fn a_float_comes_back(bits: u64) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite());
        prop_assert_eq!(read_back(float).as_f64().map(f64::to_bits), Some(bits));
    }
}

#[test]
fn the_first_that_did_not() {
    let text = "0.1234567891123456789";
    let float: f64 = text.parse().unwrap();
    let read: Value = serde_json::from_str(text).unwrap();
    assert_eq!(read.as_f64(), Some(float));
    assert_eq!(read_back(float), json!(float));
}
