//! What printed programs use beside `state-api`: a failure of a generated history prints a program that
//! plays it, to paste into a test file of the crate that failed. Checkpoints lie in memory: a full one in a
//! [`Backup`], those that build on each other in a [`Chain`].
//!
//! The program names the states' handles, the backend and its views, and calls nothing of the model: each
//! answer that it expects stands in it.

use state_api::{KeyGroupRange, Ref, Result, StateView};

pub use crate::backup::Backup;
pub use crate::chain::{Chain, Flight, claimed, lineage};
pub use crate::changes::Changes;
pub use crate::counting::Calls;
pub use crate::model::spec::Walk;
pub use crate::model::{Handles, Text};
pub use crate::rows::{clipped, hand_over, joined, rows};
pub use crate::site::{Site, all_groups, worker_groups};

/// The changes of a view since an epoch, or all its rows as changes, in a range of key groups and within a
/// buffer.
///
/// # Panics
/// With the law of [`ChangeSource`](state_api::ChangeSource) that they break.
pub fn changes<V: StateView>(
    view: &V,
    since: Option<u64>,
    range: KeyGroupRange,
    buffer: usize,
) -> Changes {
    let told = crate::changes::changes(view.clone(), since, range, buffer);
    told.unwrap_or_else(|broken| panic!("{broken}"))
}

/// The elements of a list, owned.
///
/// # Errors
/// The first one of the elements.
pub fn elements<'r, T: Clone + 'r>(
    iter: impl Iterator<Item = Result<Ref<'r, T>>>,
) -> Result<Vec<T>> {
    iter.map(|element| element.map(Ref::into_owned)).collect()
}

/// The entries of a map, owned and in order, however they are walked.
///
/// # Errors
/// The first one of the entries.
pub fn entries<'r, UK: Clone + 'r, UV: Clone + 'r>(
    walk: Walk,
    range: impl DoubleEndedIterator<Item = Result<(Ref<'r, UK>, Ref<'r, UV>)>>,
) -> Result<Vec<(UK, UV)>> {
    walk.collect(range.map(owned))
}

/// The keys and namespaces of a state, owned and sorted.
///
/// # Errors
/// The first one of the keys.
pub fn keys<'r, K: Clone + Ord + 'r, N: Clone + Ord + 'r>(
    keys: impl Iterator<Item = Result<(Ref<'r, K>, Ref<'r, N>)>>,
) -> Result<Vec<(K, N)>> {
    let mut keys = keys.map(owned).collect::<Result<Vec<_>>>()?;
    keys.sort();
    Ok(keys)
}

fn owned<A: Clone, B: Clone>(pair: Result<(Ref<'_, A>, Ref<'_, B>)>) -> Result<(A, B)> {
    pair.map(|(a, b)| (a.into_owned(), b.into_owned()))
}
