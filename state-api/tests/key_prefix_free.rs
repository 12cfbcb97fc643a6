//! No encoding is a proper prefix of another, so keys that follow each other need no separator.

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{StateKey, key};

mod key_shapes;

fn no_encoding_starts_another<T: StateKey>(a: &T, b: &T) -> Result<(), TestCaseError> {
    let (mut enc_a, mut enc_b) = (Vec::new(), Vec::new());
    key::encode(a, &mut enc_a)?;
    key::encode(b, &mut enc_b)?;
    let prefix = enc_a.starts_with(&enc_b) || enc_b.starts_with(&enc_a);
    prop_assert_eq!(prefix, a == b, "{:02x?} and {:02x?}", enc_a, enc_b);
    Ok(())
}

for_every_key_type!(no_encoding_starts_another);
