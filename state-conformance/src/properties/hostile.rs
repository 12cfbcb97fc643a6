//! Keys that an encoding, a range or an engine may take for others.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use state_api::{ListDescriptor, MapDescriptor, StateBackend, StateRead, ValueDescriptor};

use crate::backup::Backup;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::spec::Walk;
use crate::replay::{elements, entries, keys};
use crate::runner::{cases, check};
use crate::site::Site;

/// Bytes of a long key: longer than the pages of most engines.
const LONG: usize = 64 << 10;

type Bytes = Vec<u8>;

/// The empty key, runs of zeros, tails of 0xFF, each a prefix of others; rarely one that is long, and differs
/// from other long ones in its last byte only.
fn hostile() -> BoxedStrategy<Bytes> {
    prop_oneof![
        2 => Just(Bytes::new()),
        6 => vec(prop_oneof![Just(0), Just(0xFF)], 1..5),
        4 => vec(prop_oneof![Just(0), Just(1), Just(0xFE), Just(0xFF)], 1..4),
        2 => (0..40_usize, any::<bool>()).prop_map(|(len, high)| vec![if high { 0xFF } else { 0 }; len]),
        1 => any::<bool>().prop_map(|high| {
            let mut long = vec![0xFF; LONG];
            long.push(if high { 0xFF } else { 0 });
            long
        }),
    ]
    .boxed()
}

/// A write to the state of a key and namespace.
#[derive(Clone, Debug)]
enum Write {
    Put(u32),
    Push(u32),
    Insert(Bytes, u32),
    Remove(Bytes),
    ClearValue,
    ClearList,
    ClearMap,
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        3 => any::<u32>().prop_map(Write::Put),
        3 => any::<u32>().prop_map(Write::Push),
        4 => (hostile(), any::<u32>()).prop_map(|(map_key, value)| Write::Insert(map_key, value)),
        1 => hostile().prop_map(Write::Remove),
        1 => Just(Write::ClearValue),
        1 => Just(Write::ClearList),
        1 => Just(Write::ClearMap),
    ]
}

type Places<C> = BTreeMap<(Bytes, Bytes), C>;

/// What is where, by key and namespace.
#[derive(Default)]
struct Expected {
    values: Places<u32>,
    lists: Places<Vec<u32>>,
    maps: Places<BTreeMap<Bytes, u32>>,
}

impl Expected {
    fn write(&mut self, place: (Bytes, Bytes), write: Write) {
        match write {
            Write::Put(value) => drop(self.values.insert(place, value)),
            Write::Push(element) => self.lists.entry(place).or_default().push(element),
            Write::Insert(map_key, value) => {
                self.maps.entry(place).or_default().insert(map_key, value);
            }
            Write::Remove(map_key) => {
                if let Some(map) = self.maps.get_mut(&place) {
                    map.remove(&map_key);
                }
                self.maps.retain(|_, map| !map.is_empty());
            }
            Write::ClearValue => drop(self.values.remove(&place)),
            Write::ClearList => drop(self.lists.remove(&place)),
            Write::ClearMap => drop(self.maps.remove(&place)),
        }
    }
}

/// The states: their handles.
#[derive(Clone, Copy)]
struct States {
    value: state_api::Value<u32, Bytes>,
    list: state_api::List<u32, Bytes>,
    map: state_api::Map<Bytes, u32, Bytes>,
}

impl States {
    fn register<B: StateBackend<Key = Bytes>>(backend: &mut B) -> state_api::Result<Self> {
        Ok(Self {
            value: backend.register(ValueDescriptor::new("value").namespaced())?,
            list: backend.register(ListDescriptor::new("list").namespaced())?,
            map: backend.register(MapDescriptor::new("map").namespaced())?,
        })
    }

    fn write<B: StateBackend<Key = Bytes>>(
        self,
        backend: &mut B,
        (key, namespace): &(Bytes, Bytes),
        write: &Write,
    ) -> state_api::Result<()> {
        let mut at = backend.at_mut(key.as_slice());
        let mut at = at.in_namespace(namespace);
        match write {
            Write::Put(value) => at.value(self.value).put(*value),
            Write::Push(element) => at.list(self.list).push(*element),
            Write::Insert(map_key, value) => at.map(self.map).insert(map_key.clone(), *value),
            Write::Remove(map_key) => at.map(self.map).remove(map_key.as_slice()),
            Write::ClearValue => at.value(self.value).clear(),
            Write::ClearList => at.list(self.list).clear(),
            Write::ClearMap => at.map(self.map).clear(),
        }
    }

    /// Compares all state: what is there under which keys, and all of it.
    fn compare<R: StateRead<Key = Bytes>>(
        self,
        state: &R,
        expected: &Expected,
    ) -> Result<(), Difference> {
        let places = |found: Vec<(Bytes, Bytes)>, of: Vec<&(Bytes, Bytes)>, name| {
            Difference::between(name, &of, &found.iter().collect())
        };
        let Expected {
            values,
            lists,
            maps,
        } = expected;
        places(
            keys(state.keys(self.value)?)?,
            values.keys().collect(),
            "keys of values",
        )?;
        places(
            keys(state.keys(self.list)?)?,
            lists.keys().collect(),
            "keys of lists",
        )?;
        places(
            keys(state.keys(self.map)?)?,
            maps.keys().collect(),
            "keys of maps",
        )?;
        for ((key, namespace), value) in values {
            let at = state.at(key.as_slice()).in_namespace(namespace);
            let found = at.value(self.value).get()?.as_deref().copied();
            Difference::between("value", &Some(*value), &found)?;
        }
        for ((key, namespace), list) in lists {
            let at = state.at(key.as_slice()).in_namespace(namespace);
            Difference::between("list", list, &elements(at.list(self.list).iter()?)?)?;
        }
        for ((key, namespace), map) in maps {
            let at = state.at(key.as_slice()).in_namespace(namespace);
            let found = entries(Walk::Inward, at.map(self.map).iter()?)?;
            let map: Vec<_> = map.iter().map(|(k, v)| (k.clone(), *v)).collect();
            Difference::between("map", &map, &found)?;
        }
        Ok(())
    }
}

/// Keys, namespaces and map keys of hostile bytes - empty, runs of zeros, tails of 0xFF, prefixes of each other,
/// 64 KiB that differ in the last byte - are told apart in every state, on the backend, on its view and behind a
/// restore: no write or clear of one touches another, and maps are in order.
pub fn hostile_keys_are_told_apart<F: BackendFactory>(factory: &F) {
    let history = vec(((hostile(), hostile()), write()), 1..60);
    check(cases().div_ceil(2), &history, |history| {
        let site = Site::new(factory);
        let mut backend = site.open::<Bytes>();
        let states = States::register(&mut backend)?;
        let mut expected = Expected::default();
        for (place, write) in history {
            states.write(&mut backend, &place, &write)?;
            expected.write(place, write);
        }
        let on = |what: &'static str| move |d: Difference| d.while_doing(what);
        states.compare(&backend, &expected)?;
        states
            .compare(&backend.freeze()?, &expected)
            .map_err(on("a view"))?;
        let backup = Backup::take(&mut backend)?;
        let mut again = site.open::<Bytes>();
        backup.restore(&mut again)?;
        let states = States::register(&mut again)?;
        states.compare(&again, &expected).map_err(on("restored"))
    });
}
