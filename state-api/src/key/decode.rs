//! Bytes to values: the `serde` deserializer of the format in [the module docs](super).

use std::borrow::Cow;

use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Deserializer, de::value::U32Deserializer};

use super::MAX_DEPTH;
use super::encode::{END, ESCAPE, ESCAPED_0, ESCAPED_1, ITEM};
use super::refused::Refused;
use crate::error::{Error, ErrorKind, Result};

/// The value that `bytes` encode.
///
/// Never panics, and allocates no more than the value that the bytes spell out needs.
///
/// ```
/// let key: (u16, String) = state_api::key::decode(b"\x00\x07abc\x00")?;
/// assert_eq!(key, (7, "abc".to_owned()));
/// # Ok::<(), state_api::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Corrupt`] when the bytes are not the encoding of a `T`, or go on after it. The
/// message names what was expected; the context has the `offset` at which it was.
#[inline]
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let (value, rest) = decode_prefix(bytes)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(trailing::<T>(bytes, rest))
    }
}

/// The value whose encoding `bytes` start with, and the bytes after it.
///
/// # Errors
/// [`ErrorKind::Corrupt`] when the bytes do not start with the encoding of a `T`, as [`decode`].
#[inline]
pub fn decode_prefix<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8])> {
    let mut input = Input { rest: bytes };
    match T::deserialize(Decoder::<false> {
        input: &mut input,
        depth: MAX_DEPTH,
    }) {
        Ok(value) => Ok((value, input.rest)),
        Err(refused) => Err(at::<T>(refused.0, bytes, input.rest)),
    }
}

#[cold]
fn trailing<T>(bytes: &[u8], rest: &[u8]) -> Error {
    at::<T>(
        Error::new(ErrorKind::Corrupt, "expected the end of the key"),
        bytes,
        rest,
    )
}

#[cold]
fn at<T>(error: Error, bytes: &[u8], rest: &[u8]) -> Error {
    error
        .with("offset", bytes.len() - rest.len())
        .with("len", bytes.len())
        .with("type", std::any::type_name::<T>())
}

/// The bytes that are not decoded yet. A failed method leaves them where it failed.
struct Input<'de> {
    rest: &'de [u8],
}

impl<'de> Input<'de> {
    #[inline]
    fn take<const N: usize>(&mut self, expected: &str) -> Result<[u8; N], Refused> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(Refused::bytes(expected)),
        }
    }

    /// One byte that `choose` knows.
    #[inline]
    fn choice<C>(
        &mut self,
        expected: &str,
        choose: impl FnOnce(u8) -> Option<C>,
    ) -> Result<C, Refused> {
        let chosen = self
            .rest
            .split_first()
            .and_then(|(byte, rest)| Some((choose(*byte)?, rest)));
        match chosen {
            Some((choice, rest)) => {
                self.rest = rest;
                Ok(choice)
            }
            None => Err(Refused::bytes(expected)),
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), Refused> {
        self.choice(expected, |found| (found == byte).then_some(()))
    }

    /// Whether another item follows; the end is consumed.
    #[inline]
    fn more(&mut self, expected: &str) -> Result<bool, Refused> {
        match self.rest.split_first() {
            Some((&END, rest)) => {
                self.rest = rest;
                Ok(false)
            }
            Some(_) => Ok(true),
            None => Err(Refused::bytes(expected)),
        }
    }

    /// One escaped byte inside a sequence.
    #[inline]
    fn escaped_byte(&mut self) -> Result<u8, Refused> {
        match self.rest {
            [ESCAPE, ESCAPED_0, rest @ ..] => {
                self.rest = rest;
                Ok(0)
            }
            [ESCAPE, ESCAPED_1, rest @ ..] => {
                self.rest = rest;
                Ok(1)
            }
            [byte, rest @ ..] if *byte != ESCAPE && *byte != END => {
                self.rest = rest;
                Ok(*byte)
            }
            _ => Err(Refused::bytes("expected an escaped byte")),
        }
    }

    /// Content up to the end byte, which is consumed. Allocates only if a byte was escaped.
    #[inline]
    fn content(&mut self) -> Result<Cow<'de, [u8]>, Refused> {
        let end = self.rest.iter().position(|byte| *byte == END);
        let Some((content, [_, rest @ ..])) = end.and_then(|end| self.rest.split_at_checked(end))
        else {
            return Err(Refused::bytes(
                "expected a string or bytes up to a zero byte",
            ));
        };
        if !content.contains(&ESCAPE) {
            self.rest = rest;
            return Ok(Cow::Borrowed(content));
        }
        let mut bytes = Vec::with_capacity(content.len());
        while self.more("expected the end of a string or bytes")? {
            bytes.push(self.escaped_byte()?);
        }
        Ok(Cow::Owned(bytes))
    }
}

/// The deserializer. `ELEMENT` says that the value is an element of a sequence: then a `u8` is
/// escaped, and anything else comes behind an [`ITEM`] byte.
struct Decoder<'a, 'de, const ELEMENT: bool> {
    input: &'a mut Input<'de>,
    /// Levels that may still be entered.
    depth: u8,
}

impl<'a, 'de, const ELEMENT: bool> Decoder<'a, 'de, ELEMENT> {
    /// The input, at a value that is not a `u8`.
    #[inline]
    fn begin(self) -> Result<&'a mut Input<'de>, Refused> {
        if ELEMENT {
            self.input
                .expect(ITEM, "expected an element that is not a byte")?;
        }
        Ok(self.input)
    }

    /// Enters one level.
    #[inline]
    fn nest(self) -> Result<Parts<'a, 'de>, Refused> {
        let depth = deeper(self.depth)?;
        Ok(Parts {
            input: self.begin()?,
            depth,
            left: 0,
        })
    }

    #[inline]
    fn fields<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(Parts {
            left: len,
            ..self.nest()?
        })
    }
}

#[inline]
fn deeper(depth: u8) -> Result<u8, Refused> {
    Refused::unless_deeper(depth, ErrorKind::Corrupt)
}

macro_rules! big_endian {
    ($($method:ident $visit:ident $type:ty, $expected:literal, $bits:ident => $value:expr;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            let $bits = <$type>::from_be_bytes(self.begin()?.take($expected)?);
            visitor.$visit($value)
        }
    )*};
}

macro_rules! not_self_describing {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Refused> {
            Err(Refused::bytes(
                "expected a type that says what it is made of: a key does not describe itself \
                 (untagged, internally tagged or flattened types cannot be keys)",
            ))
        }
    )*};
}

impl<'de, const ELEMENT: bool> Deserializer<'de> for Decoder<'_, 'de, ELEMENT> {
    type Error = Refused;

    big_endian! {
        deserialize_u16 visit_u16 u16, "expected 2 bytes of a u16", v => v;
        deserialize_u32 visit_u32 u32, "expected 4 bytes of a u32", v => v;
        deserialize_u64 visit_u64 u64, "expected 8 bytes of a u64", v => v;
        deserialize_u128 visit_u128 u128, "expected 16 bytes of a u128", v => v;
        deserialize_i8 visit_i8 u8, "expected 1 byte of an i8", v => (v ^ (1 << 7)).cast_signed();
        deserialize_i16 visit_i16 u16, "expected 2 bytes of an i16", v => (v ^ (1 << 15)).cast_signed();
        deserialize_i32 visit_i32 u32, "expected 4 bytes of an i32", v => (v ^ (1 << 31)).cast_signed();
        deserialize_i64 visit_i64 u64, "expected 8 bytes of an i64", v => (v ^ (1 << 63)).cast_signed();
        deserialize_i128 visit_i128 u128, "expected 16 bytes of an i128", v => (v ^ (1 << 127)).cast_signed();
        deserialize_f32 visit_f32 u32, "expected 4 bytes of an f32", v =>
            f32::from_bits(if v >> 31 == 1 { v ^ (1 << 31) } else { !v });
        deserialize_f64 visit_f64 u64, "expected 8 bytes of an f64", v =>
            f64::from_bits(if v >> 63 == 1 { v ^ (1 << 63) } else { !v });
    }

    not_self_describing! { deserialize_any deserialize_ignored_any deserialize_identifier }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = self
            .begin()?
            .choice("expected a bool, 0 or 1", |byte| match byte {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            })?;
        visitor.visit_bool(value)
    }

    #[inline]
    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let byte = if ELEMENT {
            self.input.escaped_byte()?
        } else {
            self.input.choice("expected 1 byte of a u8", Some)?
        };
        visitor.visit_u8(byte)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let input = self.begin()?;
        let start = input.rest;
        let expected = "expected 4 bytes of a char";
        let value = char::from_u32(u32::from_be_bytes(input.take(expected)?));
        if let Some(value) = value {
            visitor.visit_char(value)
        } else {
            input.rest = start;
            Err(Refused::bytes(expected))
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let input = self.begin()?;
        let start = input.rest;
        let text = match input.content()? {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        match text {
            Some(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Some(Cow::Owned(text)) => visitor.visit_string(text),
            None => {
                input.rest = start;
                Err(Refused::bytes("expected a string of UTF-8"))
            }
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.begin()?.content()? {
            Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
            Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    #[inline]
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let depth = self.depth;
        let input = self.begin()?;
        let some = input.choice("expected an option, 0 or 1", |byte| match byte {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })?;
        if some {
            visitor.visit_some(Decoder::<false> {
                input,
                depth: deeper(depth)?,
            })
        } else {
            visitor.visit_none()
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.begin()?;
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    /// The inner value in the same place: a newtype struct around a `u8` element is a `u8` element.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let depth = deeper(self.depth)?;
        visitor.visit_newtype_struct(Self {
            input: self.input,
            depth,
        })
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let Parts { input, depth, .. } = self.nest()?;
        let mut elements = Elements {
            input,
            depth,
            ended: false,
        };
        let value = visitor.visit_seq(&mut elements)?;
        elements.finish("expected the end of a sequence")?;
        Ok(value)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.fields(len, visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.fields(len, visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let Parts { input, depth, .. } = self.nest()?;
        let mut entries = Elements {
            input,
            depth,
            ended: false,
        };
        let value = visitor.visit_map(&mut entries)?;
        entries.finish("expected the end of a map")?;
        Ok(value)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.fields(fields.len(), visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_enum(self.nest()?)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The inside of a tuple, struct or enum.
struct Parts<'a, 'de> {
    input: &'a mut Input<'de>,
    depth: u8,
    /// Fields that the type has left. Not checked at the end: `serde` counts aliases in.
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(Decoder::<false> {
            input: &mut *self.input,
            depth: self.depth,
        })
        .map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> EnumAccess<'de> for Parts<'_, 'de> {
    type Error = Refused;
    type Variant = Self;

    #[inline]
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Refused> {
        let start = self.input.rest;
        let index = u32::from_be_bytes(self.input.take("expected 4 bytes of a variant index")?);
        let index: U32Deserializer<Refused> = index.into_deserializer();
        match seed.deserialize(index) {
            Ok(variant) => Ok((variant, self)),
            Err(refused) => {
                self.input.rest = start;
                Err(refused)
            }
        }
    }
}

impl<'de> VariantAccess<'de> for Parts<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(Decoder::<false> {
            input: self.input,
            depth: self.depth,
        })
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(Self { left: len, ..self })
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_seq(Self {
            left: fields.len(),
            ..self
        })
    }
}

/// The inside of a sequence or map.
struct Elements<'a, 'de> {
    input: &'a mut Input<'de>,
    depth: u8,
    ended: bool,
}

impl Elements<'_, '_> {
    #[inline]
    fn more(&mut self, expected: &str) -> Result<bool, Refused> {
        self.ended = self.ended || !self.input.more(expected)?;
        Ok(!self.ended)
    }

    /// For a visitor that took what it wanted: the end must come now.
    #[inline]
    fn finish(self, expected: &str) -> Result<(), Refused> {
        if self.ended {
            Ok(())
        } else {
            self.input.expect(END, expected)
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        if !self.more("expected an element or the end of a sequence")? {
            return Ok(None);
        }
        let before = self.input.rest.len();
        let element = seed.deserialize(Decoder::<true> {
            input: &mut *self.input,
            depth: self.depth,
        })?;
        if self.input.rest.len() == before {
            // Its `Deserialize` asked for nothing, and would do so forever.
            return Err(Refused::bytes("expected an element that reads its bytes"));
        }
        Ok(Some(element))
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        if !self.more("expected an entry or the end of a map")? {
            return Ok(None);
        }
        self.input
            .expect(ITEM, "expected an entry or the end of a map")?;
        seed.deserialize(Decoder::<false> {
            input: &mut *self.input,
            depth: self.depth,
        })
        .map(Some)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(Decoder::<false> {
            input: &mut *self.input,
            depth: self.depth,
        })
    }
}
