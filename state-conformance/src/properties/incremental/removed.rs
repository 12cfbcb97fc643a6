//! What is gone stays gone.

use state_api::StateBackend;

use crate::chain::{self, Chain, Worker};
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, Text};
use crate::refusal::assert_same;
use crate::site::{Site, all_groups};

/// The ways of removing, by the name of the key that they are used on.
const WAYS: [&str; 5] = ["clear", "take", "update", "remove", "replace"];

fn fill<B: StateBackend<Key = String>>(worker: &mut Worker<B>, model: &mut Model, key: &str) {
    let Worker {
        backend, handles, ..
    } = worker;
    let h: Handles = *handles;
    let mut at = backend.at_mut(key);
    at.value(h.counts).put(1).unwrap();
    at.list(h.events).extend(0..400).unwrap();
    at.map(h.scores).insert(1, 1).unwrap();
    at.map(h.scores).insert(2, 2).unwrap();
    model.counts.edit(key, &(), |count| *count = Some(1));
    model.events.edit(key, &(), |list| list.extend(0..400));
    model
        .scores
        .edit(key, &(), |map| map.extend([(1, 1), (2, 2)]));
    for ns in [0, 1] {
        let mut at = at.in_namespace(&ns);
        at.value(h.notes).put(Text::from("n")).unwrap();
        at.map(h.tags).insert("t".into(), Text::from("u")).unwrap();
        model.notes.edit(key, &ns, |note| *note = Some("n".into()));
        model
            .tags
            .edit(key, &ns, |map| drop(map.insert("t".into(), "u".into())));
    }
    for ns in ["", "n"].map(str::to_owned) {
        at.in_namespace(&ns).list(h.words).push("w".into()).unwrap();
        model.words.edit(key, &ns, |list| list.push("w".into()));
    }
}

/// Removes everything of `key` outside the second namespaces, in the way that its name says.
fn remove<B: StateBackend<Key = String>>(worker: &mut Worker<B>, model: &mut Model, key: &str) {
    let Worker {
        backend, handles, ..
    } = worker;
    let h: Handles = *handles;
    let mut at = backend.at_mut(key);
    match key {
        "take" => drop(at.value(h.counts).take().unwrap()),
        "update" => at.value(h.counts).update(|count| *count = None).unwrap(),
        _ => at.value(h.counts).clear().unwrap(),
    }
    match key {
        "replace" => at.list(h.events).replace([]).unwrap(),
        _ => at.list(h.events).clear().unwrap(),
    }
    for map_key in [1, 2] {
        match key {
            "take" => drop(at.map(h.scores).take(&map_key).unwrap()),
            "update" => {
                at.map(h.scores)
                    .update(&map_key, |score| *score = None)
                    .unwrap();
            }
            "remove" => at.map(h.scores).remove(&map_key).unwrap(),
            _ => at.map(h.scores).clear().unwrap(),
        }
    }
    model.counts.edit(key, &(), |count| *count = None);
    model.events.edit(key, &(), Vec::clear);
    model
        .scores
        .edit(key, &(), std::collections::BTreeMap::clear);
    let name = String::new();
    match key {
        "replace" => at.in_namespace(&name).list(h.words).replace([]).unwrap(),
        _ => at.in_namespace(&name).list(h.words).clear().unwrap(),
    }
    model.words.edit(key, &name, Vec::clear);
    let mut at = at.in_namespace(&0);
    match key {
        "take" => {
            at.value(h.notes).take().unwrap();
            at.map(h.tags).take("t").unwrap();
        }
        "update" => {
            at.value(h.notes).update(|note| *note = None).unwrap();
            at.map(h.tags).update("t", |tag| *tag = None).unwrap();
        }
        "remove" => {
            at.value(h.notes).clear().unwrap();
            at.map(h.tags).remove("t").unwrap();
        }
        _ => {
            at.value(h.notes).clear().unwrap();
            at.map(h.tags).clear().unwrap();
        }
    }
    model.notes.edit(key, &0, |note| *note = None);
    model.tags.edit(key, &0, std::collections::BTreeMap::clear);
}

/// Rows that were cleared, removed, taken, replaced, or emptied by a closure never come back through a
/// chain; also when they were written again in between, or after, or in the same interval.
pub fn what_was_removed_never_comes_back<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let mut worker = chain::worker(&site, all_groups()).unwrap();
    let mut model = Model::default();
    let check = |worker: &mut Worker<_>, model: &Model, incremental: bool| {
        let (manifest, written) = chain.checkpoint_one(worker).unwrap();
        assert_same("incremental", &incremental, &written.incremental);
        chain.check(&site, &manifest, model).unwrap();
    };
    for key in WAYS {
        fill(&mut worker, &mut model, key);
    }
    check(&mut worker, &model, false);
    for key in WAYS {
        remove(&mut worker, &mut model, key);
    }
    check(&mut worker, &model, true);
    // Nothing.
    check(&mut worker, &model, true);
    // Removed, written, removed in one interval.
    for key in WAYS {
        remove(&mut worker, &mut model, key);
        fill(&mut worker, &mut model, key);
        remove(&mut worker, &mut model, key);
    }
    check(&mut worker, &model, true);
    for key in WAYS {
        fill(&mut worker, &mut model, key);
    }
    check(&mut worker, &model, true);
    // Removed and written in one interval: what was there before is gone all the same.
    for key in WAYS {
        let map_key = 3;
        let Worker {
            backend, handles, ..
        } = &mut worker;
        let mut at = backend.at_mut(key);
        at.map(handles.scores).insert(map_key, 3).unwrap();
        model.scores.edit(key, &(), |map| map.insert(map_key, 3));
    }
    check(&mut worker, &model, true);
    for key in WAYS {
        if key != "clear" && key != "replace" {
            let mut at = worker.backend.at_mut(key);
            at.map(worker.handles.scores).remove(&3).unwrap();
        }
        remove(&mut worker, &mut model, key);
        fill(&mut worker, &mut model, key);
    }
    check(&mut worker, &model, true);
}
