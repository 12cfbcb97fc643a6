//! What a close leaves for the next open: layers that living views exclude from the base.
//!
//! A record per write, in a table of its own: its key is its number; its value is the kind, the
//! number of the table, the length of a key, the key, and a value or another key.

use std::ops::Bound;

use state_api::{Error, ErrorKind, Result};

use crate::overlay::JOURNAL;
use crate::overlay::layer::{Layer, TableChange};
use crate::overlay::shared::SharedStore;
use crate::store::{Scan, TableId};

const DELETE_RANGE: u8 = 0;
const DELETE_FROM: u8 = 1;
const CREATE_TABLE: u8 = 2;
const DROP_TABLE: u8 = 3;
const PUT: u8 = 4;
const DELETE: u8 = 5;

/// Writes `layers`, newest first, into the journal, if there is anything in them.
pub(super) fn leave<'a, S: SharedStore>(
    base: &S,
    layers: impl Iterator<Item = &'a Layer>,
) -> Result<()> {
    let layers: Vec<&Layer> = layers.filter(|layer| !layer.is_empty()).collect();
    if layers.is_empty() {
        return Ok(());
    }
    base.create_table(JOURNAL)?;
    let mut journal = Journal {
        base,
        number: 0,
        record: Vec::new(),
    };
    for (id, table) in layers.iter().rev().flat_map(|layer| layer.tables()) {
        for (from, to) in table.deleted() {
            match to {
                Some(to) => journal.add(DELETE_RANGE, id, from, to)?,
                None => journal.add(DELETE_FROM, id, from, &[])?,
            }
        }
        match table.change() {
            Some(TableChange::Created) => journal.add(CREATE_TABLE, id, &[], &[])?,
            Some(TableChange::Dropped) => journal.add(DROP_TABLE, id, &[], &[])?,
            None => {}
        }
        for (key, value) in table.rows() {
            match value {
                Some(value) => journal.add(PUT, id, key, value)?,
                None => journal.add(DELETE, id, key, &[])?,
            }
        }
    }
    Ok(())
}

struct Journal<'a, S> {
    base: &'a S,
    number: u64,
    record: Vec<u8>,
}

impl<S: SharedStore> Journal<'_, S> {
    fn add(&mut self, kind: u8, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        let len = u32::try_from(key.len()).map_err(|_| {
            Error::new(ErrorKind::Invalid, "a key is too long").with("bytes", key.len())
        })?;
        self.record.clear();
        self.record.push(kind);
        self.record.extend_from_slice(&table.0.to_be_bytes());
        self.record.extend_from_slice(&len.to_be_bytes());
        self.record.extend_from_slice(key);
        self.record.extend_from_slice(value);
        let number = self.number.to_be_bytes();
        self.number += 1;
        self.base.put(JOURNAL, &number, &self.record)
    }
}

/// Takes what the last close left out of the base, as one layer.
pub(super) fn take<S: SharedStore>(base: &S) -> Result<Layer> {
    let mut layer = Layer::new();
    if !base.has_table(JOURNAL)? {
        return Ok(layer);
    }
    let mut scan = base.scan(JOURNAL, Bound::Unbounded, Bound::Unbounded)?;
    while let Some(entry) = scan.next_entry()? {
        read(entry.value, &mut layer).ok_or_else(|| {
            Error::new(
                ErrorKind::Corrupt,
                "what the last close left to be written down does not parse",
            )
            .with("record", format_args!("{:02x?}", entry.key))
        })?;
    }
    drop(scan);
    base.drop_table(JOURNAL)?;
    Ok(layer)
}

/// Performs the write of a record.
fn read(record: &[u8], layer: &mut Layer) -> Option<()> {
    let (kind, rest) = record.split_first()?;
    let (table, rest) = rest.split_first_chunk()?;
    let table = TableId(u32::from_be_bytes(*table));
    let (len, rest) = rest.split_first_chunk()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
    let (key, value) = rest.split_at_checked(len)?;
    match *kind {
        DELETE_RANGE => layer.delete_range(table, key, Some(value)),
        DELETE_FROM => layer.delete_range(table, key, None),
        CREATE_TABLE => layer.create_table(table),
        DROP_TABLE => layer.drop_table(table),
        PUT => layer.put(table, key, value),
        DELETE => layer.delete(table, key),
        _ => return None,
    }
    Some(())
}
