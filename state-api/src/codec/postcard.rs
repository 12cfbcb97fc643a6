//! The compact codec.

use std::borrow::Cow;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, append_or_undo, not_decoded, trailing};
use crate::error::Result;
use crate::row::CodecId;

const NAME: &str = "postcard";

/// The compact codec: postcard 1 through `serde`, whose wire format is specified and stable.
/// Integers and lengths are varints, so small numbers are smaller than with
/// [`Bincode`](super::Bincode) and large ones cost more time.
///
/// Costs one pass and no allocation besides the value or the growth of the output. Strings and
/// bytes are checked against the input before they are copied; for a sequence of other elements
/// `serde` reserves up to 1 MiB on its own.
///
/// The limits in types are those of [`Bincode`](super::Bincode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Postcard;

impl<T: Serialize + DeserializeOwned> Codec<T> for Postcard {
    fn id(&self) -> CodecId {
        CodecId {
            name: Cow::Borrowed(NAME),
            version: 1,
        }
    }

    #[inline]
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<()> {
        append_or_undo::<T, _>(NAME, out, |out| {
            postcard::serialize_with_flavor(value, Appender { out })
        })
    }

    #[inline]
    fn decode(&self, bytes: &[u8]) -> Result<T> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(trailing::<T>(NAME, bytes.len(), bytes.len() - rest.len())),
            Err(cause) => Err(not_decoded::<T>(NAME, bytes.len(), cause)),
        }
    }
}

/// Appends to the output.
struct Appender<'a> {
    out: &'a mut Vec<u8>,
}

impl Flavor for Appender<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.out.push(byte);
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
