//! A restored backend goes on with the files that it was restored from.

use state_api::{StateBackend, StateRead};

use crate::chain::{self, Chain, Worker, claimed, tracked};
use crate::factory::BackendFactory;
use crate::model::{Handles, Model};
use crate::refusal::assert_same;
use crate::rows::{gather, rechunked};
use crate::site::{Site, all_groups};

/// Lists that another backend wrote, in chunks of another cut and with other numbers, go on in the chain:
/// extended, replaced, cleared, left alone.
pub fn lists_of_another_cut_go_on_in_the_chain<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let keys = [
        "extended",
        "replaced",
        "cleared",
        "alone",
        "cleared and extended",
    ];
    let mut writer = site.open::<String>();
    let handles = Handles::register(&mut writer).unwrap();
    let mut model = Model::default();
    for (key, len) in keys.into_iter().flat_map(|key| [(key, 3), (key, 300)]) {
        let key = format!("{key} {len}");
        let mut at = writer.at_mut(key.as_str());
        at.list(handles.events).extend(0..len).unwrap();
        model.events.edit(&key, &(), |list| list.extend(0..len));
    }
    let view = writer.freeze().unwrap();
    let states = view.states();
    let rows = gather(view, all_groups().range()).unwrap();
    let rows = rechunked(rows, &states).unwrap();
    let manifest = chain.publish_rows(&states, rows).unwrap();
    chain.check(&site, &manifest, &model).unwrap();

    let mut worker = chain.claim(&site, &manifest, all_groups()).unwrap();
    for round in 0..3_u64 {
        let Worker {
            backend, handles, ..
        } = &mut worker;
        for (key, len) in keys.into_iter().flat_map(|key| [(key, 3), (key, 300)]) {
            let key = format!("{key} {len}");
            let mut at = backend.at_mut(key.as_str());
            let mut list = at.list(handles.events);
            let clears = key.starts_with("cleared");
            if clears {
                list.clear().unwrap();
                model.events.edit(&key, &(), Vec::clear);
            }
            if key.contains("extended") {
                list.extend([round; 2]).unwrap();
                model.events.edit(&key, &(), |list| list.extend([round; 2]));
            }
            if key.starts_with("replaced") {
                list.replace(round..len).unwrap();
                model.events.edit(&key, &(), |list| {
                    list.clear();
                    list.extend(round..len);
                });
            }
        }
        let (manifest, written) = chain.checkpoint_one(&mut worker).unwrap();
        assert_same("incremental", &true, &written.incremental);
        chain.check(&site, &manifest, &model).unwrap();
    }
}

/// States that nobody registers stay in the chain, and are there when they are registered later.
pub fn unregistered_states_stay_in_the_chain<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let chain = Chain::new().unwrap();
    let mut model = super::super::life::sample();
    let mut worker = chain::worker(&site, all_groups()).unwrap();
    model.write_to(&mut worker.backend, worker.handles).unwrap();
    let (manifest, _) = chain.checkpoint_one(&mut worker).unwrap();

    let mut backend = tracked::<String, _>(&site, all_groups()).unwrap();
    chain.restore(&manifest, &mut backend).unwrap();
    let counts = backend.register(state_api::ValueDescriptor::<u64>::new("counts"));
    let mut lineage = claimed(&manifest, &backend).unwrap();
    backend.at_mut("a").value(counts.unwrap()).put(77).unwrap();
    model.counts.edit("a", &(), |count| *count = Some(77));
    for registered in [false, true] {
        if registered {
            let handles = Handles::register(&mut backend).unwrap();
            backend.at_mut("a").list(handles.events).push(78).unwrap();
            model.events.edit("a", &(), |events| events.push(78));
        }
        let flight = chain.begin([(&lineage, &mut backend)]).unwrap();
        let (manifest, written) = chain.publish(flight).unwrap();
        assert_same("incremental", &true, &written[0].0.incremental);
        chain.check(&site, &manifest, &model).unwrap();
        lineage
            .confirm(&mut backend, &manifest, written[0].1)
            .unwrap();
    }
}
