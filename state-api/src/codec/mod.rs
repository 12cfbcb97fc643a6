//! Codecs: values as bytes, for state values, list elements and map values.
//!
//! Keys have [an encoding of their own](crate::key), since their bytes must be in order.

mod bincode;
#[cfg(feature = "postcard")]
mod postcard;

pub use self::bincode::Bincode;
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;

use crate::error::{Error, ErrorKind, Result};
use crate::row::CodecId;

/// Turns values of type `T` into bytes and back.
///
/// The law: `decode(encode(v)) == v` for every value, in this version of the program and in every
/// later one under the same [`CodecId`]. A codec whose bytes change takes a new version.
///
/// Dyn-compatible: a descriptor holds an `Arc<dyn Codec<T>>`.
///
/// ```
/// use state_api::{Bincode, Codec};
///
/// let mut out = b"before ".to_vec();
/// Codec::encode(&Bincode, &1_u32, &mut out)?;
/// assert_eq!(out, b"before \x01\0\0\0");
/// let value: u32 = Bincode.decode(&out[7..])?;
/// assert_eq!(value, 1);
/// # Ok::<(), state_api::Error>(())
/// ```
pub trait Codec<T>: Send + Sync + 'static {
    /// Name and version of the byte format; stored with the state and compared on restore.
    fn id(&self) -> CodecId;

    /// Appends the bytes of `value` to `out`.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] when the value cannot be encoded; `out` is then as before.
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<()>;

    /// The value that `bytes` encode, all of them.
    ///
    /// Never panics, and reserves no more memory than `bytes` give reason to.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when the bytes are not those of a value, or go on after it.
    fn decode(&self, bytes: &[u8]) -> Result<T>;
}

/// Runs `append` on `out`; takes back what it wrote if it fails.
#[inline]
fn append_or_undo<T, E: std::error::Error + Send + Sync + 'static>(
    codec: &'static str,
    out: &mut Vec<u8>,
    append: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<()> {
    let start = out.len();
    match append(out) {
        Ok(()) => Ok(()),
        Err(cause) => {
            out.truncate(start);
            Err(not_encoded::<T>(codec, cause))
        }
    }
}

#[cold]
fn not_encoded<T>(
    codec: &'static str,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::new(
        ErrorKind::Codec,
        format!("a value cannot be encoded: {cause}"),
    )
    .with("codec", codec)
    .with("type", std::any::type_name::<T>())
    .with_source(cause)
}

#[cold]
fn not_decoded<T>(
    codec: &'static str,
    len: usize,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a value cannot be decoded: {cause}"),
    )
    .with("codec", codec)
    .with("type", std::any::type_name::<T>())
    .with("len", len)
    .with_source(cause)
}

#[cold]
fn trailing<T>(codec: &'static str, len: usize, read: usize) -> Error {
    Error::new(ErrorKind::Corrupt, "bytes go on after the end of a value")
        .with("codec", codec)
        .with("type", std::any::type_name::<T>())
        .with("offset", read)
        .with("len", len)
}
