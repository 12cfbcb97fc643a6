//! Equal keys have equal hashes, other keys other hashes, and hashing a tuple is chaining its parts.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{KeyHash, StateKey};

mod key_shapes;

fn hash_is_that_of_the_value<T: StateKey + Debug>(a: &T, b: &T) -> Result<(), TestCaseError> {
    // 64 bits: a collision among a few thousand pairs would be a fault of the canonical form.
    prop_assert_eq!(
        KeyHash::of(a)? == KeyHash::of(b)?,
        a == b,
        "{:?} and {:?}",
        a,
        b
    );
    prop_assert_eq!(KeyHash::of(&(a, b))?, KeyHash::of(a)?.chain(b)?);
    Ok(())
}

for_every_key_type!(hash_is_that_of_the_value);
