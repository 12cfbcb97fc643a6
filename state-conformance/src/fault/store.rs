//! An engine that fails on purpose.

use std::ops::Bound;

use state_api::{Capability, Result};
use state_store::{Entry, OrderedRead, OrderedStore, Scan, TableId, TableRows};

use super::{Faults, Turn};

/// An ordered store whose calls are counted, and one of which goes wrong. Each method that may fail is a call, each step
/// of a scan, and each of those of a view. Native checkpoints are not passed on.
///
/// [`MemoryStore`](state_store::MemoryStore) below is an engine for tests of what is above.
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Faults,
}

impl<S: OrderedStore> FaultyStore<S> {
    /// `inner` with `faults`.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

/// A view of a [`FaultyStore`].
#[derive(Debug)]
pub struct FaultyView<V> {
    inner: V,
    faults: Faults,
}

/// A scan of a [`FaultyStore`] or its views.
#[derive(Debug)]
pub struct FaultyScan<'a, S> {
    inner: S,
    faults: &'a Faults,
}

/// A value, or what is left of it.
#[derive(Debug)]
pub enum FaultyGuard<G> {
    /// The engine's.
    Whole(G),
    /// A byte short.
    Short(Vec<u8>),
}

impl<G: AsRef<[u8]>> AsRef<[u8]> for FaultyGuard<G> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Whole(guard) => guard.as_ref(),
            Self::Short(bytes) => bytes,
        }
    }
}

/// All but the last byte.
fn short(bytes: &[u8]) -> &[u8] {
    bytes.split_last().map_or(bytes, |(_, head)| head)
}

fn next<'s, S: Scan>(
    scan: &'s mut S,
    faults: &Faults,
    step: impl for<'x> FnOnce(&'x mut S) -> Result<Option<Entry<'x>>>,
) -> Result<Option<Entry<'s>>> {
    match faults.turn(false) {
        Turn::Work => step(scan),
        Turn::Short => Ok(step(scan)?.map(|Entry { key, value }| Entry {
            key,
            value: short(value),
        })),
        Turn::Fail | Turn::WorkAndFail => Err(faults.error()),
    }
}

impl<S: Scan> Scan for FaultyScan<'_, S> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        next(&mut self.inner, self.faults, S::next_entry)
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        next(&mut self.inner, self.faults, S::next_entry_back)
    }
}

macro_rules! reads {
    ($faulty:ident, $inner:ident: $bound:path) => {
        impl<$inner: $bound> OrderedRead for $faulty<$inner> {
            type Guard<'a>
                = FaultyGuard<$inner::Guard<'a>>
            where
                Self: 'a;
            type Scan<'a>
                = FaultyScan<'a, $inner::Scan<'a>>
            where
                Self: 'a;

            fn get(&self, table: TableId, key: &[u8]) -> Result<Option<Self::Guard<'_>>> {
                match self.faults.turn(false) {
                    Turn::Work => Ok(self.inner.get(table, key)?.map(FaultyGuard::Whole)),
                    Turn::Short => {
                        let value = self.inner.get(table, key)?;
                        Ok(value.map(|value| FaultyGuard::Short(short(value.as_ref()).to_vec())))
                    }
                    Turn::Fail | Turn::WorkAndFail => Err(self.faults.error()),
                }
            }

            fn scan(
                &self,
                table: TableId,
                from: Bound<&[u8]>,
                to: Bound<&[u8]>,
            ) -> Result<Self::Scan<'_>> {
                match self.faults.turn(false) {
                    Turn::Work => Ok(FaultyScan {
                        inner: self.inner.scan(table, from, to)?,
                        faults: &self.faults,
                    }),
                    _ => Err(self.faults.error()),
                }
            }
        }
    };
}

reads!(FaultyStore, S: OrderedStore);
reads!(FaultyView, V: OrderedRead);

/// Does `work` as `faults` will have it.
fn call<T>(faults: &Faults, writes: bool, work: impl FnOnce() -> Result<T>) -> Result<T> {
    match faults.turn(writes) {
        Turn::Work => return work(),
        Turn::WorkAndFail => drop(work()?),
        Turn::Fail | Turn::Short => {}
    }
    Err(faults.error())
}

/// The rows of a restore; the call comes between two of them.
struct Rows<'r>(&'r mut dyn TableRows, &'r Faults);

impl TableRows for Rows<'_> {
    fn next_row(&mut self) -> Result<Option<(TableId, Entry<'_>)>> {
        match self.1.turn(true) {
            Turn::Work => self.0.next_row(),
            _ => Err(self.1.error()),
        }
    }
}

impl<S: OrderedStore> OrderedStore for FaultyStore<S> {
    type View = FaultyView<S::View>;

    const READS_TAILS: bool = S::READS_TAILS;

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capability(&self) -> Capability {
        let mut capability = self.inner.capability();
        capability.native_checkpoint = false;
        capability
    }

    fn bytes_held(&self) -> usize {
        self.inner.bytes_held()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        call(&self.faults, true, || self.inner.create_table(table))
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        call(&self.faults, true, || self.inner.drop_table(table))
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        call(&self.faults, true, || self.inner.put(table, key, value))
    }

    /// A turn of a read and, if something is to be written, one of a write.
    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let faults = &self.faults;
        let read = faults.turn(false);
        if matches!(read, Turn::Fail | Turn::WorkAndFail) {
            return Err(faults.error());
        }
        let mut write = Turn::Work;
        self.inner.modify(table, key, |found| {
            let found = if read == Turn::Short {
                found.map(short)
            } else {
                found
            };
            let row = change(found)?;
            write = faults.turn(true);
            matches!(write, Turn::Work | Turn::WorkAndFail).then_some(row)
        })?;
        match write {
            Turn::Work => Ok(()),
            Turn::Fail | Turn::WorkAndFail | Turn::Short => Err(faults.error()),
        }
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        call(&self.faults, true, || self.inner.delete(table, key))
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        call(&self.faults, true, || {
            self.inner.delete_range(table, from, to)
        })
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        self.inner.ingest(&mut Rows(rows, &self.faults))
    }

    fn freeze(&mut self) -> Result<Self::View> {
        let inner = call(&self.faults, true, || self.inner.freeze())?;
        Ok(FaultyView {
            inner,
            faults: self.faults.clone(),
        })
    }

    fn commit(&mut self) -> Result<()> {
        call(&self.faults, true, || self.inner.commit())
    }

    fn close(self) -> Result<()> {
        call(&self.faults, true, || self.inner.close())
    }

    fn destroy(self) -> Result<()> {
        call(&self.faults, true, || self.inner.destroy())
    }
}
