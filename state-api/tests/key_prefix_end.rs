//! `prefix_end` is the first byte string after all that start with the prefix.

use proptest::prelude::*;
use state_api::key::prefix_end;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![0..2_u8, 0xfe..=0xff_u8], 0..5)
}

proptest! {
    #[test]
    fn nothing_lies_between(prefix in bytes(), other in bytes()) {
        let extended = [&prefix[..], &other[..]].concat();
        for candidate in [other, extended] {
            let below = prefix_end(&prefix).is_none_or(|end| candidate < end);
            prop_assert_eq!(candidate.starts_with(&prefix), prefix <= candidate && below);
        }
    }
}
