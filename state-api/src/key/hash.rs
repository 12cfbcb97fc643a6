//! The canonical hash of a key, which decides its key group.
//!
//! [The module docs](super) define its leaves.

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::MAX_DEPTH;
use super::refused::Refused;
use crate::error::{ErrorKind, Result};
use crate::key_group::KeyHash;

/// Most bytes of a sequence in one leaf.
const RUN: usize = 64;

impl KeyHash {
    /// The hash of `key`: xxh3 over its canonical form, leaf by leaf, each seeded with the hash so
    /// far; [the key module](crate::key#the-hash) defines the leaves. A `u64` hashes to `xxh3_64` of
    /// its 8 big-endian bytes, a string to `xxh3_64` of its bytes. Frozen with
    /// [`KEY_GROUP_LAYOUT`](crate::key_group::KEY_GROUP_LAYOUT).
    ///
    /// Costs one xxh3 per leaf and no allocation.
    ///
    /// ```
    /// use state_api::KeyHash;
    ///
    /// assert_eq!(KeyHash::of("user-17")?, KeyHash::of(&"user-17".to_owned())?);
    /// assert_eq!(KeyHash::of(&(1_u32, 2_u8))?, KeyHash::of(&1_u32)?.chain(&2_u8)?);
    /// # Ok::<(), state_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] when the type cannot be a key, as [`encode`](crate::key::encode).
    #[inline]
    pub fn of<T: Serialize + ?Sized>(key: &T) -> Result<Self> {
        Self(0).chain(key)
    }

    /// The hash of what `self` is the hash of, followed by `part`.
    ///
    /// # Errors
    /// As [`KeyHash::of`].
    #[inline]
    pub fn chain<T: Serialize + ?Sized>(self, part: &T) -> Result<Self> {
        let mut state = Xxh3(self.0);
        feed(part, &mut state)?;
        Ok(Self(state.0))
    }
}

/// A hash that is fed leaf by leaf.
pub(crate) trait LeafHash {
    /// Takes in a leaf.
    fn leaf(&mut self, bytes: &[u8]);
}

/// The canonical hash.
struct Xxh3(u64);

impl LeafHash for Xxh3 {
    #[inline]
    fn leaf(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }
}

/// Feeds the leaves of `key` to `hash`.
#[inline]
pub(crate) fn feed<T: Serialize + ?Sized>(key: &T, hash: &mut impl LeafHash) -> Result<()> {
    let hasher = Hasher {
        state: hash,
        run: None,
        depth: MAX_DEPTH,
    };
    key.serialize(hasher)
        .map_err(|refused| refused.0.with("type", std::any::type_name::<T>()))
}

/// The bytes of a sequence that wait for being one leaf.
struct Run {
    bytes: [u8; RUN],
    len: usize,
}

impl Run {
    #[inline]
    fn push<H: LeafHash>(&mut self, byte: u8, state: &mut H) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
        if self.len == RUN {
            self.flush(state);
        }
    }

    #[inline]
    fn flush<H: LeafHash>(&mut self, state: &mut H) {
        match self.bytes.get(..self.len) {
            Some(bytes) if !bytes.is_empty() => state.leaf(bytes),
            _ => {}
        }
        self.len = 0;
    }
}

/// The serializer that only hashes.
struct Hasher<'a, H> {
    state: &'a mut H,
    /// The run of bytes before this value, if it is an element of a sequence.
    run: Option<&'a mut Run>,
    /// Levels that may still be entered.
    depth: u8,
}

impl<'a, H: LeafHash> Hasher<'a, H> {
    /// The state, ready for a value that is not a `u8`.
    #[inline]
    fn begin(self) -> &'a mut H {
        if let Some(run) = self.run {
            run.flush(self.state);
        }
        self.state
    }

    #[inline]
    fn put(self, bytes: &[u8]) {
        self.begin().leaf(bytes);
    }

    /// Enters one level.
    #[inline]
    fn nest(self) -> Result<Parts<'a, H>, Refused> {
        let depth = deeper(self.depth)?;
        Ok(Parts {
            state: self.begin(),
            depth,
            count: 0,
        })
    }

    /// Enters one level of an enum.
    #[inline]
    fn variant(self, index: u32) -> Result<Parts<'a, H>, Refused> {
        let parts = self.nest()?;
        parts.state.leaf(&index.to_be_bytes());
        Ok(parts)
    }
}

#[inline]
fn deeper(depth: u8) -> Result<u8, Refused> {
    Refused::unless_deeper(depth, ErrorKind::Codec)
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

impl<'a, H: LeafHash> Serializer for Hasher<'a, H> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Elements<'a, H>;
    type SerializeTuple = Parts<'a, H>;
    type SerializeTupleStruct = Parts<'a, H>;
    type SerializeTupleVariant = Parts<'a, H>;
    type SerializeMap = Parts<'a, H>;
    type SerializeStruct = Parts<'a, H>;
    type SerializeStructVariant = Parts<'a, H>;

    big_endian! {
        serialize_u16(u16) v => v;
        serialize_u32(u32) v => v;
        serialize_u64(u64) v => v;
        serialize_u128(u128) v => v;
        serialize_i8(i8) v => v;
        serialize_i16(i16) v => v;
        serialize_i32(i32) v => v;
        serialize_i64(i64) v => v;
        serialize_i128(i128) v => v;
        serialize_char(char) v => u32::from(v);
        serialize_f32(f32) v => v.to_bits();
        serialize_f64(f64) v => v.to_bits();
    }

    #[inline]
    fn serialize_bool(self, v: bool) -> Result<(), Refused> {
        self.put(&[u8::from(v)]);
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, v: u8) -> Result<(), Refused> {
        match self.run {
            Some(run) => run.push(v, self.state),
            None => self.state.leaf(&[v]),
        }
        Ok(())
    }

    #[inline]
    fn serialize_str(self, v: &str) -> Result<(), Refused> {
        self.put(v.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, v: &[u8]) -> Result<(), Refused> {
        self.put(v);
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
        parts.state.leaf(&[1]);
        parts.field(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Refused> {
        self.begin();
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Refused> {
        self.begin();
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
        value.serialize(Self { depth, ..self })
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
    fn serialize_seq(self, _len: Option<usize>) -> Result<Elements<'a, H>, Refused> {
        Ok(Elements {
            parts: self.nest()?,
            run: Run {
                bytes: [0; RUN],
                len: 0,
            },
        })
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Parts<'a, H>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, H>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, H>, Refused> {
        self.variant(index)
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Parts<'a, H>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Parts<'a, H>, Refused> {
        self.nest()
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Parts<'a, H>, Refused> {
        self.variant(index)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The inside of a tuple, struct, map or enum.
struct Parts<'a, H> {
    state: &'a mut H,
    depth: u8,
    /// Entries so far; only sequences and maps count.
    count: u64,
}

impl<H: LeafHash> Parts<'_, H> {
    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Hasher {
            state: &mut *self.state,
            run: None,
            depth: self.depth,
        })
    }

    #[inline]
    fn end_counted(self) {
        self.state.leaf(&self.count.to_be_bytes());
    }
}

/// The inside of a sequence.
struct Elements<'a, H> {
    parts: Parts<'a, H>,
    run: Run,
}

impl<H: LeafHash> SerializeSeq for Elements<'_, H> {
    type Ok = ();
    type Error = Refused;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.parts.count += 1;
        value.serialize(Hasher {
            state: &mut *self.parts.state,
            run: Some(&mut self.run),
            depth: self.parts.depth,
        })
    }

    #[inline]
    fn end(mut self) -> Result<(), Refused> {
        self.run.flush(self.parts.state);
        self.parts.end_counted();
        Ok(())
    }
}

impl<H: LeafHash> SerializeMap for Parts<'_, H> {
    type Ok = ();
    type Error = Refused;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.count += 1;
        self.field(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.field(value)
    }

    #[inline]
    fn end(self) -> Result<(), Refused> {
        self.end_counted();
        Ok(())
    }
}

macro_rules! in_order {
    ($($trait:ident: $method:ident;)*) => {$(
        impl<H: LeafHash> $trait for Parts<'_, H> {
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

in_order! {
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

macro_rules! in_order_by_name {
    ($($trait:ident)*) => {$(
        impl<H: LeafHash> $trait for Parts<'_, H> {
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

in_order_by_name! { SerializeStruct SerializeStructVariant }
