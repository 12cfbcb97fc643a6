//! The budget of memory for tracking.

use state_api::{StateBackend, StateRead, StateView};

use crate::chain::{self, AMPLE, Chain, Worker};
use crate::factory::BackendFactory;
use crate::model::Model;
use crate::refusal::assert_same;
use crate::site::{Site, all_groups};

fn write<B: StateBackend<Key = String>>(
    worker: &mut Worker<B>,
    model: &mut Model,
    keys: u64,
    count: u64,
) {
    for key in 0..keys {
        let key = format!("key {key}");
        let counts = worker.handles.counts;
        let mut at = worker.backend.at_mut(key.as_str());
        at.value(counts).put(count).unwrap();
        model.counts.edit(&key, &(), |cell| *cell = Some(count));
    }
}

/// Tracking keeps within its budget. Where that is too small the next checkpoint is full, and never
/// wrong; and it is incremental again behind that, as soon as the budget allows.
pub fn a_budget_that_is_too_small_makes_a_full_checkpoint<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let mut worker = chain::worker(&site, all_groups()).unwrap();
    let mut model = Model::default();
    write(&mut worker, &mut model, 500, 0);
    chain.checkpoint_one(&mut worker).unwrap();
    write(&mut worker, &mut model, 20, 1);
    let few = worker.backend.memory_held().tracking_bytes;
    // A backend may share it among the states, whether they are written or not.
    let ample = usize::try_from(few).unwrap() * 16 + 4096;
    chain.checkpoint_one(&mut worker).unwrap();
    for (round, budget) in (2..).zip([ample, 0, 1, ample]) {
        worker.backend.track_changes(budget).unwrap();
        write(&mut worker, &mut model, 500, round);
        let bytes = worker.backend.memory_held().tracking_bytes;
        let within = bytes <= u64::try_from(budget).unwrap();
        assert_same(&format!("{bytes} bytes within {budget}"), &true, &within);
        let tracks = {
            let view = worker.backend.freeze().unwrap();
            (0..view.epoch()).any(|epoch| view.tracks_since(epoch))
        };
        let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
        assert_same(
            "incremental, as the view says",
            &tracks,
            &written.incremental,
        );
        chain.check(&site, &manifest, &model).unwrap();
        if budget < ample {
            // What was not even enough to begin is, from the next freeze on.
            worker.backend.track_changes(ample).unwrap();
            write(&mut worker, &mut model, 20, round + 50);
            let (manifest, _) = chain.checkpoint_one(&mut worker).unwrap();
            chain.check(&site, &manifest, &model).unwrap();
        }
        write(&mut worker, &mut model, 20, round + 100);
        let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
        let what = format!("incremental behind one with a budget of {budget}");
        assert_same(&what, &true, &written.incremental);
        chain.check(&site, &manifest, &model).unwrap();
    }
    worker.backend.track_changes(AMPLE).unwrap();
    write(&mut worker, &mut model, 500, 1_000);
    let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
    assert_same(
        "incremental within an ample budget",
        &true,
        &written.incremental,
    );
    chain.check(&site, &manifest, &model).unwrap();
    assert_eq!(
        worker.backend.key_count(worker.handles.counts).unwrap(),
        500
    );
}
