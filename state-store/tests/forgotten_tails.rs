//! Appends to more lists than their tails fit into memory, on an engine whose reads cost little: each chunk is read,
//! and filled on.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::cell::Cell;
use std::ops::Bound;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::row::CodecId;
use state_api::{
    Capability, Codec, Error, ErrorKind, KeyGroups, List, ListDescriptor, Result, StateBackend,
    StateRead,
};
use state_store::{
    MemoryScan, MemoryStore, OrderedRead, OrderedStore, Scan, StoreBackend, TableId,
};

/// A [`MemoryStore`] whose tails are read; it counts its reads.
#[derive(Debug, Default)]
struct Reading(MemoryStore, Cell<u64>);

impl OrderedRead for Reading {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = MemoryScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> Result<Option<&[u8]>> {
        self.1.set(self.1.get() + 1);
        self.0.get(table, key)
    }

    fn scan(&self, table: TableId, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<MemoryScan<'_>> {
        self.0.scan(table, from, to)
    }
}

impl OrderedStore for Reading {
    type View = MemoryStore;

    const READS_TAILS: bool = true;

    fn name(&self) -> &'static str {
        "reading"
    }

    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn create_table(&mut self, table: TableId) -> Result<()> {
        self.0.create_table(table)
    }

    fn drop_table(&mut self, table: TableId) -> Result<()> {
        self.0.drop_table(table)
    }

    fn put(&mut self, table: TableId, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.put(table, key, value)
    }

    fn delete(&mut self, table: TableId, key: &[u8]) -> Result<()> {
        self.0.delete(table, key)
    }

    fn delete_range(&mut self, table: TableId, from: &[u8], to: Option<&[u8]>) -> Result<()> {
        self.0.delete_range(table, from, to)
    }

    fn freeze(&mut self) -> Result<MemoryStore> {
        self.0.freeze()
    }

    fn close(self) -> Result<()> {
        self.0.close()
    }

    fn destroy(self) -> Result<()> {
        self.0.destroy()
    }
}

/// Makes numbers 8 bytes or longer, up to 207, so that a chunk that was too full for one element is not for another; does
/// not encode [`Picky::REFUSED`].
#[derive(Debug)]
struct Picky;

impl Picky {
    const REFUSED: u64 = u64::MAX;
}

impl Codec<u64> for Picky {
    fn id(&self) -> CodecId {
        CodecId {
            name: "picky".into(),
            version: 1,
        }
    }

    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        if *value == Self::REFUSED {
            return Err(Error::new(ErrorKind::Codec, "refused"));
        }
        out.extend_from_slice(&value.to_le_bytes());
        let more = usize::try_from(value % 7 * 33).unwrap();
        out.resize(out.len() + more, 0);
        Ok(())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u64> {
        Ok(u64::from_le_bytes(*bytes.first_chunk().unwrap()))
    }
}

/// More lists than fit: the tail of each has its key, and that is long.
const LISTS: usize = 160;

fn key(list: usize) -> String {
    format!("{list:064000}")
}

fn backend() -> (StoreBackend<String, Reading>, List<u64>) {
    let groups = KeyGroups::all(4).unwrap();
    let mut state = StoreBackend::new(Reading::default(), groups).unwrap();
    let list = state
        .register(ListDescriptor::with_codec("list", Picky))
        .unwrap();
    (state, list)
}

/// Rows of all tables but the adapter's own.
fn rows(state: &StoreBackend<String, Reading>) -> u64 {
    let mut rows = 0;
    for table in 1..10 {
        let all = state
            .store()
            .scan(TableId(table), Bound::Unbounded, Bound::Unbounded);
        let mut scan = all.unwrap();
        while scan.next_entry().unwrap().is_some() {
            rows += 1;
        }
    }
    rows
}

#[test]
fn a_list_is_one_row_however_many_are_appended_to_in_turn() {
    let (mut state, list) = backend();
    for round in 0..3 {
        state.store().1.set(0);
        for at in 0..LISTS {
            state.at_mut(&key(at)).list(list).push(round).unwrap();
        }
        let reads = state.store().1.get();
        assert!(reads <= LISTS as u64, "{reads} reads");
        assert!(round == 0 || reads > 0);
    }
    // But for those whose place another took: none of so few.
    assert_eq!(rows(&state), LISTS as u64);
    for at in 0..LISTS {
        let found = state.at(&key(at)).list(list).iter().unwrap();
        let found: Vec<u64> = found.map(|element| *element.unwrap()).collect();
        assert_eq!(found, [0, 1, 2]);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    /// So many elements, of which one is refused, if any.
    Extend(usize, usize, Option<usize>),
    Replace(usize, usize, Option<usize>),
    Clear(usize),
    /// An append to each list.
    All,
}

fn step() -> impl Strategy<Value = Step> {
    let list = 0..8_usize;
    let many = (0..60_usize, proptest::option::weighted(0.3, 0..60_usize));
    prop_oneof![
        4 => list.clone().prop_map(Step::Push),
        2 => (list.clone(), many.clone()).prop_map(|(at, (n, no))| Step::Extend(at, n, no)),
        2 => (list.clone(), many).prop_map(|(at, (n, no))| Step::Replace(at, n, no)),
        1 => list.prop_map(Step::Clear),
        1 => Just(Step::All),
    ]
}

fn elements(next: &mut u64, many: usize, refused: Option<usize>) -> Vec<u64> {
    let mut elements: Vec<u64> = (*next..).take(many).collect();
    *next += many as u64;
    if let Some(element) = refused.and_then(|at| elements.get_mut(at)) {
        *element = Picky::REFUSED;
    }
    elements
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The order of elements is that of the numbers of their chunks: one that is filled on and is not the last would
    /// show.
    #[test]
    fn lists_are_as_they_would_be_in_memory(steps in vec(step(), 1..24)) {
        let (mut state, list) = backend();
        let mut model = vec![Vec::new(); LISTS];
        let (mut next, keys) = (0, (0..LISTS).map(key).collect::<Vec<_>>());
        for step in std::iter::once(Step::All).chain(steps) {
            match step {
                Step::Push(at) => {
                    state.at_mut(&keys[at]).list(list).push(next).unwrap();
                    model[at].push(next);
                    next += 1;
                }
                Step::Extend(at, many, refused) => {
                    let new = elements(&mut next, many, refused);
                    let done = state.at_mut(&keys[at]).list(list).extend(new.iter().copied());
                    if new.contains(&Picky::REFUSED) {
                        done.unwrap_err();
                    } else {
                        done.unwrap();
                        model[at].extend(new);
                    }
                }
                Step::Replace(at, many, refused) => {
                    let new = elements(&mut next, many, refused);
                    let done = state.at_mut(&keys[at]).list(list).replace(new.iter().copied());
                    if new.contains(&Picky::REFUSED) {
                        done.unwrap_err();
                    } else {
                        done.unwrap();
                        model[at] = new;
                    }
                }
                Step::Clear(at) => {
                    state.at_mut(&keys[at]).list(list).clear().unwrap();
                    model[at].clear();
                }
                Step::All => {
                    for (key, model) in keys.iter().zip(&mut model) {
                        state.at_mut(key).list(list).push(next).unwrap();
                        model.push(next);
                        next += 1;
                    }
                }
            }
            for at in 0..8 {
                let found = state.at(&keys[at]).list(list).iter().unwrap();
                let found: Vec<u64> = found.map(|element| *element.unwrap()).collect();
                prop_assert_eq!(&found, &model[at]);
            }
        }
    }
}
