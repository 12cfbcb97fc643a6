//! Keys that are longer than fjall takes. It panics at 65,536 bytes; an ordered store takes a mebibyte.
//!
//! A key of [`STEM`] bytes or more lies in the row of its first [`STEM`] bytes, together with all others that
//! begin so, ascending by the rest. Shorter keys are rows of their own. The order is that of the keys, since what
//! begins with a stem comes behind the stem and before all that is behind it.
//!
//! A write to such a row writes all of it. Keys of this length are possible, not fast.

use fjall::{Slice, UserValue};
use state_api::{Error, ErrorKind, Result};

/// The longest key of fjall.
const STEM: usize = 65_535;

/// The key of the row that a key lies in.
pub(crate) fn stem(key: &[u8]) -> &[u8] {
    key.get(..STEM).unwrap_or(key)
}

/// The rest of a key that shares its row.
pub(crate) fn rest(key: &[u8]) -> Option<&[u8]> {
    key.get(STEM..)
}

/// The entries of a shared row: rests of keys, and values.
#[derive(Default)]
pub(crate) struct Shared(Vec<(Slice, Slice)>);

impl Shared {
    /// Reads a row: for each entry the length of the rest, the rest, the length of the value, the value.
    pub(crate) fn parse(row: &[u8]) -> Result<Self> {
        let mut left = row;
        let mut entries = Vec::new();
        while !left.is_empty() {
            entries.push((take(&mut left)?, take(&mut left)?));
        }
        Ok(Self(entries))
    }

    pub(crate) fn to_row(&self) -> Result<Vec<u8>> {
        let mut row = Vec::new();
        for part in self.0.iter().flat_map(|(rest, value)| [rest, value]) {
            let len = u32::try_from(part.len())
                .map_err(|_| Error::new(ErrorKind::Invalid, "a key or value has 4 GiB or more"))?;
            row.extend_from_slice(&len.to_le_bytes());
            row.extend_from_slice(part);
        }
        Ok(row)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, rest: &[u8]) -> Option<&Slice> {
        let at = self.find(rest).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub(crate) fn put(&mut self, rest: &[u8], value: &[u8]) {
        let entry = (rest.into(), value.into());
        match self.find(rest) {
            Ok(at) => self.0.splice(at..=at, [entry]).for_each(drop),
            Err(at) => self.0.insert(at, entry),
        }
    }

    pub(crate) fn remove(&mut self, rest: &[u8]) {
        if let Ok(at) = self.find(rest) {
            self.0.remove(at);
        }
    }

    /// Whole keys and values, ascending.
    pub(crate) fn into_entries(self, stem: &[u8]) -> impl Iterator<Item = (Slice, UserValue)> {
        let whole = move |(rest, value): (Slice, Slice)| ([stem, &rest].concat().into(), value);
        self.0.into_iter().map(whole)
    }

    fn find(&self, rest: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|(found, _)| (**found).cmp(rest))
    }
}

fn take(left: &mut &[u8]) -> Result<Slice> {
    let damaged = || Error::new(ErrorKind::Corrupt, "a row of long keys is cut off");
    let (len, behind) = left.split_first_chunk().ok_or_else(damaged)?;
    let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| damaged())?;
    let (part, behind) = behind.split_at_checked(len).ok_or_else(damaged)?;
    *left = behind;
    Ok(part.into())
}
