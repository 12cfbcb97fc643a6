//! The order of encodings is the order of the values, and equality is equality.

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{StateKey, key};

mod key_shapes;

fn encoding_keeps_the_order<T: StateKey>(a: &T, b: &T) -> Result<(), TestCaseError> {
    let (mut enc_a, mut enc_b) = (Vec::new(), Vec::new());
    key::encode(a, &mut enc_a)?;
    key::encode(b, &mut enc_b)?;
    prop_assert_eq!(
        a.cmp(b),
        enc_a.cmp(&enc_b),
        "{:02x?} and {:02x?}",
        enc_a,
        enc_b
    );
    Ok(())
}

for_every_key_type!(encoding_keeps_the_order);
