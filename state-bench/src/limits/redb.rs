//! Limits of adapters over redb: the calls and the bytes that ours cannot do without, and nothing beside them.

use std::collections::HashSet;
use std::path::Path;

use foldhash::fast::RandomState;
use state_api::KeyGroups;
use state_api::row::{chunk, envelope};

use super::{Rounds, Sides};
use crate::bare::bytes::{Bytes, Engine as _, word};
use crate::bare::keys::Keys;
use crate::bare::{Bare, Lists, Longs, Redb};
use crate::error::{Error, Result};
use crate::inputs::{Inputs, index};
use crate::probe::{Unwatched, each};
use crate::rounds::{Timed, timed};
use crate::side::State;
use crate::subject::Settings;
use crate::workload::list;

/// Key groups of a backend that is not told how many.
const KEY_GROUPS: u16 = 128;

/// Words that are appended to each list, one at a time.
pub(super) fn appends() -> u64 {
    index(list::Operation::Append.times())
}

fn settings(root: Option<&Path>, same_keys: bool) -> Result<Settings> {
    Ok(Settings {
        root: root.map(Path::to_owned),
        key_groups: KeyGroups::all(KEY_GROUPS)?,
        tracked: false,
        same_keys,
    })
}

/// Lists as the backend writes them, each of one chunk, of a number that is known.
struct Chunks {
    engine: Redb,
    keys: Keys,
    row: Vec<u8>,
}

impl Bare for Chunks {
    fn open(settings: &Settings) -> Result<Self> {
        Ok(Self {
            engine: Redb::open(settings)?,
            keys: Keys::new(settings)?,
            row: Vec::new(),
        })
    }
}

impl Chunks {
    fn elements<R>(&self, key: u64, f: impl FnOnce(&[u8]) -> Result<R>) -> Result<Option<R>> {
        let found = |row: &[u8]| f(envelope::payload(row)?);
        let elements = self.keys.of_list(key, |key| self.engine.get(key, found))?;
        elements.transpose()
    }

    /// Writes elements, behind those that are there if they are kept.
    #[inline]
    fn write(&mut self, key: u64, elements: &[i64], kept: bool) -> Result<()> {
        let Self { engine, keys, row } = self;
        keys.of_list(key, |key| {
            row.clear();
            if kept {
                engine.get(key, |found| row.extend_from_slice(found))?;
            }
            if row.is_empty() {
                envelope::begin(row);
            }
            for element in elements {
                chunk::push(row, &element.to_le_bytes());
            }
            engine.put(key, row)
        })
    }
}

impl Lists for Chunks {
    fn first(&self, key: u64) -> Result<Option<i64>> {
        let first = |row: &[u8]| match chunk::split_first(row)? {
            Some((element, _)) => word(element).map(Some),
            None => Ok(None),
        };
        Ok(self.elements(key, first)?.flatten())
    }

    fn sum(&self, key: u64) -> Result<u64> {
        let sum = |mut row: &[u8]| {
            let mut sum = 0_u64;
            while let Some((element, rest)) = chunk::split_first(row)? {
                sum = sum.wrapping_add(word(element)?.cast_unsigned());
                row = rest;
            }
            Ok(sum)
        };
        Ok(self.elements(key, sum)?.unwrap_or(0))
    }

    #[inline]
    fn extend(&mut self, key: u64, elements: &[i64]) -> Result<()> {
        self.write(key, elements, true)
    }

    fn replace(&mut self, key: u64, element: i64) -> Result<()> {
        self.write(key, &[element], false)
    }
}

/// The time of appends to lists of one word each, and the sum of all elements that are there then.
fn appended<L: Lists>(inputs: &Inputs, settings: &Settings) -> Result<(Timed, u64)> {
    let mut lists = list::Bare(L::open(settings)?);
    lists.set_up(list::Operation::Append, inputs)?;
    let (time, appended) = timed(|| lists.run(list::Operation::Append, inputs, &mut Unwatched));
    appended?;
    let mut sum = 0_u64;
    for key in 0..inputs.keys() {
        sum = sum.wrapping_add(lists.digest(key)?);
    }
    Ok((time, sum))
}

/// [`over`](super::over), of what may fail. That is not made of this: the loops of tables would be other ones, of which one took a quarter longer.
fn try_over(
    keys: &[u64],
    mut operation: impl FnMut(u64) -> Result<Option<i64>>,
) -> Result<(Timed, u64)> {
    let (time, sum) = timed(|| {
        each(keys, &mut Unwatched, |_, key| {
            Ok::<_, Error>(operation(key)?.map_or(0, i64::cast_unsigned))
        })
    });
    Ok((time, sum?))
}

/// As in the workload `list_append`.
pub(super) fn append(sides: &Sides<'_>) -> Rounds {
    let inputs = Inputs::new(sides.plan.keys);
    let root = sides.plan.root.as_deref();
    let (long, short) = (settings(root, true)?, settings(root, false)?);
    sides.try_rounds(&mut || appended::<Chunks>(&inputs, &long), &mut || {
        appended::<Bytes<Redb>>(&inputs, &short)
    })
}

/// The keys are noted as words, each looked up in the set as it comes: a tracker, which knows of bytes alone, has more to keep, and may
/// look many of them up at once.
pub(super) fn notes(sides: &Sides<'_>) -> Rounds {
    let filled = || -> Result<_> {
        let mut rows = Bytes::<Redb>::open(&settings(sides.plan.root.as_deref(), true)?)?;
        (0..sides.plan.keys).try_for_each(|key| rows.put(key, 1))?;
        Ok(rows)
    };
    let (mut noted, mut unnoted) = (filled()?, filled()?);
    sides.try_rounds(
        &mut || {
            let mut changed = HashSet::<u64, RandomState>::default();
            try_over(&sides.keys, |key| {
                let is_new = changed.insert(key);
                noted.put(key, 7)?;
                Ok(Some(i64::from(is_new)))
            })
        },
        &mut || {
            try_over(&sides.keys, |key| {
                unnoted.put(key, 7)?;
                Ok(Some(1))
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use state_api::{ListDescriptor, StateBackend as _};
    use state_store::{MemoryStore, OrderedRead as _, Scan as _, StoreBackend, TableId};

    use super::*;

    #[test]
    fn rows_are_those_that_a_backend_writes() {
        let settings = settings(None, true).unwrap();
        let mut chunks = Chunks::open(&settings).unwrap();
        let mut state =
            StoreBackend::<u64, _>::new(MemoryStore::new(), settings.key_groups).unwrap();
        let list = state.register(ListDescriptor::<i64>::new("l")).unwrap();
        for element in [1, -1, i64::MAX] {
            chunks.extend(7, &[element]).unwrap();
            state.at_mut(&7).list(list).push(element).unwrap();
        }
        let all = (Bound::Unbounded, Bound::Unbounded);
        let mut scan = state.store().scan(TableId(1), all.0, all.1).unwrap();
        let row = scan.next_entry().unwrap().unwrap();
        let found = chunks.engine.get(row.key, <[u8]>::to_vec).unwrap();
        assert_eq!(found.as_deref(), Some(row.value));
        assert_eq!(chunks.first(7).unwrap(), Some(1));
        assert_eq!(chunks.sum(7).unwrap(), i64::MAX.cast_unsigned());
        chunks.replace(7, 5).unwrap();
        assert_eq!(chunks.sum(7).unwrap(), 5);
        assert_eq!(chunks.first(8).unwrap(), None);
    }
}
