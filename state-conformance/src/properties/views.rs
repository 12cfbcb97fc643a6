//! Views: what they hold, and for how long.

use std::thread;

use state_api::{KeyGroupRange, StateBackend, StateRead, StateView};

use crate::factory::BackendFactory;
use crate::model::{Handles, Key, Model, compare};
use crate::refusal::assert_same;
use crate::rows::gather;
use crate::site::{MAX_PARALLELISM, Site};

/// Writes something to all states of all keys, and the same to the model.
fn fill<B: StateBackend<Key = String>>(
    backend: &mut B,
    handles: Handles,
    model: &mut Model,
    round: u64,
) {
    for key in Key::short().map(Key::text) {
        let mut at = backend.at_mut(key.as_str());
        at.value(handles.counts).put(round).unwrap();
        at.list(handles.events).extend([round, round + 1]).unwrap();
        at.map(handles.scores).insert(-1, round).unwrap();
        at.map(handles.scores)
            .modify(&i64::MAX, 0, |score| *score += 1)
            .unwrap();
        model.counts.edit(&key, &(), |count| *count = Some(round));
        model
            .events
            .edit(&key, &(), |events| events.extend([round, round + 1]));
        model.scores.edit(&key, &(), |scores| {
            scores.insert(-1, round);
            *scores.entry(i64::MAX).or_default() += 1;
        });
        let name = String::from("n");
        let mut at = at.in_namespace(&name);
        at.list(handles.words).push("w".into()).unwrap();
        model
            .words
            .edit(&key, &name, |words| words.push("w".into()));
    }
}

/// Clears everything that [`fill`] wrote.
fn clear<B: StateBackend<Key = String>>(backend: &mut B, handles: Handles) {
    for key in Key::short().map(Key::text) {
        let mut at = backend.at_mut(key.as_str());
        at.value(handles.counts).clear().unwrap();
        at.list(handles.events).clear().unwrap();
        at.map(handles.scores).clear().unwrap();
        at.in_namespace(&"n".to_owned())
            .list(handles.words)
            .clear()
            .unwrap();
    }
}

/// A view equals the state at its freeze while writes of all sorts go on, and can be read on
/// another thread meanwhile.
pub fn a_view_ignores_later_writes<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let mut model = Model::default();
    fill(&mut backend, handles, &mut model, 1);
    let view = backend.freeze().unwrap();
    let (frozen, mut later) = (model.clone(), model);
    let unchanged = |after: &str| {
        compare(&view, handles, &frozen)
            .map_err(|d| d.while_doing(format_args!("the view, after {after}")))
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| (0..5).try_for_each(|_| unchanged("writes")));
        for round in 2..20 {
            fill(&mut backend, handles, &mut later, round);
        }
        reader.join().unwrap().unwrap();
    });
    unchanged("writes").unwrap();
    compare(&backend, handles, &later).unwrap();
    clear(&mut backend, handles);
    unchanged("clears").unwrap();
    compare(&backend, handles, &Model::default()).unwrap();
    for name in ["counts", "events", "scores"] {
        backend.drop_state(name).unwrap();
    }
    unchanged("drops").unwrap();
}

/// A view outlives its backend, whatever its end: dropped, closed or destroyed; in reads and in
/// rows. So does a clone of it.
pub fn a_view_outlives_its_backend<F: BackendFactory>(factory: &F) {
    let ends: [fn(F::Backend<String>); 3] = [
        drop,
        |backend| backend.close().unwrap(),
        |backend| backend.destroy().unwrap(),
    ];
    for (end, name) in ends.into_iter().zip(["drop", "close", "destroy"]) {
        let site = Site::new(factory);
        let mut backend = site.open::<String>();
        let handles = Handles::register(&mut backend).unwrap();
        let mut model = Model::default();
        fill(&mut backend, handles, &mut model, 1);
        let view = backend.freeze().unwrap();
        let range = view.key_groups().range();
        let before = gather(view.clone(), range).unwrap();
        clear(&mut backend, handles);
        end(backend);
        let clone = view.clone();
        drop(view);
        compare(&clone, handles, &model)
            .map_err(|difference| difference.while_doing(format_args!("a view after {name}")))
            .unwrap();
        let after = thread::spawn(move || gather(clone, range))
            .join()
            .unwrap()
            .unwrap();
        assert_same(&format!("rows of a view after {name}"), &before, &after);
    }
}

/// Several views live at once, each with the state of its own freeze; dropping one changes nothing
/// in the others.
pub fn views_of_several_epochs_differ<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let mut model = Model::default();
    let mut views = vec![(backend.freeze().unwrap(), model.clone())];
    for round in 1..6 {
        fill(&mut backend, handles, &mut model, round);
        views.push((backend.freeze().unwrap(), model.clone()));
    }
    clear(&mut backend, handles);
    views.push((backend.freeze().unwrap(), Model::default()));
    // From the middle outwards.
    while !views.is_empty() {
        for (view, model) in &views {
            compare(view, handles, model)
                .map_err(|d| d.while_doing(format_args!("the view of epoch {}", view.epoch())))
                .unwrap();
        }
        views.remove(views.len() / 2);
    }
}

/// Views overlap while states are cleared, dropped and made anew: each holds on to the state of its
/// own freeze, read on another thread meanwhile, whichever of them ends first.
pub fn views_overlap_clears_and_drops<F: BackendFactory>(factory: &F) {
    const ROUNDS: u64 = 12;
    for first_to_end in 0..3 {
        let site = Site::new(factory);
        let mut backend = site.open::<String>();
        let mut handles = Handles::register(&mut backend).unwrap();
        let mut model = Model::default();
        fill(&mut backend, handles, &mut model, 1);
        let mut views = vec![(backend.freeze().unwrap(), handles, model.clone())];

        clear(&mut backend, handles);
        model = Model::default();
        fill(&mut backend, handles, &mut model, 2);
        views.push((backend.freeze().unwrap(), handles, model.clone()));

        for name in ["counts", "events", "scores"] {
            backend.drop_state(name).unwrap();
        }
        handles = Handles::register(&mut backend).unwrap();
        let words = std::mem::take(&mut model.words);
        model = Model {
            words,
            ..Model::default()
        };
        compare(&backend, handles, &model).unwrap();
        fill(&mut backend, handles, &mut model, 3);
        views.push((backend.freeze().unwrap(), handles, model.clone()));

        for left in (1..=3).rev() {
            thread::scope(|scope| {
                let readers: Vec<_> = views
                    .iter()
                    .map(|(view, handles, model)| {
                        scope.spawn(move || (0..3).try_for_each(|_| compare(view, *handles, model)))
                    })
                    .collect();
                for round in 0..ROUNDS {
                    fill(&mut backend, handles, &mut model, round);
                    if round % 4 == left {
                        clear(&mut backend, handles);
                        model = Model::default();
                    }
                }
                for (reader, (view, ..)) in readers.into_iter().zip(&views) {
                    let read = reader.join().unwrap();
                    read.map_err(|d| {
                        d.while_doing(format_args!("the view of epoch {}", view.epoch()))
                    })
                    .unwrap();
                }
            });
            compare(&backend, handles, &model).unwrap();
            views.remove(first_to_end % views.len());
        }
        fill(&mut backend, handles, &mut model, ROUNDS);
        compare(&backend, handles, &model).unwrap();
    }
}

/// The epochs of views ascend from 1; a clone has that of its view.
pub fn epochs_ascend<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let mut last = 0;
    for round in 0..5 {
        let view = backend.freeze().unwrap();
        assert!(
            view.epoch() > last,
            "epoch {} comes after epoch {last}",
            view.epoch()
        );
        assert!(
            round > 0 || view.epoch() == 1,
            "the first epoch is {}",
            view.epoch()
        );
        last = view.clone().epoch();
        assert_eq!(last, view.epoch());
    }
}

/// A backend without state has no rows: before and after states are registered, and after all
/// state is cleared.
pub fn an_empty_backend_has_no_rows<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let rows = |backend: &mut F::Backend<String>| {
        let view = backend.freeze().unwrap();
        let range = view.key_groups().range();
        gather(view, range).unwrap()
    };
    assert_same("rows without states", &vec![], &rows(&mut backend));
    let handles = Handles::register(&mut backend).unwrap();
    assert_same("rows of fresh states", &vec![], &rows(&mut backend));
    fill(&mut backend, handles, &mut Model::default(), 1);
    assert!(
        !rows(&mut backend).is_empty(),
        "no rows of what was written"
    );
    clear(&mut backend, handles);
    assert_same("rows after clearing", &vec![], &rows(&mut backend));
}

/// Rows ascend strictly by key group, state and key; those of a range are those of all in that
/// range; the key group of a row is that of its key.
pub fn rows_ascend_within_the_asked_range<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    fill(&mut backend, handles, &mut Model::default(), 1);
    for number in 0..200_u32 {
        let key = format!("key {number}");
        backend
            .at_mut(key.as_str())
            .value(handles.counts)
            .put(1)
            .unwrap();
        for tag in ["a", "b"] {
            let mut at = backend.at_mut(key.as_str());
            at.in_namespace(&number)
                .map(handles.tags)
                .insert(tag.into(), "x".into())
                .unwrap();
        }
    }
    let view = backend.freeze().unwrap();
    let groups = view.key_groups();
    let all = gather(view.clone(), groups.range()).unwrap();
    let position = |row: &crate::rows::Row| (row.group, row.state, row.key.clone());
    for pair in all.windows(2) {
        if let [a, b] = pair {
            assert!(
                position(a) < position(b),
                "rows do not ascend: {a:?} comes before {b:?}"
            );
        }
    }
    for row in &all {
        let (key, _) = state_api::key::decode_prefix::<String>(&row.key).unwrap();
        let group = groups.group_of(state_api::KeyHash::of(key.as_str()).unwrap());
        assert_eq!(row.group, group, "the key group of the row of {key:?}");
        let state = usize::try_from(row.state).unwrap();
        assert!(
            state < view.states().len(),
            "a row of state {state}, which is not listed"
        );
    }
    let last = MAX_PARALLELISM - 1;
    for (first, last) in [(0, 0), (0, last), (1, 3), (last, last), (3, last), (2, 2)] {
        let range = KeyGroupRange::new(first, last).unwrap();
        let expected: Vec<_> = all
            .iter()
            .filter(|row| range.contains(row.group))
            .cloned()
            .collect();
        let found = gather(view.clone(), range).unwrap();
        assert_same(
            &format!("rows of the key groups {range}"),
            &expected,
            &found,
        );
    }
}
