//! Checkpoints in flight, and those that were given up.

use state_api::StateBackend;

use crate::chain::{self, Chain, Worker};
use crate::factory::BackendFactory;
use crate::model::{Handles, Model};
use crate::refusal::assert_same;
use crate::site::{Site, all_groups};

/// What a round writes, removes and clears: other keys in each.
fn round<B: StateBackend<Key = String>>(worker: &mut Worker<B>, model: &mut Model, round: u64) {
    let Worker {
        backend, handles, ..
    } = worker;
    let Handles {
        counts,
        events,
        scores,
        ..
    } = *handles;
    let key = format!("round {round}");
    for key in [key.as_str(), "all"] {
        let mut at = backend.at_mut(key);
        at.value(counts).put(round).unwrap();
        at.list(events).extend([round, round]).unwrap();
        at.map(scores).insert(7, round).unwrap();
        model.counts.edit(key, &(), |count| *count = Some(round));
        model
            .events
            .edit(key, &(), |list| list.extend([round, round]));
        model.scores.edit(key, &(), |map| map.insert(7, round));
    }
    let Some(gone) = round.checked_sub(1).map(|gone| format!("round {gone}")) else {
        return;
    };
    let mut at = backend.at_mut(gone.as_str());
    at.value(counts).clear().unwrap();
    at.list(events).clear().unwrap();
    at.map(scores).clear().unwrap();
    model.counts.edit(&gone, &(), |count| *count = None);
    model.events.edit(&gone, &(), Vec::clear);
    model
        .scores
        .edit(&gone, &(), std::collections::BTreeMap::clear);
}

/// What a checkpoint held that was given up, or whose answer was lost, is in the next one: it was
/// confirmed nowhere, so nothing of it is forgotten.
pub fn what_an_aborted_checkpoint_held_is_in_the_next<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let mut worker = chain::worker(&site, all_groups()).unwrap();
    let mut model = Model::default();
    round(&mut worker, &mut model, 0);
    chain.checkpoint_one(&mut worker).unwrap();
    for number in 1..=6 {
        round(&mut worker, &mut model, number);
        let flight = chain
            .begin([(&worker.lineage, &mut worker.backend)])
            .unwrap();
        match number % 3 {
            // Given up before or after it was written.
            0 => drop(flight),
            1 => drop(chain.publish(flight).unwrap()),
            _ => {
                let (manifest, written) = chain.publish(flight).unwrap();
                chain.check(&site, &manifest, &model).unwrap();
                worker.confirm(&manifest, written[0].1).unwrap();
            }
        }
    }
    // The one before was given up; nothing is written since.
    let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
    assert_same("incremental", &true, &written.incremental);
    chain.check(&site, &manifest, &model).unwrap();
}

/// Checkpoints in flight are all relative to the last one that was confirmed before they were taken.
/// They may be published in any order, and the next one builds on the latest of them.
pub fn checkpoints_in_flight_may_end_in_any_order<F: BackendFactory>(factory: &F) {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let site = Site::new(factory);
        let chain = Chain::new().unwrap();
        let mut worker = chain::worker(&site, all_groups()).unwrap();
        let mut model = Model::default();
        round(&mut worker, &mut model, 0);
        chain.checkpoint_one(&mut worker).unwrap();
        let mut flights = Vec::new();
        for number in 1..=3 {
            round(&mut worker, &mut model, number);
            let flight = chain.begin([(&worker.lineage, &mut worker.backend)]);
            flights.push(Some((flight.unwrap(), model.clone())));
        }
        round(&mut worker, &mut model, 4);
        for which in order {
            let (flight, then) = flights[which].take().unwrap();
            let (manifest, written) = chain.publish(flight).unwrap();
            assert_same("incremental", &true, &written[0].0.incremental);
            chain.check(&site, &manifest, &then).unwrap();
            worker.confirm(&manifest, written[0].1).unwrap();
        }
        let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
        assert_same("incremental", &true, &written.incremental);
        chain.check(&site, &manifest, &model).unwrap();
    }
}
