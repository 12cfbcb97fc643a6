//! A layer over a store reads as the store would, had the writes gone to it.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use state_store::overlay::{Layer, TableChange, merge};
use state_store::{Entry, MemoryStore, OrderedRead, OrderedStore, Scan, TableId};

const TABLES: u32 = 2;

/// A write. Keys are numbers.
#[derive(Clone, Debug)]
enum Write {
    Put(u32, u8, u8),
    /// A run of keys.
    PutRun(u32, u8, u8, u8),
    Delete(u32, u8),
    DeleteRange(u32, u8, Option<u8>),
    Recreate(u32),
    Seal,
}

/// A read of a range, by ends: `true` for the front.
#[derive(Clone, Debug)]
struct Walk {
    table: u32,
    from: Bound<u8>,
    to: Bound<u8>,
    steps: Vec<bool>,
}

fn write() -> impl Strategy<Value = Write> {
    let table = 0..TABLES;
    prop_oneof![
        12 => (table.clone(), any::<u8>(), any::<u8>()).prop_map(|(t, k, v)| Write::Put(t, k, v)),
        2 => (table.clone(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(t, from, to, v)| Write::PutRun(t, from, to, v)),
        5 => (table.clone(), any::<u8>()).prop_map(|(t, k)| Write::Delete(t, k)),
        3 => (table.clone(), any::<u8>(), option::weighted(0.9, any::<u8>()))
            .prop_map(|(t, from, to)| Write::DeleteRange(t, from, to)),
        1 => table.prop_map(Write::Recreate),
        3 => Just(Write::Seal),
    ]
}

fn bound() -> impl Strategy<Value = Bound<u8>> {
    prop_oneof![
        any::<u8>().prop_map(Bound::Included),
        any::<u8>().prop_map(Bound::Excluded),
        Just(Bound::Unbounded),
    ]
}

fn walk() -> impl Strategy<Value = Walk> {
    // Long runs at one end, and single steps.
    let steps = vec((any::<bool>(), 1..20_usize), 0..30).prop_map(|runs| {
        let steps = runs.into_iter().map(|(front, times)| vec![front; times]);
        steps.flatten().collect()
    });
    let steps = prop_oneof![
        3 => steps,
        1 => any::<bool>().prop_map(|front| vec![front; 257]),
    ];
    let bounds = (bound(), bound()).prop_map(|(a, b)| if cross(a, b) { (b, a) } else { (a, b) });
    let bounds = bounds.prop_filter("no range between", |(from, to)| !cross(*from, *to));
    (0..TABLES, bounds, steps).prop_map(|(table, (from, to), steps)| Walk {
        table,
        from,
        to,
        steps,
    })
}

/// Whether no key can lie between them: such a range is asked of no store.
fn cross(from: Bound<u8>, to: Bound<u8>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => from >= to,
    }
}

type Model = BTreeMap<u32, BTreeMap<u8, u8>>;

fn perform(write: &Write, layers: &mut Vec<Layer>, model: &mut Model) {
    let newest = layers.last_mut().unwrap();
    match *write {
        Write::Put(table, key, value) => {
            newest.put(TableId(table), &[key], &[value]);
            model.entry(table).or_default().insert(key, value);
        }
        Write::PutRun(table, from, to, value) => {
            for key in from..to {
                newest.put(TableId(table), &[key], &[value]);
                model.entry(table).or_default().insert(key, value);
            }
        }
        Write::Delete(table, key) => {
            newest.delete(TableId(table), &[key]);
            model.entry(table).or_default().remove(&key);
        }
        Write::DeleteRange(table, from, to) => {
            let end = to.map(|to| [to]);
            newest.delete_range(TableId(table), &[from], end.as_ref().map(|to| &to[..]));
            let table = model.entry(table).or_default();
            table.retain(|key, _| *key < from || to.is_some_and(|to| *key >= to));
        }
        Write::Recreate(table) => {
            newest.drop_table(TableId(table));
            newest.create_table(TableId(table));
            model.remove(&table);
        }
        Write::Seal => layers.push(Layer::new()),
    }
}

fn slice(bound: &Bound<[u8; 1]>) -> Bound<&[u8]> {
    bound.as_ref().map(|key| &key[..])
}

/// The entries of a walk, and what the model has.
fn walked<R: OrderedRead>(
    layers: &[Layer],
    base: &R,
    walk: &Walk,
    model: &Model,
) -> [Vec<Option<(u8, u8)>>; 2] {
    let (from, to) = (walk.from.map(|key| [key]), walk.to.map(|key| [key]));
    let newest_first = layers.iter().rev();
    let table = TableId(walk.table);
    let mut scan = merge::scan(newest_first, base, table, slice(&from), slice(&to)).unwrap();
    let none = BTreeMap::new();
    let rows = model.get(&walk.table).unwrap_or(&none);
    let mut expected: std::collections::VecDeque<_> = rows
        .iter()
        .filter(|(key, _)| {
            let after = match walk.from {
                Bound::Included(from) => **key >= from,
                Bound::Excluded(from) => **key > from,
                Bound::Unbounded => true,
            };
            let before = match walk.to {
                Bound::Included(to) => **key <= to,
                Bound::Excluded(to) => **key < to,
                Bound::Unbounded => true,
            };
            after && before
        })
        .map(|(key, value)| (*key, *value))
        .collect();
    let mut both = [Vec::new(), Vec::new()];
    for front in &walk.steps {
        let next = if *front {
            scan.next_entry().unwrap()
        } else {
            scan.next_entry_back().unwrap()
        };
        both[0].push(next.map(|Entry { key, value }| (key[0], value[0])));
        both[1].push(if *front {
            expected.pop_front()
        } else {
            expected.pop_back()
        });
    }
    both
}

/// A layer of what is left of a layer's writes.
fn again(layer: &Layer) -> Layer {
    let mut again = Layer::new();
    for (id, table) in layer.tables() {
        for (from, to) in table.deleted() {
            again.delete_range(id, from, to);
        }
        match table.change() {
            Some(TableChange::Created) => again.create_table(id),
            Some(TableChange::Dropped) => again.drop_table(id),
            None => {}
        }
        for (key, value) in table.rows() {
            match value {
                Some(value) => again.put(id, key, value),
                None => again.delete(id, key),
            }
        }
    }
    again
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn layers_and_base_read_as_one(
        below in vec((0..TABLES, any::<u8>(), any::<u8>()), 0..300),
        writes in vec(write(), 0..100),
        walks in vec(walk(), 1..8),
    ) {
        let mut base = MemoryStore::new();
        let mut model = Model::new();
        for table in 0..TABLES {
            base.create_table(TableId(table)).unwrap();
        }
        for (table, key, value) in below {
            base.put(TableId(table), &[key], &[value]).unwrap();
            model.entry(table).or_default().insert(key, value);
        }
        let mut layers = vec![Layer::new()];
        for write in &writes {
            perform(write, &mut layers, &mut model);
        }
        for table in 0..TABLES {
            for key in 0..=u8::MAX {
                let newest_first = layers.iter().rev();
                let found = merge::get(newest_first, &base, TableId(table), &[key]).unwrap();
                let expected = model.get(&table).and_then(|rows| rows.get(&key));
                prop_assert_eq!(found.as_ref().map(|value| value.as_ref()[0]), expected.copied());
            }
        }
        for layer in &layers {
            prop_assert_eq!(layer.bytes(), again(layer).bytes());
        }
        for walk in &walks {
            let [found, expected] = walked(&layers, &base, walk, &model);
            prop_assert_eq!(found, expected);
        }
    }
}

/// A base that counts the steps of its scans.
struct Counting(MemoryStore, std::cell::Cell<u32>);

struct CountingScan<'a>(
    <MemoryStore as OrderedRead>::Scan<'a>,
    &'a std::cell::Cell<u32>,
);

impl Scan for CountingScan<'_> {
    fn next_entry(&mut self) -> state_api::Result<Option<Entry<'_>>> {
        self.1.set(self.1.get() + 1);
        self.0.next_entry()
    }

    fn next_entry_back(&mut self) -> state_api::Result<Option<Entry<'_>>> {
        self.1.set(self.1.get() + 1);
        self.0.next_entry_back()
    }
}

impl OrderedRead for Counting {
    type Guard<'a> = &'a [u8];
    type Scan<'a> = CountingScan<'a>;

    fn get(&self, table: TableId, key: &[u8]) -> state_api::Result<Option<&[u8]>> {
        self.0.get(table, key)
    }

    fn scan(
        &self,
        table: TableId,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> state_api::Result<CountingScan<'_>> {
        Ok(CountingScan(self.0.scan(table, from, to)?, &self.1))
    }
}

/// A map of many entries that was cleared, and then asked whether it is empty, must not cost its
/// entries each time.
#[test]
fn a_deleted_range_is_left_by_a_seek() {
    let table = TableId(1);
    let mut base = MemoryStore::new();
    base.create_table(table).unwrap();
    for key in 0..100_000_u32 {
        base.put(table, &key.to_be_bytes(), b"v").unwrap();
    }
    let base = Counting(base, std::cell::Cell::new(0));
    let mut layer = Layer::new();
    let key = |key: u32| key.to_be_bytes();
    layer.delete_range(table, &key(10), Some(&key(99_990)));
    let all = (Bound::Unbounded, Bound::Unbounded);
    let mut scan = merge::scan([&layer], &base, table, all.0, all.1).unwrap();
    for expected in (0..10).chain(99_990..100_000_u32) {
        assert_eq!(scan.next_entry().unwrap().unwrap().key, key(expected));
    }
    assert!(scan.next_entry().unwrap().is_none());
    let mut scan = merge::scan([&layer], &base, table, all.0, all.1).unwrap();
    for expected in (0..10).chain(99_990..100_000_u32).rev() {
        assert_eq!(scan.next_entry_back().unwrap().unwrap().key, key(expected));
    }
    assert!(scan.next_entry_back().unwrap().is_none());
    assert!(base.1.get() < 80, "{} steps of the base", base.1.get());
}

#[test]
fn without_a_layer_that_knows_the_table_a_scan_is_the_base_s_own() {
    let mut base = MemoryStore::new();
    base.create_table(TableId(1)).unwrap();
    let mut layers = [Layer::new(), Layer::new()];
    layers[0].put(TableId(2), b"k", b"v");
    let scan = merge::scan(
        &layers,
        &base,
        TableId(1),
        Bound::Unbounded,
        Bound::Unbounded,
    );
    assert_eq!(
        format!("{:?}", scan.unwrap()),
        "MergedScan { layers: 0, .. }"
    );
}
