//! The job of the child: records by number, each a fixed change of state, so that the state after `n`
//! records is known to whoever knows `n`.

use std::collections::BTreeMap;

use state_api::{
    List, ListDescriptor, Map, MapDescriptor, Result, StateBackend, StateRead, Value,
    ValueDescriptor,
};

use crate::difference::Difference;

/// Number of keys.
const KEYS: u64 = 61;

/// Handles of the job's states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    count: Value<u64>,
    records: List<u64>,
    last: Map<u64, u64>,
}

/// The state of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cell {
    count: Option<u64>,
    records: Vec<u64>,
    last: BTreeMap<u64, u64>,
}

/// The state after some records, by the book.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<u64, Cell>);

fn key_of(record: u64) -> u64 {
    record.wrapping_mul(0x9E37_79B9_7F4A_7C15) % KEYS
}

impl Job {
    pub(crate) fn register<B: StateBackend>(backend: &mut B) -> Result<Self> {
        Ok(Self {
            count: backend.register(ValueDescriptor::new("count"))?,
            records: backend.register(ListDescriptor::new("records"))?,
            last: backend.register(MapDescriptor::new("last"))?,
        })
    }

    /// Applies a record.
    pub(crate) fn apply<B: StateBackend<Key = u64>>(
        self,
        backend: &mut B,
        record: u64,
    ) -> Result<()> {
        let key = key_of(record);
        let mut at = backend.at_mut(&key);
        at.value(self.count).modify(0, |count| *count += 1)?;
        if record.is_multiple_of(97) {
            at.list(self.records).clear()?;
        }
        at.list(self.records).push(record)?;
        if record.is_multiple_of(89) {
            at.map(self.last).clear()?;
        }
        at.map(self.last).insert(record % 7, record)
    }

    /// Compares all state with the tally.
    pub(crate) fn compare<R: StateRead<Key = u64>>(
        self,
        state: &R,
        tally: &Tally,
    ) -> Result<(), Difference> {
        let nothing = Cell::default();
        for key in 0..KEYS {
            let at = state.at(&key);
            let mut found = Cell {
                count: at.value(self.count).get()?.as_deref().copied(),
                ..Cell::default()
            };
            for record in at.list(self.records).iter()? {
                found.records.push(*record?);
            }
            for entry in at.map(self.last).iter()? {
                let (slot, record) = entry?;
                found.last.insert(*slot, *record);
            }
            let expected = tally.0.get(&key).unwrap_or(&nothing);
            Difference::between(format_args!("the state of key {key}"), expected, &found)?;
        }
        Ok(())
    }
}

impl Tally {
    /// The state after the records before `end`.
    pub(crate) fn of(end: u64) -> Self {
        let mut tally = Self::default();
        for record in 0..end {
            let cell = tally.0.entry(key_of(record)).or_default();
            *cell.count.get_or_insert(0) += 1;
            if record.is_multiple_of(97) {
                cell.records.clear();
            }
            cell.records.push(record);
            if record.is_multiple_of(89) {
                cell.last.clear();
            }
            cell.last.insert(record % 7, record);
        }
        tally
    }
}
