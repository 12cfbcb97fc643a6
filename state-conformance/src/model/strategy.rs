//! How histories are generated.

use std::fmt::Debug;
use std::ops::Bound;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::history::{Data, Options, Registration, Step, Via};
use super::pool::{Key, Text};
use super::schema::STATES;
use super::spec::{ListOp, MapOp, ValueOp, Walk};

/// Namespaces that are numbers.
pub(super) const NUMBERS: [u32; 3] = [0, 1, u32::MAX];

/// Namespaces that are names.
pub(super) const NAMES: [&str; 3] = ["", "n", "n\0"];

const MAP_NUMBERS: [i64; 7] = [0, -1, 1, i64::MIN, i64::MAX, -256, 255];
const MAP_NAMES: [&str; 7] = ["", "a", "a\0", "ab", "\u{1}", "\0", "\u{10ffff}"];

/// Names in descending order of how often they are used; the long key is rare.
fn key() -> impl Strategy<Value = Key> {
    let last = Key::COUNT - 1;
    prop_oneof![
        25 => (0..3_u8).prop_map(Key::new),
        25 => (0..last).prop_map(Key::new),
        1 => Just(Key::new(last)),
    ]
}

fn name(names: &'static [&'static str]) -> BoxedStrategy<String> {
    select(names).prop_map(str::to_owned).boxed()
}

/// Mostly short; some of a few hundred bytes, so that lists take several chunks; a few that are
/// longer than a chunk.
fn text() -> BoxedStrategy<Text> {
    prop_oneof![
        10 => select(&["x", "", "y", "\0", "zz"][..]).prop_map(Text::from),
        2 => (200..600_usize).prop_map(|len| Text("t".repeat(len))),
        1 => Just(Text("l".repeat(3000))),
    ]
    .boxed()
}

fn number() -> BoxedStrategy<u64> {
    prop_oneof![8 => 0..8_u64, 1 => Just(u64::MAX)].boxed()
}

fn value_op<V: Clone + Debug + 'static>(value: &BoxedStrategy<V>) -> BoxedStrategy<ValueOp<V>> {
    prop_oneof![
        4 => value.clone().prop_map(ValueOp::Put),
        2 => (value.clone(), value.clone())
            .prop_map(|(init, then)| ValueOp::Modify { init, then }),
        2 => option::of(value.clone()).prop_map(ValueOp::Update),
        1 => Just(ValueOp::Get),
        1 => Just(ValueOp::Take),
        1 => Just(ValueOp::Clear),
    ]
    .boxed()
}

fn list_op<T: Clone + Debug + 'static>(element: &BoxedStrategy<T>) -> BoxedStrategy<ListOp<T>> {
    prop_oneof![
        5 => element.clone().prop_map(ListOp::Push),
        4 => vec(element.clone(), 0..6).prop_map(ListOp::Extend),
        1 => vec(element.clone(), 0..4).prop_map(ListOp::Replace),
        1 => Just(ListOp::Clear),
        1 => Just(ListOp::Iter),
        1 => Just(ListOp::Len),
        1 => Just(ListOp::IsEmpty),
    ]
    .boxed()
}

fn bound<UK: Clone + Debug + 'static>(
    map_key: &BoxedStrategy<UK>,
) -> impl Strategy<Value = Bound<UK>> + use<UK> {
    prop_oneof![
        3 => map_key.clone().prop_map(Bound::Included),
        3 => map_key.clone().prop_map(Bound::Excluded),
        1 => Just(Bound::Unbounded),
    ]
}

fn walk() -> impl Strategy<Value = Walk> {
    select(&[Walk::Forward, Walk::Backward, Walk::Inward][..])
}

fn map_op<UK, UV>(
    map_key: &BoxedStrategy<UK>,
    value: &BoxedStrategy<UV>,
) -> BoxedStrategy<MapOp<UK, UV>>
where
    UK: Clone + Debug + 'static,
    UV: Clone + Debug + 'static,
{
    let write = prop_oneof![
        6 => (map_key.clone(), value.clone()).prop_map(|(k, v)| MapOp::Insert(k, v)),
        2 => (map_key.clone(), value.clone(), value.clone())
            .prop_map(|(map_key, init, then)| MapOp::Modify { map_key, init, then }),
        2 => (map_key.clone(), option::of(value.clone())).prop_map(|(k, v)| MapOp::Update(k, v)),
        2 => map_key.clone().prop_map(MapOp::Remove),
        1 => map_key.clone().prop_map(MapOp::Take),
        1 => Just(MapOp::Clear),
    ];
    let read = prop_oneof![
        4 => (bound(map_key), bound(map_key), walk())
            .prop_map(|(from, to, walk)| MapOp::Range(from, to, walk)),
        1 => walk().prop_map(MapOp::Iter),
        1 => map_key.clone().prop_map(MapOp::Get),
        1 => map_key.clone().prop_map(MapOp::Contains),
        1 => Just(MapOp::Len),
        1 => Just(MapOp::IsEmpty),
        1 => Just(MapOp::First),
        1 => Just(MapOp::Last),
    ];
    prop_oneof![2 => write, 1 => read].boxed()
}

/// An operation on one of the model's states.
pub fn data() -> BoxedStrategy<Data> {
    let (map_number, map_name) = (select(&MAP_NUMBERS[..]).boxed(), name(&MAP_NAMES));
    let ns = || select(&NUMBERS[..]);
    prop_oneof![
        2 => (key(), value_op(&number())).prop_map(|(key, op)| Data::Counts(key, op)),
        2 => (key(), ns(), value_op(&text())).prop_map(|(key, ns, op)| Data::Notes(key, ns, op)),
        2 => (key(), list_op(&number())).prop_map(|(key, op)| Data::Events(key, op)),
        3 => (key(), name(&NAMES), list_op(&text()))
            .prop_map(|(key, ns, op)| Data::Words(key, ns, op)),
        3 => (key(), map_op(&map_number, &number())).prop_map(|(key, op)| Data::Scores(key, op)),
        3 => (key(), ns(), map_op(&map_name, &text()))
            .prop_map(|(key, ns, op)| Data::Tags(key, ns, op)),
    ]
    .boxed()
}

/// Those of the factory itself, or any.
pub(crate) fn options() -> impl Strategy<Value = Options> {
    prop_oneof![1 => Just(0), 3 => 1..1000_u64].prop_map(Options)
}

fn step() -> impl Strategy<Value = Step> {
    let via = select(&[Via::Cursor, Via::Bound][..]);
    let registrations = [
        Registration::Before,
        Registration::Between,
        Registration::After,
    ];
    prop_oneof![
        50 => (via, data()).prop_map(|(via, data)| Step::Do(via, data)),
        4 => Just(Step::Freeze),
        2 => (0..4_usize).prop_map(Step::ReadView),
        1 => (0..4_usize).prop_map(Step::DropView),
        1 => (select(registrations.to_vec()), options())
            .prop_map(|(registration, options)| Step::Restore(registration, options)),
        1 => (1..=3_u16, options())
            .prop_map(|(parallelism, options)| Step::Rescale(parallelism, options)),
        1 => options().prop_map(Step::Reopen),
        2 => Just(Step::Checkpoint),
        1 => options().prop_map(Step::Crash),
        1 => (0..STATES.len()).prop_map(Step::DropState),
    ]
}

/// A history of about 60 steps.
pub fn history() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..100)
}
