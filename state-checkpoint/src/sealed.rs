//! Small JSON files that prove themselves: a name, the inner object, and its checksum.
//!
//! ```text
//! {"<name>":<inner>,"checksum":"<xxh3-128 of the inner object's bytes>"}\n
//! ```
//!
//! There is one way to write each: what is not in that form is damage.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use state_api::{Error, ErrorKind, Result};

use crate::damage::corrupt;
use crate::digest::Digest;

/// Length of what follows the inner object.
const TRAILER: usize = CHECKSUM.len() + 32 + END.len();
const CHECKSUM: &[u8] = b",\"checksum\":\"";
const END: &[u8] = b"\"}\n";

/// What is read before anything else, from any version.
#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

/// The bytes of a file with `inner`, which is JSON.
pub(crate) fn seal(name: &str, inner: &str) -> Vec<u8> {
    let checksum = Digest::of(inner.as_bytes()).to_string();
    let opening = opening(name);
    [
        opening.as_bytes(),
        inner.as_bytes(),
        CHECKSUM,
        checksum.as_bytes(),
        END,
    ]
    .concat()
}

fn opening(name: &str) -> String {
    format!("{{\"{name}\":")
}

/// The inner object of `bytes`, the whole of `file`, and its offset. Its checksum is compared, then
/// its version.
///
/// # Errors
/// [`ErrorKind::Corrupt`] with `file` and `offset`; [`ErrorKind::Unsupported`] when its version is
/// above `supported`.
pub(crate) fn unseal<'b>(
    name: &str,
    bytes: &'b [u8],
    supported: u16,
    file: &str,
) -> Result<(&'b str, u64)> {
    let opening = opening(name);
    let not_sealed = |offset: usize| {
        corrupt(file, offset as u64, format!("not a {name}")).with("bytes", bytes.len())
    };
    let rest = bytes
        .strip_prefix(opening.as_bytes())
        .ok_or_else(|| not_sealed(0))?;
    let end = rest.len().checked_sub(TRAILER);
    let end = end.ok_or_else(|| not_sealed(bytes.len()))?;
    let (inner, trailer) = rest
        .split_at_checked(end)
        .ok_or_else(|| not_sealed(bytes.len()))?;
    let stated = trailer
        .strip_prefix(CHECKSUM)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or_else(|| not_sealed(opening.len() + end))?;
    let start = opening.len() as u64;
    let found = Digest::of(inner).to_string();
    if found.as_bytes() != stated {
        return Err(corrupt(
            file,
            start,
            format!("the checksum of the {name} does not match"),
        )
        .with("expected", String::from_utf8_lossy(stated))
        .with("found", found));
    }
    let inner = std::str::from_utf8(inner).map_err(|error| {
        let at = start + error.valid_up_to() as u64;
        corrupt(file, at, "not UTF-8").with_source(error)
    })?;
    let Version { format_version } =
        serde_json::from_str(inner).map_err(|error| not_legal(name, inner, start, file, error))?;
    if format_version > u64::from(supported) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("the {name} format is of a newer version"),
        )
        .with("found", format_version)
        .with("supported", supported)
        .with("file", file)
        .with("offset", start));
    }
    Ok((inner, start))
}

/// The error for an inner object that does not parse.
pub(crate) fn not_legal(
    name: &str,
    inner: &str,
    start: u64,
    file: &str,
    error: serde_json::Error,
) -> Error {
    let offset = start + offset_of(inner.as_bytes(), &error);
    corrupt(file, offset, format!("the {name} is not legal")).with_source(error)
}

/// Checks that `again`, what this version writes for what was read, is what was read.
pub(crate) fn check_canonical(
    name: &str,
    inner: &str,
    again: &str,
    start: u64,
    file: &str,
) -> Result<()> {
    let (a, b) = (inner.as_bytes(), again.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    if a.len() == b.len() && same == a.len() {
        return Ok(());
    }
    let message = format!("the {name} is not in canonical form");
    Err(corrupt(file, start + same as u64, message))
}

/// The bytes of a file that holds `value`.
pub(crate) fn encode<T: Serialize>(name: &str, value: &T) -> Result<Vec<u8>> {
    let inner = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("the {name} cannot be written")).with_source(error)
    })?;
    Ok(seal(name, &inner))
}

/// The value in `bytes`, the whole of `file`.
///
/// # Errors
/// As [`unseal`], and [`ErrorKind::Corrupt`] when it is not what [`encode`] writes.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(
    name: &str,
    bytes: &[u8],
    supported: u16,
    file: &str,
) -> Result<T> {
    let (inner, start) = unseal(name, bytes, supported, file)?;
    let not_legal = |error| not_legal(name, inner, start, file, error);
    let value: T = serde_json::from_str(inner).map_err(not_legal)?;
    let again = serde_json::to_string(&value).map_err(not_legal)?;
    check_canonical(name, inner, &again, start, file)?;
    Ok(value)
}

/// The offset of a parse error; the library knows lines and columns.
fn offset_of(bytes: &[u8], error: &serde_json::Error) -> u64 {
    let before = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    let offset = before + error.column().saturating_sub(1);
    offset.min(bytes.len()) as u64
}
