//! List chunks: a chunk is the concatenation of its elements, each behind its length as a
//! LEB128 varint, at least one. Appending to a chunk is appending bytes; no count has to be kept in
//! step.

use crate::error::{Error, ErrorKind, Result};

/// Most bytes that a chunk takes before the next one is opened. A chunk is written anew for every
/// append to it (an engine may do better), so the bound is also the cost of an append.
pub const MAX_BYTES: usize = 1024;

/// Chunk numbers lie below it, so that counting on from any of them cannot overflow.
pub const NUMBER_LIMIT: u64 = 1 << 62;

/// The chunk number at the end of a row key.
///
/// # Errors
/// [`ErrorKind::Corrupt`] when there is none, or one that is not below [`NUMBER_LIMIT`].
pub fn number(row_key: &[u8]) -> Result<u64> {
    match row_key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)) {
        Some(number) if number < NUMBER_LIMIT => Ok(number),
        Some(number) => Err(Error::new(
            ErrorKind::Corrupt,
            "a list row has an impossible chunk number",
        )
        .with("number", number)),
        None => Err(Error::new(
            ErrorKind::Corrupt,
            "a list row has no chunk number",
        )),
    }
}

/// Appends one encoded element.
pub fn push(out: &mut Vec<u8>, element: &[u8]) {
    let mut rest = element.len();
    while rest >= 0x80 {
        out.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap_or(0));
    out.extend_from_slice(element);
}

/// Splits the first element off a chunk: `(element, rest)`, or `None` at the end.
///
/// # Errors
/// [`ErrorKind::Corrupt`] when the chunk ends inside an element. Never reads past `chunk`.
pub fn split_first(chunk: &[u8]) -> Result<Option<(&[u8], &[u8])>> {
    if chunk.is_empty() {
        return Ok(None);
    }
    let mut len = 0_usize;
    let mut rest = chunk;
    for shift in (0..usize::BITS).step_by(7) {
        let Some((&byte, after)) = rest.split_first() else {
            return Err(truncated());
        };
        rest = after;
        let bits = usize::from(byte & 0x7f);
        len |= bits
            .checked_shl(shift)
            .filter(|v| v >> shift == bits)
            .ok_or_else(truncated)?;
        if byte < 0x80 {
            return match (rest.get(..len), rest.get(len..)) {
                (Some(element), Some(tail)) => Ok(Some((element, tail))),
                _ => Err(truncated()),
            };
        }
    }
    Err(truncated())
}

#[cold]
fn truncated() -> Error {
    Error::new(ErrorKind::Corrupt, "a list chunk ends inside an element")
}

/// Number of elements in a chunk; touches one byte or so per element.
///
/// # Errors
/// As [`split_first`].
pub fn count(chunk: &[u8]) -> Result<u64> {
    let mut rest = chunk;
    let mut count = 0;
    while let Some((_, tail)) = split_first(rest)? {
        rest = tail;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gives_back_the_elements_in_order(elements: Vec<Vec<u8>>, long in 0_usize..40_000) {
            let mut elements = elements;
            elements.push(vec![7; long]);
            let mut bytes = Vec::new();
            for element in &elements {
                push(&mut bytes, element);
            }
            prop_assert_eq!(count(&bytes).unwrap(), elements.len() as u64);
            let mut rest = &bytes[..];
            for element in &elements {
                let (found, tail) = split_first(rest).unwrap().unwrap();
                prop_assert_eq!(found, &element[..]);
                rest = tail;
            }
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn never_panics_on_arbitrary_bytes(bytes: Vec<u8>) {
            let _ = count(&bytes);
        }
    }

    #[test]
    fn a_number_that_could_not_be_counted_on_from_is_refused() {
        let key = |number: u64| [b"key", &number.to_be_bytes()[..]].concat();
        assert_eq!(number(&key(NUMBER_LIMIT - 1)).unwrap(), NUMBER_LIMIT - 1);
        for row_key in [key(NUMBER_LIMIT), key(u64::MAX), b"short".to_vec()] {
            assert_eq!(number(&row_key).unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn an_overlong_length_is_refused() {
        let error = split_first(&[0xff; 11]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
