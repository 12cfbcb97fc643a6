//! Integers, rows and range tombstones as bytes: a bounded reader, and no allocation.
//!
//! Fixed integers are big-endian. A varint is LEB128 of a u32 in the fewest bytes, so that every
//! value has one encoding.

use std::ops::Range;

const PUT: u8 = 1;
const DELETE: u8 = 2;
const UNBOUNDED: u8 = 0;
const BOUNDED: u8 = 1;

/// Most bytes of a row beside its key and value: op, group, and four varints.
pub(super) const ROW_OVERHEAD: usize = 1 + 2 + 4 * 5;

pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    loop {
        let [.., low] = (value & 0x7f).to_be_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Takes bytes from the front of a slice; `None` when they are not there.
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Decoder<'a> {
    pub(super) fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// The next `len` bytes, as a range.
    pub(super) fn range(&mut self, len: usize) -> Option<Range<usize>> {
        let end = self
            .position
            .checked_add(len)
            .filter(|end| *end <= self.bytes.len())?;
        let range = self.position..end;
        self.position = end;
        Some(range)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let range = self.range(N)?;
        self.bytes.get(range)?.try_into().ok()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn varint(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        for shift in [0_u32, 7, 14, 21, 28] {
            let byte = self.u8()?;
            let bits = u32::from(byte & 0x7f);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return None; // above u32
            }
            value |= shifted;
            if byte < 0x80 {
                // A last byte of zero is a longer way to write the same number.
                return (byte != 0 || shift == 0).then_some(value);
            }
        }
        None
    }

    fn len(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }
}

/// A decoded row: numbers, and where its bytes lie in the block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) group: u16,
    pub(super) state: u32,
    /// How many bytes of the previous key of the block this key begins with.
    pub(super) shared: usize,
    pub(super) suffix: Range<usize>,
    /// `None` for a tombstone.
    pub(super) value: Option<Range<usize>>,
    pub(super) next: usize,
}

/// Appends a row. `None`, and part of a row in `out`, when a length does not fit 32 bits.
pub(super) fn push_row(
    out: &mut Vec<u8>,
    (group, state): (u16, u32),
    shared: usize,
    suffix: &[u8],
    value: Option<&[u8]>,
) -> Option<()> {
    out.push(if value.is_some() { PUT } else { DELETE });
    out.extend_from_slice(&group.to_be_bytes());
    push_varint(out, state);
    push_varint(out, u32::try_from(shared).ok()?);
    push_varint(out, u32::try_from(suffix.len()).ok()?);
    out.extend_from_slice(suffix);
    if let Some(value) = value {
        push_varint(out, u32::try_from(value.len()).ok()?);
        out.extend_from_slice(value);
    }
    Some(())
}

/// The row at `position` of `block`; `None` when its bytes are not a row.
pub(super) fn row(block: &[u8], position: usize) -> Option<Row> {
    let mut decoder = Decoder::at(block, position);
    let op = decoder.u8()?;
    let group = decoder.u16()?;
    let state = decoder.varint()?;
    let shared = decoder.len()?;
    let suffix_len = decoder.len()?;
    let suffix = decoder.range(suffix_len)?;
    let value = match op {
        PUT => {
            let len = decoder.len()?;
            Some(decoder.range(len)?)
        }
        DELETE => None,
        _ => return None,
    };
    Some(Row {
        group,
        state,
        shared,
        suffix,
        value,
        next: decoder.position,
    })
}

/// A decoded range tombstone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tombstone {
    pub(super) group: u16,
    pub(super) state: u32,
    pub(super) start: Range<usize>,
    pub(super) end: Option<Range<usize>>,
    pub(super) next: usize,
}

/// Appends a range tombstone. `None` as in [`push_row`].
pub(super) fn push_tombstone(
    out: &mut Vec<u8>,
    (group, state): (u16, u32),
    start: &[u8],
    end: Option<&[u8]>,
) -> Option<()> {
    out.extend_from_slice(&group.to_be_bytes());
    push_varint(out, state);
    push_varint(out, u32::try_from(start.len()).ok()?);
    out.extend_from_slice(start);
    match end {
        None => out.push(UNBOUNDED),
        Some(end) => {
            out.push(BOUNDED);
            push_varint(out, u32::try_from(end.len()).ok()?);
            out.extend_from_slice(end);
        }
    }
    Some(())
}

/// The range tombstone at `position` of `block`; `None` when its bytes are not one.
pub(super) fn tombstone(block: &[u8], position: usize) -> Option<Tombstone> {
    let mut decoder = Decoder::at(block, position);
    let group = decoder.u16()?;
    let state = decoder.varint()?;
    let start_len = decoder.len()?;
    let start = decoder.range(start_len)?;
    let end = match decoder.u8()? {
        UNBOUNDED => None,
        BOUNDED => {
            let len = decoder.len()?;
            Some(decoder.range(len)?)
        }
        _ => return None,
    };
    Some(Tombstone {
        group,
        state,
        start,
        end,
        next: decoder.position,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_varint_has_one_encoding(value: u32, bytes: Vec<u8>) {
            let mut out = Vec::new();
            push_varint(&mut out, value);
            let mut decoder = Decoder::at(&out, 0);
            prop_assert_eq!(decoder.varint(), Some(value));
            prop_assert_eq!(decoder.position, out.len());

            let mut decoder = Decoder::at(&bytes, 0);
            if let Some(value) = decoder.varint() {
                let mut again = Vec::new();
                push_varint(&mut again, value);
                prop_assert_eq!(&bytes[..decoder.position], &again[..]);
            }
        }

        #[test]
        fn arbitrary_bytes_stay_inside_the_block(bytes: Vec<u8>, position: usize) {
            for position in [position, position % (bytes.len() + 1)] {
                if let Some(row) = row(&bytes, position) {
                    prop_assert!(row.next <= bytes.len() && row.suffix.end <= row.next);
                }
                if let Some(tombstone) = tombstone(&bytes, position) {
                    prop_assert!(tombstone.next <= bytes.len());
                }
            }
        }
    }

    #[test]
    fn overlong_varints_are_refused() {
        for bytes in [
            &[0x80, 0][..],
            &[0xff, 0xff, 0xff, 0xff, 0x1f],
            &[0x80; 6],
            &[0x80],
        ] {
            assert_eq!(Decoder::at(bytes, 0).varint(), None, "{bytes:?}");
        }
    }
}
