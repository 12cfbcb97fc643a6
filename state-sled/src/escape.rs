//! Keys as sled has them: a zero behind each `0xff`. The order of keys is that of their escapes.
//!
//! sled finds the node left of another by subtracting from its first key, and panics where that key ends
//! in a run of `0xff` that its prefix compression has cut: a backward scan over some 200 keys below
//! `7f ff ff ff ff ff ff ff` beside as many below `80 00 ..` meets it each time. No escaped key has such
//! a run.

use std::borrow::Cow;

/// What a byte is escaped for, and by what.
const ESCAPED: u8 = 0xff;
const ESCAPE: u8 = 0;

/// The escape of a key: itself for most.
pub(crate) fn escape(key: &[u8]) -> Cow<'_, [u8]> {
    if !key.contains(&ESCAPED) {
        return Cow::Borrowed(key);
    }
    let mut escaped = Vec::with_capacity(2 * key.len());
    for &byte in key {
        escaped.push(byte);
        if byte == ESCAPED {
            escaped.push(ESCAPE);
        }
    }
    Cow::Owned(escaped)
}

/// The key of an escape, in `buffer` if it is not the escape itself; `None` for what is no escape.
pub(crate) fn unescape<'a>(escaped: &'a [u8], buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    if !escaped.contains(&ESCAPED) {
        return Some(escaped);
    }
    buffer.clear();
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        buffer.push(byte);
        if byte == ESCAPED && bytes.next() != Some(&ESCAPE) {
            return None;
        }
    }
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        vec(select(&[0, 1, 0x7f, 0x80, 0xfe, 0xff][..]), 0..8)
    }

    proptest! {
        #[test]
        fn gives_the_key_back_and_keeps_the_order(a in key(), b in key()) {
            let mut buffer = Vec::new();
            let (x, y) = (escape(&a), escape(&b));
            prop_assert_eq!(unescape(&x, &mut buffer), Some(&a[..]));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }

        #[test]
        fn never_panics_on_what_is_no_escape(bytes: Vec<u8>) {
            if let Some(key) = unescape(&bytes, &mut Vec::new()) {
                prop_assert_eq!(&*escape(key), &bytes[..]);
            }
        }
    }
}
