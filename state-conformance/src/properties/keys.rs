//! Keys of many types, and their order.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use state_api::key::TotalF64;
use state_api::{MapDescriptor, StateBackend, StateKey, StateRead, ValueDescriptor};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::refusal::assert_same;
use crate::site::Site;

/// A key of all shapes that an enum has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(String),
    Tuple(u8, i16),
    Struct { flag: bool, list: Vec<u16> },
}

impl StateKey for Shape {}

/// Keys, in no particular order, are found, listed and restored as they are.
fn round_trip<F: BackendFactory, K: StateKey + Debug>(site: &Site<'_, F>, mut keys: Vec<K>) {
    let mut backend = site.open::<K>();
    let value = backend
        .register(ValueDescriptor::<usize>::new("value").namespaced::<K>())
        .unwrap();
    for (number, key) in keys.iter().enumerate() {
        backend
            .at_mut(key)
            .in_namespace(key)
            .value(value)
            .put(number)
            .unwrap();
    }
    let mut restored = site.open::<K>();
    let same = restored.register(ValueDescriptor::<usize>::new("value").namespaced::<K>());
    Backup::take(&mut backend)
        .unwrap()
        .restore(&mut restored)
        .unwrap();
    for (backend, value) in [(backend, value), (restored, same.unwrap())] {
        for (number, key) in keys.iter().enumerate() {
            let found = backend
                .at(key)
                .in_namespace(key)
                .value(value)
                .get()
                .unwrap();
            assert_same(
                &format!("the value of key {key:?}"),
                &Some(number),
                &found.map(|n| *n),
            );
        }
        let found = backend.keys(value).unwrap().map(|pair| {
            let (key, namespace) = pair.unwrap();
            assert_same("the namespace, which is the key", &*key, &*namespace);
            key.into_owned()
        });
        let mut found: Vec<K> = found.collect();
        found.sort();
        let mut sorted = keys.clone();
        sorted.sort();
        assert_same("the keys", &sorted, &found);
    }
    keys.clear();
}

/// Keys and namespaces of many types are found again, listed as they were, and survive a
/// checkpoint.
pub fn keys_of_many_types_round_trip<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    round_trip(&site, vec![0_u64, 1, u64::MAX, 256, 255]);
    round_trip(&site, vec![0_i32, -1, i32::MIN, i32::MAX, 256, -256]);
    let pairs = ["", "a", "a\0", "b"].map(|name| [(name, 0), (name, u32::MAX)]);
    round_trip(
        &site,
        pairs
            .concat()
            .into_iter()
            .map(|(n, i)| (n.to_owned(), i))
            .collect(),
    );
    round_trip(
        &site,
        vec![
            Shape::Unit,
            Shape::Newtype(String::new()),
            Shape::Newtype("x\0y".into()),
            Shape::Tuple(0, -1),
            Shape::Tuple(0, 1),
            Shape::Struct {
                flag: false,
                list: vec![],
            },
            Shape::Struct {
                flag: false,
                list: vec![0],
            },
            Shape::Struct {
                flag: false,
                list: vec![0, 0],
            },
        ],
    );
    round_trip::<_, Vec<u8>>(
        &site,
        vec![vec![], vec![0], vec![0, 0], vec![1], vec![0xff, 0xff]],
    );
    round_trip(&site, vec![()]);
    round_trip(&site, vec![[0_u8; 4], [0xff; 4], *b"abcd", [0, 0, 0, 1]]);
    round_trip(&site, vec![None, Some(0_u64), Some(1), Some(u64::MAX)]);
    round_trip(&site, vec!['a', '\0', char::MAX]);
    round_trip(&site, vec![true, false]);
}

/// The entries of a map come in the order of their keys, which are given in order here.
fn ordered<F: BackendFactory, UK: StateKey + Debug>(site: &Site<'_, F>, map_keys: &[UK]) {
    let mut backend = site.open::<String>();
    let map = backend
        .register(MapDescriptor::<UK, usize>::new("map"))
        .unwrap();
    // In another order than that of the keys: odd ones last first, then even ones.
    let (even, odd): (Vec<_>, Vec<_>) = map_keys.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    for (number, map_key) in odd.into_iter().rev().chain(even) {
        backend
            .at_mut("key")
            .map(map)
            .insert(map_key.clone(), number)
            .unwrap();
    }
    let mut restored = site.open::<String>();
    Backup::take(&mut backend)
        .unwrap()
        .restore(&mut restored)
        .unwrap();
    let again = restored
        .register(MapDescriptor::<UK, usize>::new("map"))
        .unwrap();
    let view = backend.freeze().unwrap();
    let names = format!("order of {}", std::any::type_name::<UK>());
    let read = |entries: Vec<_>| {
        let entries: Vec<(UK, usize)> = entries;
        let expected: Vec<_> = map_keys.iter().cloned().zip(0..).collect();
        assert_same(&names, &expected, &entries);
    };
    let own = |entry: state_api::Result<(state_api::Ref<'_, UK>, state_api::Ref<'_, usize>)>| {
        let (map_key, value) = entry.unwrap();
        (map_key.into_owned(), value.into_owned())
    };
    read(
        backend
            .at("key")
            .map(map)
            .iter()
            .unwrap()
            .map(own)
            .collect(),
    );
    read(
        backend
            .at_mut("key")
            .map(map)
            .iter()
            .unwrap()
            .map(own)
            .collect(),
    );
    read(view.at("key").map(map).iter().unwrap().map(own).collect());
    read(
        restored
            .at("key")
            .map(again)
            .iter()
            .unwrap()
            .map(own)
            .collect(),
    );
}

/// Map entries come in the order of their encoded keys, which for these types is the natural one:
/// negative before positive, short before long, none before some.
pub fn map_order_is_encoding_order<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    ordered(
        &site,
        &[i64::MIN, -257, -256, -255, -1, 0, 1, 255, 256, i64::MAX],
    );
    ordered(&site, &[i8::MIN, -1, 0, 1, i8::MAX]);
    ordered(
        &site,
        &[
            "", "\0", "\0\0", "\0\u{1}", "\u{1}", "a", "a\0", "a\0b", "a\u{1}", "ab", "b",
        ]
        .map(str::to_owned),
    );
    let floats = [
        f64::NEG_INFINITY,
        -1.5,
        -0.0,
        0.0,
        f64::MIN_POSITIVE,
        1.0,
        f64::INFINITY,
        f64::NAN,
    ];
    ordered(&site, &floats.map(TotalF64));
    let pairs = [("", 1), ("a", -1), ("a", 0), ("a\0", -5), ("b", i32::MIN)];
    ordered(
        &site,
        &pairs.map(|(name, number)| (name.to_owned(), number)),
    );
    ordered(&site, &[None, Some(-1_i16), Some(0), Some(1)]);
    ordered::<_, Vec<u8>>(
        &site,
        &[
            vec![],
            vec![0],
            vec![0, 0xff],
            vec![1],
            vec![0xff],
            vec![0xff, 0],
        ],
    );
    ordered(
        &site,
        &[
            Shape::Unit,
            Shape::Newtype("z".into()),
            Shape::Tuple(0, -1),
            Shape::Tuple(0, 0),
        ],
    );
}
