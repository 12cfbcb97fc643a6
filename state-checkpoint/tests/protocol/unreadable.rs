//! Where a manifest, a pin or the catalog does not read, collection refuses, and removes nothing.

use std::sync::Arc;

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{CheckpointStorage, GcOptions, MemoryStorage, gc, latest};

use crate::world::World;

fn all(storage: &MemoryStorage) -> Vec<String> {
    let dirs = ["catalog", "manifests", "pins", "runs"];
    let names = dirs.iter().flat_map(|dir| {
        let names = block_on(storage.list(dir)).unwrap();
        names.into_iter().map(move |name| format!("{dir}/{name}"))
    });
    names.collect()
}

#[test]
fn every_flipped_bit_stops_a_collection() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    for _ in 0..3 {
        world.work();
        let (pending, parts) = world.take(&job, None, true).unwrap();
        world.publish(pending, parts).unwrap();
    }
    let begun = block_on(job.begin()).unwrap();
    world.retain(&job, 1).unwrap();
    let files = all(&storage);
    let newest = files
        .iter()
        .rfind(|path| path.starts_with("catalog"))
        .unwrap();
    let read =
        |path: &String| path.starts_with("manifests") || path.starts_with("pins") || path == newest;
    let options = GcOptions::default().with_delete();
    let mut flips = 0;
    for path in files.iter().filter(|path| read(path)) {
        let size = block_on(storage.size(path)).unwrap();
        let whole = block_on(storage.read(path, 0..size)).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            block_on(storage.delete(path)).unwrap();
            block_on(storage.put_new(path, &bytes)).unwrap();
            let error = block_on(gc(&storage, &*world.clock, &options)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{path} at {at}: {error}");
            assert_eq!(error.context("file"), Some(path.as_str()));
            assert_eq!(all(&storage), files);
            flips += 1;
        }
        block_on(storage.delete(path)).unwrap();
        block_on(storage.put_new(path, &whole)).unwrap();
    }
    assert!(flips > 200);
    block_on(begun.abort());
    world.check_clean(&storage, "whole again");
}

#[test]
fn a_stranger_among_the_manifests_stops_it_and_one_among_the_runs_stays() {
    let storage = MemoryStorage::new();
    let world = World::new(Arc::new(storage.clone()), 5);
    let options = GcOptions::default().with_delete();
    block_on(storage.put_new("runs/readme.txt", b"hello")).unwrap();
    let report = block_on(gc(&storage, &*world.clock, &options)).unwrap();
    assert_eq!(report.foreign, ["runs/readme.txt"]);
    block_on(storage.size("runs/readme.txt")).unwrap();

    block_on(storage.put_new("manifests/readme.txt", b"hello")).unwrap();
    let error = block_on(gc(&storage, &*world.clock, &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(block_on(latest(&storage)).unwrap().is_none());
}

#[test]
fn a_newer_catalog_is_refused_by_name() {
    let storage = MemoryStorage::new();
    let inner = r#"{"format_version":2,"seq":1}"#;
    let checksum = state_checkpoint::Digest::of(inner.as_bytes());
    let record = format!("{{\"record\":{inner},\"checksum\":\"{checksum}\"}}\n");
    block_on(storage.put_new(&format!("catalog/{:020}.json", 1), record.as_bytes())).unwrap();
    let error = block_on(latest(&storage)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        (error.context("found"), error.context("supported")),
        (Some("2"), Some("1"))
    );
}
