//! The default codec.

use std::any::{Any, TypeId};
use std::borrow::Cow;

use bincode::config::{Configuration, Fixint, LittleEndian, legacy};
use bincode::enc::write::Writer;
use bincode::error::{DecodeError, EncodeError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, append_or_undo, not_decoded, trailing};
use crate::error::Result;
use crate::row::CodecId;

const NAME: &str = "bincode";

/// The default codec: bincode 2 through `serde`, little-endian, integers of fixed width.
///
/// | serde type | bytes |
/// |---|---|
/// | integers, floats | fixed width, little-endian; `usize` and `isize` as 64 bits |
/// | `bool` | one byte, 0 or 1 |
/// | `char` | UTF-8 |
/// | string, bytes, sequence, map | the length as a `u64`, then the content |
/// | option | one byte, 0 or 1, then the value |
/// | enum | the variant index as a `u32`, then the content |
/// | tuple, array, struct | the fields, one after the other |
///
/// Costs one pass and no allocation besides the value or the growth of the output. A length in the
/// bytes is believed only within a limit that follows the size of the input: a damaged string
/// reserves at most 4 KiB or 16 times the input; for a sequence of other elements `serde` reserves up
/// to 1 MiB on its own.
///
/// Not for types that need a self-describing format (`untagged`, `flatten`) and not for
/// `skip_serializing_if`. A value takes at most 4 GiB - 1 encoded. Two things are as unbounded as
/// their type makes them: a recursive type recurses as deep as its bytes say, and a sequence of
/// elements that take no bytes, such as `Vec<()>`, is as long as its bytes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bincode;

impl<T: Serialize + DeserializeOwned + 'static> Codec<T> for Bincode {
    fn id(&self) -> CodecId {
        CodecId {
            name: Cow::Borrowed(NAME),
            version: 1,
        }
    }

    #[inline]
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<()> {
        if let Some(bytes) = (value as &dyn Any).downcast_ref::<Vec<u8>>()
            && bytes.len() < MAX_LEN - LEN
        {
            append_bytes(bytes, out);
            return Ok(());
        }
        append_or_undo::<T, _>(NAME, out, |out| {
            let left = MAX_LEN;
            bincode::serde::encode_into_writer(value, Appender { out, left }, legacy())
        })
    }

    #[inline]
    fn decode(&self, bytes: &[u8]) -> Result<T> {
        let mut content = split_bytes::<T>(bytes).map(<[u8]>::to_vec);
        if let Some(value) = (&mut content as &mut dyn Any).downcast_mut::<Option<T>>()
            && let Some(value) = value.take()
        {
            return Ok(value);
        }
        match decode_tiered(bytes) {
            Ok((value, read)) if read == bytes.len() => Ok(value),
            Ok((_, read)) => Err(trailing::<T>(NAME, bytes.len(), read)),
            Err(cause) => Err(not_decoded::<T>(NAME, bytes.len(), cause)),
        }
    }
}

/// The largest limit that is a `usize` on every platform; an encoded value is no longer.
const MAX_LEN: usize = u32::MAX as usize;

/// Bytes of a length.
const LEN: usize = size_of::<u64>();

/// A `Vec<u8>` is to `serde` a sequence whose elements come one by one: 20 times as long for 100 bytes. So it is
/// told by its type, at compile time, and copied. The bytes are the same.
#[inline]
fn append_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The content of an encoded `Vec<u8>`; `None` for other types, and for what is to fail as they do.
#[inline]
fn split_bytes<T: 'static>(bytes: &[u8]) -> Option<&[u8]> {
    if TypeId::of::<T>() != TypeId::of::<Vec<u8>>() {
        return None;
    }
    let (len, content) = bytes.split_first_chunk::<LEN>()?;
    let is_whole = usize::try_from(u64::from_le_bytes(*len)) == Ok(content.len());
    is_whole.then_some(content)
}

/// Decodes under the lowest of a few limits that the input fits.
///
/// bincode reserves a string of the length it finds before it reads it, if the limit allows. The
/// limit is a const generic, so there is one copy of the decoder per step. With fixed-width
/// integers, bincode counts exactly the bytes it reads, so an input within the limit never hits it.
#[inline]
fn decode_tiered<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), DecodeError> {
    match bytes.len() {
        0..=0x1000 => decode_within::<T, 0x1000>(bytes),
        0x1001..=0x1_0000 => decode_within::<T, 0x1_0000>(bytes),
        0x1_0001..=0x10_0000 => decode_within::<T, 0x10_0000>(bytes),
        0x10_0001..=0x100_0000 => decode_within::<T, 0x100_0000>(bytes),
        0x100_0001..=0x1000_0000 => decode_within::<T, 0x1000_0000>(bytes),
        _ => decode_within::<T, MAX_LEN>(bytes),
    }
}

#[inline]
fn decode_within<T: DeserializeOwned, const LIMIT: usize>(
    bytes: &[u8],
) -> Result<(T, usize), DecodeError> {
    let config: Configuration<LittleEndian, Fixint, _> = legacy().with_limit::<LIMIT>();
    bincode::serde::decode_from_slice(bytes, config)
}

/// Appends to the output, up to [`MAX_LEN`] bytes.
struct Appender<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl Writer for Appender<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            return Err(EncodeError::Other("a value takes more than 4 GiB - 1"));
        };
        self.left = left;
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}
