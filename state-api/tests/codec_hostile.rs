//! A length in the bytes is not believed: nothing is reserved that the input does not give reason to.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use state_api::{Bincode, Codec, ErrorKind};

/// What the decoder found, for bytes that it must refuse.
fn refusal<T: Debug + 'static>(codec: &dyn Codec<T>, bytes: &[u8]) -> String {
    let error = codec.decode(bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    error.message().to_owned()
}

/// bincode would reserve the whole string before it misses the bytes. Only the limit is in the way,
/// so it must be the limit that refuses: 1 TiB may even be had from a generous operating system.
#[test]
fn a_long_string_in_a_short_input_meets_the_limit() {
    for length in [u64::MAX, 1 << 60, 1 << 40, 1 << 32, 1 << 20, 5000] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend_from_slice(b"abc");
        let message = refusal::<String>(&Bincode, &bytes);
        assert!(message.ends_with("LimitExceeded"), "{length}: {message}");
        let message = refusal::<Box<str>>(&Bincode, &bytes);
        assert!(message.ends_with("LimitExceeded"), "{length}: {message}");
        let message = refusal::<std::ffi::CString>(&Bincode, &bytes);
        assert!(message.ends_with("LimitExceeded"), "{length}: {message}");
    }
}

#[test]
fn the_limit_grows_with_the_input_by_a_factor_of_16() {
    for len in [100, 5000, 70_000, 2_000_000, 20_000_000_usize] {
        let allowed = u64::try_from(len.max(256) * 16).unwrap();
        let mut bytes = (allowed + 1).to_le_bytes().to_vec();
        bytes.resize(len, b'x');
        let message = refusal::<String>(&Bincode, &bytes);
        assert!(message.ends_with("LimitExceeded"), "{len}: {message}");
    }
}

#[test]
fn long_collections_in_a_short_input_end_with_the_input() {
    for length in [u64::MAX, 1 << 60, 1 << 40, 5000] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend_from_slice(&[1; 20]);
        refusal::<Vec<u8>>(&Bincode, &bytes);
        refusal::<Vec<[u64; 32]>>(&Bincode, &bytes);
        refusal::<BTreeMap<u8, u8>>(&Bincode, &bytes);
        refusal::<HashMap<u8, String>>(&Bincode, &bytes);
    }
}

#[cfg(feature = "postcard")]
#[test]
fn long_contents_in_a_short_input_end_with_the_input_in_postcard() {
    use state_api::codec::Postcard;

    // The varint of 2^63.
    let mut bytes = vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    bytes.extend_from_slice(b"abc");
    refusal::<String>(&Postcard, &bytes);
    refusal::<Vec<u8>>(&Postcard, &bytes);
    refusal::<std::ffi::CString>(&Postcard, &bytes);
    refusal::<Vec<[u64; 32]>>(&Postcard, &bytes);
    refusal::<BTreeMap<u8, u8>>(&Postcard, &bytes);
}
