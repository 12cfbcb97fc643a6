//! The envelope around every payload: one byte of flags, then what the flags announce, then the
//! payload. No flag is defined yet, so an envelope is a zero byte and the payload; flags for a
//! schema index and the time of the last write have their place here. An unknown flag is refused,
//! never skipped.

use crate::error::{Error, ErrorKind, Result};

const NO_FLAGS: u8 = 0;

/// Starts an envelope in `out`; the payload is appended after it.
#[inline]
pub fn begin(out: &mut Vec<u8>) {
    out.push(NO_FLAGS);
}

/// The payload of `envelope`.
///
/// # Errors
/// [`ErrorKind::Corrupt`] when the envelope is empty, [`ErrorKind::Unsupported`] when it has flags
/// that this version does not know.
#[inline]
pub fn payload(envelope: &[u8]) -> Result<&[u8]> {
    match envelope.split_first() {
        Some((&NO_FLAGS, payload)) => Ok(payload),
        Some((flags, _)) => Err(unknown_flags(*flags)),
        None => Err(Error::new(
            ErrorKind::Corrupt,
            "an envelope has no flags byte",
        )),
    }
}

#[cold]
fn unknown_flags(flags: u8) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "an envelope has flags of a newer version",
    )
    .with("flags", format_args!("{flags:#010b}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_what_was_put_and_refuses_what_it_does_not_know() {
        let mut out = Vec::new();
        begin(&mut out);
        out.extend_from_slice(b"abc");
        assert_eq!(payload(&out).unwrap(), b"abc");
        assert_eq!(payload(&[]).unwrap_err().kind(), ErrorKind::Corrupt);
        for flags in 1..=u8::MAX {
            assert_eq!(
                payload(&[flags, 1]).unwrap_err().kind(),
                ErrorKind::Unsupported
            );
        }
    }
}
