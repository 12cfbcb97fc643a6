//! A borrowed form has the encoding, the hash and the order of the key that it stands for.

use proptest::prelude::*;
use serde::{Serialize, Serializer};
use smallvec::SmallVec;
use state_api::key::{self, KeyRef};
use state_api::{KeyHash, StateKey};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![0..3_u8, 0xff..=0xff_u8], 0..100)
}

fn check<K, Q>(key: &K, other: &K) -> Result<(), TestCaseError>
where
    K: StateKey + std::fmt::Debug,
    Q: KeyRef<K> + ?Sized,
{
    let borrowed = Q::from_key(key);
    prop_assert_eq!(&borrowed.to_key(), key);
    prop_assert_eq!(borrowed.cmp(Q::from_key(other)), key.cmp(other));
    prop_assert_eq!(KeyHash::of(borrowed)?, KeyHash::of(key)?);
    let (mut owned, mut lent) = (Vec::new(), SmallVec::<[u8; 64]>::new());
    key::encode(key, &mut owned)?;
    key::encode(borrowed, &mut lent)?;
    prop_assert_eq!(&owned[..], &lent[..]);
    Ok(())
}

/// Bytes as `serde` bytes, which is not how `serde` presents a `[u8]`.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

proptest! {
    #[test]
    fn str_stands_for_string(a in "[\0\x01é]{0,40}", b in "[\0\x01é]{0,40}") {
        check::<String, str>(&a, &b)?;
        check::<String, String>(&a, &b)?;
    }

    #[test]
    fn slice_stands_for_vec(a in bytes(), b in bytes()) {
        check::<Vec<u8>, [u8]>(&a, &b)?;
        check::<Vec<u8>, Vec<u8>>(&a, &b)?;
    }

    #[test]
    fn every_key_stands_for_itself(a: (u8, Option<String>), b: (u8, Option<String>)) {
        check::<(u8, Option<String>), (u8, Option<String>)>(&a, &b)?;
    }

    #[test]
    fn strings_bytes_and_byte_sequences_are_encoded_alike(text in "[\0\x01é]{0,40}") {
        let (mut string, mut bytes, mut sequence) = (Vec::new(), Vec::new(), Vec::new());
        key::encode(&text, &mut string)?;
        key::encode(&Bytes(text.as_bytes()), &mut bytes)?;
        key::encode(text.as_bytes(), &mut sequence)?;
        prop_assert_eq!(&string, &bytes);
        prop_assert_eq!(&string, &sequence);
        prop_assert_eq!(key::decode::<Vec<u8>>(&string)?, text.as_bytes());
    }
}
