//! A run that is healthy and sealed, but not what the manifest says it is, is refused by restore and
//! by verify.

use state_api::KeyGroups;
use state_checkpoint::{CheckpointStorage, Manifest, MemoryStorage, Part, verify};

use crate::support::craft::{Block, Run, put};
use crate::support::{
    assert_corrupt, block_on, checkpoint, publish_as, range, restore, state, states,
};

/// A checkpoint of one crafted run.
fn published(bend: fn(&mut Run, &mut Part)) -> (MemoryStorage, Manifest) {
    let storage = MemoryStorage::new();
    let payload = put(1, 0, 0, b"k", b"v");
    let mut craft = Run::new(vec![Block::plain(1, (1, 0), (1, 0), 1, payload)]);
    let mut part = Part {
        operator: "operator".to_owned(),
        key_groups: range(0, 9),
        states: states(),
        runs: Vec::new(),
        native: None,
    };
    bend(&mut craft, &mut part);
    let (bytes, run) = craft.seal("runs/x.run");
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    part.runs.push(run);
    let manifest = publish_as(&storage, 1, checkpoint(10, vec![part])).unwrap();
    (storage, manifest)
}

fn refused(what: &str, (storage, manifest): &(MemoryStorage, Manifest)) {
    let all = KeyGroups::all(10).unwrap();
    assert_corrupt(restore(storage, manifest, all), "runs/x.run", what);
    assert_corrupt(block_on(verify(storage, manifest)), "runs/x.run", what);
}

#[test]
fn what_agrees_is_read() {
    let (storage, manifest) = published(|_, _| {});
    let all = KeyGroups::all(10).unwrap();
    assert_eq!(restore(&storage, &manifest, all).unwrap().len(), 1);
    block_on(verify(&storage, &manifest)).unwrap();
}

#[test]
fn other_states() {
    refused("unknown", &published(|_, part| drop(part.states.remove(0))));
    refused(
        "different",
        &published(|_, part| part.states[0].value_type = "u32".to_owned()),
    );
    refused(
        "renamed",
        &published(|_, part| part.states[0] = state("aleph")),
    );
}

#[test]
fn other_key_groups() {
    refused(
        "max parallelism",
        &published(|run, _| run.max_parallelism = 11),
    );
    refused("layout", &published(|run, _| run.layout = 2));
}

#[test]
fn another_number_of_rows() {
    let (storage, mut manifest) = published(|_, _| {});
    manifest.parts[0].runs[0].rows = 2;
    refused("rows", &(storage, manifest));
}
