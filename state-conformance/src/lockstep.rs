//! Two engines that do the same, step by step.

use std::fmt::Debug;
use std::ops::Bound;

use state_api::{Capability, Error, ErrorKind, Result};
use state_store::{Entry, OrderedRead, OrderedStore, Scan, TableId, TableRows};

/// Rows of a load that are held to be given to both.
const ROWS_AT_ONCE: usize = 1024;

/// Two ordered stores in lockstep: each call goes to both, and their answers are compared: every value, every entry of a
/// scan, every read of a view and so every row of a checkpoint, and the kind of each error. The answer is the left one's.
///
/// The first call whose answers differ is an error of the kind [`Corrupt`](ErrorKind::Corrupt) that names both engines, the
/// call, the table, the key and the two answers; a write that differs poisons the backend above. So any program finds the
/// call that an engine gets wrong: it runs on `StoreBackend<K, LockstepStore<Sound, Mine>>` and prints its error.
///
/// It is an engine and no state backend, since all that a backend over an engine reads or writes passes here, as bytes; the
/// typed traits lend what each backend has for itself.
///
/// Promises what both do. Native checkpoints are not passed on. What is written is compared when it is read.
///
/// ```
/// use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
/// use state_conformance::LockstepStore;
/// use state_store::{MemoryStore, StoreBackend};
///
/// let both = LockstepStore::new(MemoryStore::new(), MemoryStore::new());
/// let mut state = StoreBackend::<u64, _>::new(both, KeyGroups::all(8)?)?;
/// let count = state.register(ValueDescriptor::<u64>::new("count"))?;
/// state.at_mut(&7).value(count).put(1)?;
/// assert_eq!(state.at(&7).value(count).get()?.as_deref(), Some(&1));
/// # Ok::<(), state_api::Error>(())
/// ```
#[derive(Debug)]
pub struct LockstepStore<A, B> {
    left: A,
    right: B,
}

impl<A: OrderedStore, B: OrderedStore> LockstepStore<A, B> {
    /// Two stores that hold the same: both empty, or closed in lockstep.
    pub fn new(left: A, right: B) -> Self {
        Self { left, right }
    }

    fn names(&self) -> [&'static str; 2] {
        [self.left.name(), self.right.name()]
    }
}

/// A view of a [`LockstepStore`].
#[derive(Debug)]
pub struct LockstepView<A, B> {
    left: A,
    right: B,
    names: [&'static str; 2],
}

impl<A, B> LockstepView<A, B> {
    fn names(&self) -> [&'static str; 2] {
        self.names
    }
}

/// A scan of a [`LockstepStore`] or its views.
#[derive(Debug)]
pub struct LockstepScan<A, B> {
    left: A,
    right: B,
    call: Call<'static>,
}

/// What was asked of both.
#[derive(Clone, Copy, Debug)]
struct Call<'k> {
    names: [&'static str; 2],
    name: &'static str,
    table: Option<TableId>,
    key: Option<&'k [u8]>,
}

impl Call<'_> {
    fn new(names: [&'static str; 2], name: &'static str) -> Self {
        Self {
            names,
            name,
            table: None,
            key: None,
        }
    }

    fn of(names: [&'static str; 2], name: &'static str, table: TableId) -> Self {
        Self {
            table: Some(table),
            ..Self::new(names, name)
        }
    }

    fn at(self, key: &[u8]) -> Call<'_> {
        Call {
            key: Some(key),
            ..self
        }
    }

    /// Both answers, if both engines give one; the error, if both give one of the same kind.
    fn both<L, R>(
        self,
        left: Result<L>,
        right: Result<R>,
        show: impl FnOnce(Result<&L, &Error>, Result<&R, &Error>) -> [String; 2],
    ) -> Result<(L, R)> {
        match (left, right) {
            (Ok(left), Ok(right)) => Ok((left, right)),
            (Err(left), Err(right)) if left.kind() == right.kind() => Err(left),
            (left, right) => {
                let shown = show(left.as_ref(), right.as_ref());
                let error = self.differ(shown);
                Err(match left.err().or(right.err()) {
                    Some(cause) => error.with_source(cause),
                    None => error,
                })
            }
        }
    }

    /// That both did it.
    fn done<L, R>(self, left: Result<L>, right: Result<R>) -> Result<(L, R)> {
        self.both(left, right, |left, right| {
            [said(&left.map(|_| "done")), said(&right.map(|_| "done"))]
        })
    }

    /// That both gave the same; the left one's.
    fn same<L, R>(
        self,
        left: Result<L>,
        right: Result<R>,
        is_same: impl FnOnce(&L, &R) -> bool,
        show: impl Fn(Result<&L, &Error>, Result<&R, &Error>) -> [String; 2],
    ) -> Result<L> {
        let (left, right) = self.both(left, right, &show)?;
        if is_same(&left, &right) {
            Ok(left)
        } else {
            Err(self.differ(show(Ok(&left), Ok(&right))))
        }
    }

    #[cold]
    fn differ(self, [left, right]: [String; 2]) -> Error {
        let [left_name, right_name] = self.names;
        let mut error = Error::new(
            ErrorKind::Corrupt,
            "two engines in lockstep give different answers",
        )
        .with("call", self.name);
        if let Some(table) = self.table {
            error = error.with("table", table.0);
        }
        if let Some(key) = self.key {
            error = error.with("key", format!("{key:?}"));
        }
        error
            .with("left", format!("{left_name}: {left}"))
            .with("right", format!("{right_name}: {right}"))
    }
}

fn said(answer: &Result<impl Debug, &Error>) -> String {
    match answer {
        Ok(answer) => crate::difference::short(answer),
        Err(error) => error.to_string(),
    }
}

fn bytes<G: AsRef<[u8]>>(guard: Option<&G>) -> Option<&[u8]> {
    guard.map(AsRef::as_ref)
}

/// Each of the values, or of their absence, in order.
fn gather<R: OrderedRead>(
    reader: &R,
    table: TableId,
    keys: &[&[u8]],
) -> Result<Vec<Option<Vec<u8>>>> {
    let mut values = Vec::with_capacity(keys.len());
    reader.multi_get(table, keys, &mut |value| {
        values.push(value.map(<[u8]>::to_vec));
        Ok(())
    })?;
    Ok(values)
}

macro_rules! reads {
    ($both:ident: $bound:ident) => {
        impl<A: $bound, B: $bound> OrderedRead for $both<A, B> {
            type Guard<'a>
                = A::Guard<'a>
            where
                Self: 'a;
            type Scan<'a>
                = LockstepScan<A::Scan<'a>, B::Scan<'a>>
            where
                Self: 'a;

            fn get(&self, table: TableId, key: &[u8]) -> Result<Option<A::Guard<'_>>> {
                Call::of(self.names(), "get", table).at(key).same(
                    self.left.get(table, key),
                    self.right.get(table, key),
                    |left, right| bytes(left.as_ref()) == bytes(right.as_ref()),
                    |left, right| {
                        let left = left.map(|found| bytes(found.as_ref()));
                        let right = right.map(|found| bytes(found.as_ref()));
                        [said(&left), said(&right)]
                    },
                )
            }

            fn multi_get(
                &self,
                table: TableId,
                keys: &[&[u8]],
                found: &mut dyn FnMut(Option<&[u8]>) -> Result<()>,
            ) -> Result<()> {
                let values = Call::of(self.names(), "multi_get", table).same(
                    gather(&self.left, table, keys),
                    gather(&self.right, table, keys),
                    |left, right| left == right,
                    |left, right| [said(&left), said(&right)],
                )?;
                for value in &values {
                    found(value.as_deref())?;
                }
                Ok(())
            }

            fn scan(
                &self,
                table: TableId,
                from: Bound<&[u8]>,
                to: Bound<&[u8]>,
            ) -> Result<Self::Scan<'_>> {
                let call = Call::of(self.names(), "scan", table);
                let (left, right) = call.done(
                    self.left.scan(table, from, to),
                    self.right.scan(table, from, to),
                )?;
                Ok(LockstepScan { left, right, call })
            }
        }
    };
}

reads!(LockstepStore: OrderedStore);
reads!(LockstepView: OrderedRead);

fn same_entry<'l>(
    call: Call<'_>,
    left: Result<Option<Entry<'l>>>,
    right: Result<Option<Entry<'_>>>,
) -> Result<Option<Entry<'l>>> {
    call.same(
        left,
        right,
        |left, right| left == right,
        |left, right| [said(&left), said(&right)],
    )
}

impl<A: Scan, B: Scan> Scan for LockstepScan<A, B> {
    fn next_entry(&mut self) -> Result<Option<Entry<'_>>> {
        same_entry(self.call, self.left.next_entry(), self.right.next_entry())
    }

    fn next_entry_back(&mut self) -> Result<Option<Entry<'_>>> {
        let (left, right) = (&mut self.left, &mut self.right);
        same_entry(self.call, left.next_entry_back(), right.next_entry_back())
    }
}

/// Some rows of a load.
struct Rows<'r>(std::slice::Iter<'r, (TableId, Vec<u8>, Vec<u8>)>);

impl TableRows for Rows<'_> {
    fn next_row(&mut self) -> Result<Option<(TableId, Entry<'_>)>> {
        let row = self.0.next();
        Ok(row.map(|(table, key, value)| (*table, Entry { key, value })))
    }
}

impl<A: OrderedStore, B: OrderedStore> OrderedStore for LockstepStore<A, B> {
    type View = LockstepView<A::View, B::View>;

    const READS_TAILS: bool = A::READS_TAILS || B::READS_TAILS;

    fn name(&self) -> &'static str {
        "lockstep"
    }

    fn capability(&self) -> Capability {
        let (left, right) = (self.left.capability(), self.right.capability());
        let mut both = Capability::default();
        both.survives_close = left.survives_close && right.survives_close;
        both.durable_commit = left.durable_commit && right.durable_commit;
        both.revocable_views = left.revocable_views || right.revocable_views;
        both
    }

    fn bytes_held(&self) -> usize {
        self.left.bytes_held() + self.right.bytes_held()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        let call = Call::of(self.names(), "create_table", table);
        let (left, right) = (&mut self.left, &mut self.right);
        call.done(left.create_table(table), right.create_table(table))
            .map(drop)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        let call = Call::of(self.names(), "drop_table", table);
        let (left, right) = (&mut self.left, &mut self.right);
        call.done(left.drop_table(table), right.drop_table(table))
            .map(drop)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        let call = Call::of(self.names(), "put", table).at(key);
        let (left, right) = (&mut self.left, &mut self.right);
        call.done(left.put(table, key, value), right.put(table, key, value))
            .map(drop)
    }

    fn modify<'r>(
        &mut self,
        table: TableId,
        key: &[u8],
        change: impl FnOnce(Option<&[u8]>) -> Option<&'r [u8]>,
    ) -> Result<()> {
        let call = Call::of(self.names(), "modify", table).at(key);
        let (mut row, mut on_left, mut on_right) = (None, None, None);
        let left = self.left.modify(table, key, |found| {
            on_left = found.map(<[u8]>::to_vec);
            row = change(found);
            row
        });
        let right = self.right.modify(table, key, |found| {
            on_right = found.map(<[u8]>::to_vec);
            row
        });
        call.same(
            left.map(|()| on_left),
            right.map(|()| on_right),
            |left, right| left == right,
            |left, right| [said(&left), said(&right)],
        )
        .map(drop)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        let call = Call::of(self.names(), "delete", table).at(key);
        let (left, right) = (&mut self.left, &mut self.right);
        call.done(left.delete(table, key), right.delete(table, key))
            .map(drop)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        let call = Call::of(self.names(), "delete_range", table).at(from);
        let left = self.left.delete_range(table, from, to);
        call.done(left, self.right.delete_range(table, from, to))
            .map(drop)
    }

    fn ingest(&mut self, rows: &mut dyn TableRows) -> Result<()> {
        let call = Call::new(self.names(), "ingest");
        let mut held = Vec::new();
        loop {
            while held.len() < ROWS_AT_ONCE {
                let Some((table, row)) = rows.next_row()? else {
                    break;
                };
                held.push((table, row.key.to_vec(), row.value.to_vec()));
            }
            if held.is_empty() {
                return Ok(());
            }
            let left = self.left.ingest(&mut Rows(held.iter()));
            call.done(left, self.right.ingest(&mut Rows(held.iter())))?;
            held.clear();
        }
    }

    fn freeze(&mut self) -> Result<Self::View> {
        let names = self.names();
        let call = Call::new(names, "freeze");
        let (left, right) = call.done(self.left.freeze(), self.right.freeze())?;
        Ok(LockstepView { left, right, names })
    }

    fn commit(&mut self) -> Result<()> {
        let call = Call::new(self.names(), "commit");
        call.done(self.left.commit(), self.right.commit()).map(drop)
    }

    fn close(self) -> Result<()> {
        let call = Call::new(self.names(), "close");
        call.done(self.left.close(), self.right.close()).map(drop)
    }

    fn destroy(self) -> Result<()> {
        let call = Call::new(self.names(), "destroy");
        call.done(self.left.destroy(), self.right.destroy())
            .map(drop)
    }
}
