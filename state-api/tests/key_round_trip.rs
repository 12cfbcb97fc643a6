//! A key decodes to itself, and leaves what follows it alone.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{StateKey, key};

mod key_shapes;

fn decodes_to_itself<T: StateKey + Debug>(a: &T, b: &T) -> Result<(), TestCaseError> {
    let mut bytes = Vec::new();
    key::encode(a, &mut bytes)?;
    prop_assert_eq!(&key::decode::<T>(&bytes)?, a);
    let end = bytes.len();
    key::encode(b, &mut bytes)?;
    let (first, rest) = key::decode_prefix::<T>(&bytes)?;
    prop_assert_eq!(&first, a);
    prop_assert_eq!(rest, &bytes[end..]);
    prop_assert_eq!(&key::decode::<T>(rest)?, b);
    Ok(())
}

for_every_key_type!(decodes_to_itself);
