//! Values to bytes: the `serde` serializer of the format in [the module docs](super).

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use smallvec::{Array, SmallVec};

use super::MAX_DEPTH;
use super::refused::Refused;
use crate::error::{ErrorKind, Result};

/// Ends a string, a sequence and a map.
pub(super) const END: u8 = 0;
/// Comes before an element that is not a `u8`, and before a map entry.
pub(super) const ITEM: u8 = 1;
/// Comes before an escaped byte.
pub(super) const ESCAPE: u8 = 1;
/// After [`ESCAPE`]: the byte 0.
pub(super) const ESCAPED_0: u8 = 1;
/// After [`ESCAPE`]: the byte 1.
pub(super) const ESCAPED_1: u8 = 2;

/// Where an encoded key goes: a growing run of bytes, such as `Vec<u8>` or a `SmallVec` that holds
/// a short key without an allocation.
pub trait KeySink {
    /// Appends one byte.
    fn push(&mut self, byte: u8);

    /// Appends `bytes`.
    fn append(&mut self, bytes: &[u8]);

    /// Number of bytes so far.
    fn position(&self) -> usize;

    /// Drops all bytes from `position` on.
    fn truncate(&mut self, position: usize);
}

impl KeySink for Vec<u8> {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.push(byte);
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn position(&self) -> usize {
        self.len()
    }

    #[inline]
    fn truncate(&mut self, position: usize) {
        self.truncate(position);
    }
}

impl<A: Array<Item = u8>> KeySink for SmallVec<A> {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.push(byte);
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn position(&self) -> usize {
        self.len()
    }

    #[inline]
    fn truncate(&mut self, position: usize) {
        self.truncate(position);
    }
}

/// Appends the encoding of `value` to `out`.
///
/// Costs one pass over the value and no allocation beyond what `out` needs to grow.
///
/// ```
/// let mut out = Vec::new();
/// state_api::key::encode(&(7_u16, "abc"), &mut out)?;
/// assert_eq!(out, b"\x00\x07abc\x00");
/// # Ok::<(), state_api::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Codec`] when the type cannot be a key: it leaves out fields
/// (`skip_serializing_if`), nests deeper than [`MAX_DEPTH`], or its `Serialize` fails. `out` is
/// then as before.
#[inline]
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut impl KeySink) -> Result<()> {
    let start = out.position();
    match value.serialize(Encoder::<_, false> {
        out: &mut *out,
        depth: MAX_DEPTH,
    }) {
        Ok(()) => Ok(()),
        Err(refused) => {
            out.truncate(start);
            Err(refused.0.with("type", std::any::type_name::<T>()))
        }
    }
}

/// The serializer. `ELEMENT` says that the value is an element of a sequence: then a `u8` is
/// escaped, and anything else comes behind an [`ITEM`] byte.
struct Encoder<'a, S, const ELEMENT: bool> {
    out: &'a mut S,
    /// Levels that may still be entered.
    depth: u8,
}

impl<'a, S: KeySink, const ELEMENT: bool> Encoder<'a, S, ELEMENT> {
    /// The output, ready for a value that is not a `u8`.
    #[inline]
    fn begin(self) -> &'a mut S {
        if ELEMENT {
            self.out.push(ITEM);
        }
        self.out
    }

    #[inline]
    fn put(self, bytes: &[u8]) {
        self.begin().append(bytes);
    }

    /// Enters one level.
    #[inline]
    fn nest(self) -> Result<Parts<'a, S>, Refused> {
        let depth = deeper(self.depth)?;
        Ok(Parts {
            out: self.begin(),
            depth,
        })
    }

    /// Enters one level of an enum.
    #[inline]
    fn variant(self, index: u32) -> Result<Parts<'a, S>, Refused> {
        let parts = self.nest()?;
        parts.out.append(&index.to_be_bytes());
        Ok(parts)
    }
}

#[inline]
fn deeper(depth: u8) -> Result<u8, Refused> {
    Refused::unless_deeper(depth, ErrorKind::Codec)
}

#[inline]
fn push_escaped(byte: u8, out: &mut impl KeySink) {
    match byte {
        0 => out.append(&[ESCAPE, ESCAPED_0]),
        1 => out.append(&[ESCAPE, ESCAPED_1]),
        _ => out.push(byte),
    }
}

#[inline]
fn append_escaped(bytes: &[u8], out: &mut impl KeySink) {
    // The minimum, since a search with an early exit does not become vector instructions.
    if bytes.iter().fold(u8::MAX, |low, byte| low.min(*byte)) <= 1 {
        for byte in bytes {
            push_escaped(*byte, out);
        }
    } else {
        out.append(bytes);
    }
    out.push(END);
}

macro_rules! big_endian {
    ($($method:ident($type:ty) $value:ident => $bits:expr;)*) => {$(
        #[inline]
        fn $method(self, $value: $type) -> Result<(), Refused> {
            self.put(&($bits).to_be_bytes());
            Ok(())
        }
    )*};
}

impl<'a, S: KeySink, const ELEMENT: bool> Serializer for Encoder<'a, S, ELEMENT> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Parts<'a, S>;
    type SerializeTuple = Parts<'a, S>;
    type SerializeTupleStruct = Parts<'a, S>;
    type SerializeTupleVariant = Parts<'a, S>;
    type SerializeMap = Parts<'a, S>;
    type SerializeStruct = Parts<'a, S>;
    type SerializeStructVariant = Parts<'a, S>;

    big_endian! {
        serialize_u16(u16) v => v;
        serialize_u32(u32) v => v;
        serialize_u64(u64) v => v;
        serialize_u128(u128) v => v;
        serialize_i8(i8) v => v.cast_unsigned() ^ (1 << 7);
        serialize_i16(i16) v => v.cast_unsigned() ^ (1 << 15);
        serialize_i32(i32) v => v.cast_unsigned() ^ (1 << 31);
        serialize_i64(i64) v => v.cast_unsigned() ^ (1 << 63);
        serialize_i128(i128) v => v.cast_unsigned() ^ (1 << 127);
        serialize_char(char) v => u32::from(v);
        serialize_f32(f32) v => match v.to_bits() {
            bits if bits >> 31 == 0 => bits ^ (1 << 31),
            bits => !bits,
        };
        serialize_f64(f64) v => match v.to_bits() {
            bits if bits >> 63 == 0 => bits ^ (1 << 63),
            bits => !bits,
        };
    }

    #[inline]
    fn serialize_bool(self, v: bool) -> Result<(), Refused> {
        self.put(&[u8::from(v)]);
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, v: u8) -> Result<(), Refused> {
        if ELEMENT {
            push_escaped(v, self.out);
        } else {
            self.out.push(v);
        }
        Ok(())
    }

    #[inline]
    fn serialize_str(self, v: &str) -> Result<(), Refused> {
        self.serialize_bytes(v.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, v: &[u8]) -> Result<(), Refused> {
        append_escaped(v, self.begin());
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Refused> {
        self.put(&[0]);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        let mut parts = self.nest()?;
        parts.out.push(1);
        parts.field(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Refused> {
        self.put(&[]);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Refused> {
        self.put(&[]);
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result<(), Refused> {
        self.variant(index).map(drop)
    }

    /// The inner value in the same place: a newtype struct around a `u8` element is a `u8` element.
    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        let depth = deeper(self.depth)?;
        value.serialize(Self {
            out: self.out,
            depth,
        })
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.variant(index)?.field(value)
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Parts<'a, S>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a, S>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, S>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, S>, Refused> {
        self.variant(index)
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Parts<'a, S>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a, S>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, S>, Refused> {
        self.variant(index)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The inside of a sequence, tuple, struct, map or enum.
struct Parts<'a, S> {
    out: &'a mut S,
    depth: u8,
}

impl<S: KeySink> Parts<'_, S> {
    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Encoder::<_, false> {
            out: &mut *self.out,
            depth: self.depth,
        })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Encoder::<_, true> {
            out: &mut *self.out,
            depth: self.depth,
        })
    }
}

impl<S: KeySink> SerializeSeq for Parts<'_, S> {
    type Ok = ();
    type Error = Refused;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.element(value)
    }

    #[inline]
    fn end(self) -> Result<(), Refused> {
        self.out.push(END);
        Ok(())
    }
}

impl<S: KeySink> SerializeMap for Parts<'_, S> {
    type Ok = ();
    type Error = Refused;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.out.push(ITEM);
        self.field(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.field(value)
    }

    #[inline]
    fn end(self) -> Result<(), Refused> {
        self.out.push(END);
        Ok(())
    }
}

macro_rules! concatenation {
    ($($trait:ident: $method:ident;)*) => {$(
        impl<S: KeySink> $trait for Parts<'_, S> {
            type Ok = ();
            type Error = Refused;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.field(value)
            }

            #[inline]
            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )*};
}

concatenation! {
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

macro_rules! concatenation_by_name {
    ($($trait:ident)*) => {$(
        impl<S: KeySink> $trait for Parts<'_, S> {
            type Ok = ();
            type Error = Refused;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _field: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.field(value)
            }

            fn skip_field(&mut self, field: &'static str) -> Result<(), Refused> {
                Err(Refused::skipped(field))
            }

            #[inline]
            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        }
    )*};
}

concatenation_by_name! { SerializeStruct SerializeStructVariant }
