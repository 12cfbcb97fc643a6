//! From when on changes are told, and since when.

use state_api::{ErrorKind, StateBackend, StateView, Value, ValueDescriptor};

use crate::chain::{AMPLE, tracked};
use crate::changes::changes;
use crate::factory::BackendFactory;
use crate::refusal::{assert_refused, assert_same};
use crate::rows::named;
use crate::site::{Site, all_groups};

/// Which of the epochs 0 to 5 a view tracks; the changes since others are refused.
fn tracks<V: StateView>(view: &V) -> Vec<u64> {
    let range = all_groups().range();
    let mut tracked = Vec::new();
    for epoch in 0..=5 {
        if view.tracks_since(epoch) {
            changes(view.clone(), Some(epoch), range, 64).unwrap();
            tracked.push(epoch);
        } else {
            assert_refused(
                &format!("changes since epoch {epoch}, which is not tracked"),
                ErrorKind::Invalid,
                view.clone().into_changes(Some(epoch), range, 64).map(drop),
            );
        }
    }
    tracked
}

fn registered<B: StateBackend>(backend: &mut B) -> Value<u64> {
    backend.register(ValueDescriptor::new("value")).unwrap()
}

/// Before changes are tracked none are told, but all rows are. Tracking that begins before the first
/// write knows epoch 0; one that begins later knows the next freeze and those behind it.
pub fn tracking_begins_when_it_is_asked_for<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let range = all_groups().range();
    let mut backend = site.open::<u64>();
    let value = registered(&mut backend);
    backend.at_mut(&1).value(value).put(1).unwrap();
    let view = backend.freeze().unwrap();
    assert_same("epochs tracked by nobody", &Vec::new(), &tracks(&view));
    let all = named(view.clone(), range).unwrap();
    let found = changes(view, None, range, 64).unwrap();
    assert_same("all rows as changes", &all.len(), &found.count());

    backend.track_changes(AMPLE).unwrap();
    backend.at_mut(&2).value(value).put(2).unwrap();
    let view = backend.freeze().unwrap();
    let before = tracks(&view).into_iter().filter(|epoch| *epoch < 2);
    // Nothing was written between the first freeze and the call: its epoch may be known.
    assert_same(
        "older epochs",
        &false,
        &before.clone().any(|epoch| epoch == 0),
    );
    backend.at_mut(&3).value(value).put(3).unwrap();
    let view = backend.freeze().unwrap();
    assert_same("the epoch since", &true, &tracks(&view).contains(&2));

    let mut early = tracked::<u64, _>(&site, all_groups()).unwrap();
    let value = registered(&mut early);
    let view = early.freeze().unwrap();
    assert_same("of an empty one", &vec![0, 1], &tracks(&view));
    early.at_mut(&1).value(value).put(1).unwrap();
    let view = early.freeze().unwrap();
    assert_same("since it was empty", &vec![0, 1, 2], &tracks(&view));
}

/// After a confirmation views tell what changed since that epoch and later ones. Views that were taken
/// before keep what they had.
pub fn what_is_confirmed_is_forgotten_before<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = tracked::<u64, _>(&site, all_groups()).unwrap();
    let value = registered(&mut backend);
    let mut views = Vec::new();
    for key in 1..=3 {
        backend.at_mut(&key).value(value).put(key).unwrap();
        views.push(backend.freeze().unwrap());
    }
    backend.confirm(2).unwrap();
    backend.at_mut(&4).value(value).put(4).unwrap();
    let later = backend.freeze().unwrap();
    assert_same(
        "a view after the confirmation",
        &vec![2, 3, 4],
        &tracks(&later),
    );
    for (epoch, view) in (1..).zip(&views) {
        let all: Vec<_> = (0..=epoch).collect();
        assert_same("a view before the confirmation", &all, &tracks(view));
        let found = changes(view.clone(), Some(0), all_groups().range(), 64).unwrap();
        let written: usize = epoch.try_into().unwrap();
        assert_same("changes since epoch 0", &written, &found.count());
    }
    let found = changes(later, Some(2), all_groups().range(), 64).unwrap();
    assert_same("changes since what was confirmed", &2, &found.count());
}

/// An epoch that was never frozen cannot be confirmed, and an older one than the last changes nothing:
/// what is told stays as it was.
pub fn only_views_are_confirmed<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = tracked::<u64, _>(&site, all_groups()).unwrap();
    let value = registered(&mut backend);
    let refuse = |backend: &mut F::Backend<u64>, epoch| {
        let what = format!("a confirmation of epoch {epoch}, which was never frozen");
        assert_refused(&what, ErrorKind::Invalid, backend.confirm(epoch));
    };
    refuse(&mut backend, 1);
    refuse(&mut backend, u64::MAX);
    backend.at_mut(&1).value(value).put(1).unwrap();
    assert_same(
        "nothing confirmed",
        &vec![0, 1],
        &tracks(&backend.freeze().unwrap()),
    );
    backend.freeze().unwrap();
    backend.confirm(2).unwrap();
    for epoch in 0..=2 {
        backend.confirm(epoch).unwrap();
    }
    refuse(&mut backend, 3);
    let view = backend.freeze().unwrap();
    assert_same("after epoch 2 was confirmed", &vec![2, 3], &tracks(&view));
}

/// A backend that cannot track changes says so, and gives all rows.
pub fn lacks_incremental<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    assert_same(
        "the capability to track changes",
        &false,
        &backend.capability().tracks_changes,
    );
    let track = backend.track_changes(AMPLE);
    assert_refused("tracking of changes", ErrorKind::Unsupported, track);
    let value = registered(&mut backend);
    backend.at_mut(&1).value(value).put(1).unwrap();
    let view = backend.freeze().unwrap();
    let confirm = backend.confirm(1);
    assert_refused("a confirmation", ErrorKind::Unsupported, confirm);
    assert_same("epochs tracked", &Vec::new(), &tracks(&view));
    let range = all_groups().range();
    let all = named(view.clone(), range).unwrap();
    let found = changes(view, None, range, 64).unwrap();
    assert_same("all rows as changes", &all.len(), &found.count());
}
