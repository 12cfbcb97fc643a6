//! Generated histories against the model.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use state_api::{MapDescriptor, Ref, Result, StateBackend};

use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::spec::{MapOp, Outcome, Walk};
use crate::model::{self, Handles, Model, Via, check_histories};
use crate::rows::logical;
use crate::runner::{cases, check};
use crate::site::Site;

/// No history of operations, views, checkpoints, crashes, restores, rescales, reopenings and dropped states
/// lets a reader tell the backend from the [model].
///
/// Histories of commits are in [`durability`](super::durability), those of incremental checkpoints in
/// [`incremental`](super::incremental).
pub fn generated_operations<F: BackendFactory>(factory: &F) {
    check_histories(factory, cases(), &model::history());
}

/// Equal state gives equal rows, however it came about, but for the cutting of lists into chunks.
pub fn equal_state_gives_equal_rows<F: BackendFactory>(factory: &F) {
    check(cases().div_ceil(2), &vec(model::data(), 1..60), |history| {
        let site = Site::new(factory);
        let (mut long, mut short) = (site.open(), site.open());
        let (handles, mut model) = (Handles::register(&mut long)?, Model::default());
        for data in &history {
            model::apply(data, Via::Cursor, &mut long, handles, &mut model)?;
        }
        let handles = Handles::register(&mut short)?;
        model.write_to(&mut short, handles)?;
        let (long, short) = (logical(long.freeze()?)?, logical(short.freeze()?)?);
        Difference::between("rows of the direct way and of the long one", &short, &long)
    });
}

/// Keys of a map that are close to each other, and where encodings are tempted to go wrong.
fn map_key() -> impl Strategy<Value = (i64, String)> {
    let number = prop_oneof![-3..3_i64, select(&[i64::MIN, i64::MAX, -256, 256][..])];
    (number, "[\0\u{1}a\u{ff}]{0,2}")
}

/// A range of a map is that of a `BTreeMap`, for all bounds, from all ends, on the backend and on
/// its view; bounds that cross give nothing.
pub fn map_ranges_agree_with_a_btreemap<F: BackendFactory>(factory: &F) {
    let bound = || {
        prop_oneof![
            3 => map_key().prop_map(Bound::Included),
            3 => map_key().prop_map(Bound::Excluded),
            1 => Just(Bound::Unbounded),
        ]
    };
    let ranges = vec((bound(), bound()), 1..20);
    check(
        cases().div_ceil(2),
        &(btree_map(map_key(), 0..9_u8, 0..40), ranges),
        |(map, ranges)| {
            let site = Site::new(factory);
            let mut backend = site.open::<u8>();
            let handle = backend.register(MapDescriptor::<(i64, String), u8>::new("map"))?;
            for key in [0, 1, 2] {
                for (map_key, value) in &map {
                    backend
                        .at_mut(&key)
                        .map(handle)
                        .insert(map_key.clone(), value + key)?;
                }
            }
            let view = backend.freeze()?;
            let mut map: BTreeMap<_, _> = map.into_iter().map(|(k, v)| (k, v + 1)).collect();
            for (from, to) in ranges {
                for walk in [Walk::Forward, Walk::Backward, Walk::Inward] {
                    let op = MapOp::Range(from.clone(), to.clone(), walk);
                    let expected = op.expected(&mut map);
                    let range = (from.as_ref(), to.as_ref());
                    let on_view = owned(walk, backend_range(&view, handle, range)?)?;
                    let mut at = backend.at_mut(&1);
                    let live = owned(walk, at.map(handle).range::<(i64, String)>(range)?)?;
                    Difference::between(format_args!("{op:?}"), &expected, &live)?;
                    Difference::between(format_args!("{op:?} on a view"), &expected, &on_view)?;
                }
            }
            Ok(())
        },
    );
}

type Entry<'r> = Result<(Ref<'r, (i64, String)>, Ref<'r, u8>)>;

fn backend_range<'r, R: state_api::StateRead<Key = u8>>(
    state: &'r R,
    handle: state_api::Map<(i64, String), u8>,
    range: (Bound<&(i64, String)>, Bound<&(i64, String)>),
) -> Result<impl DoubleEndedIterator<Item = Entry<'r>>> {
    state.at(&1).map(handle).range::<(i64, String)>(range)
}

fn owned<'r>(
    walk: Walk,
    range: impl DoubleEndedIterator<Item = Entry<'r>>,
) -> Result<Outcome<u8, (i64, String)>> {
    let range = range.map(|entry| entry.map(|(k, v)| (k.into_owned(), v.into_owned())));
    walk.collect(range).map(Outcome::Entries)
}
