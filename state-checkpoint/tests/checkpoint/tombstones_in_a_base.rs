//! A base run has puts only. One with a tombstone is damage, to restore and verify alike, even when all
//! its checksums are right.

use state_api::{ErrorKind, KeyGroups};
use state_checkpoint::{CheckpointStorage, MemoryStorage, Part, RunKind, RunOptions, verify};

use crate::support::craft::{Block, Run, put};
use crate::support::ops::{Op, write_run};
use crate::support::{assert_corrupt, block_on, checkpoint, publish_as, range, restore, states};

fn refused_as_base_only(what: &str, craft: &Run, offset: u64) {
    let (bytes, mut run) = craft.seal("runs/x.run");
    let storage = MemoryStorage::new();
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    let all = KeyGroups::all(10).unwrap();
    for (id, kind) in [(1, RunKind::Base), (2, RunKind::Delta)] {
        run.kind = kind;
        let part = Part {
            operator: "operator".to_owned(),
            key_groups: range(0, 9),
            states: states(),
            runs: vec![run.clone()],
            native: None,
        };
        let manifest = publish_as(&storage, id, checkpoint(10, vec![part])).unwrap();
        let (restored, verified) = (
            restore(&storage, &manifest, all),
            block_on(verify(&storage, &manifest)),
        );
        if kind == RunKind::Delta {
            assert_eq!(restored.unwrap().len(), 1);
            verified.unwrap();
            continue;
        }
        for error in [
            assert_corrupt(restored, "runs/x.run", what),
            assert_corrupt(verified, "runs/x.run", what),
        ] {
            assert!(error.message().starts_with("a base run holds"), "{error}");
            assert_eq!(error.context("offset"), Some(offset.to_string().as_str()));
        }
    }
}

#[test]
fn none_can_be_written() {
    let (put, key) = (Op::Put(1, 0, b"a".to_vec(), Vec::new()), b"b".to_vec());
    for ops in [
        vec![put.clone(), Op::Delete(1, 0, key.clone())],
        vec![Op::DeleteRange(1, 0, key, None), put],
    ] {
        let storage = MemoryStorage::new();
        let write = |kind| write_run(&storage, "runs/x.run", kind, &ops, &RunOptions::default());
        let error = write(RunKind::Base).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{ops:?}");
        assert!(block_on(storage.list("runs")).unwrap().is_empty());
        write(RunKind::Delta).unwrap();
    }
}

#[test]
fn a_point_tombstone() {
    let tombstone = b"\x02\0\x01\0\0\x01b".to_vec();
    let payload = [put(1, 0, 0, b"a", b"v"), tombstone].concat();
    let craft = Run::new(vec![Block::plain(1, (1, 0), (1, 0), 2, payload)]);
    let blocks_start = 20 + craft.states.len() as u64 + 8;
    refused_as_base_only("a tombstone", &craft, blocks_start);
}

#[test]
fn a_range_tombstone() {
    let craft = Run::new(vec![
        Block::plain(2, (1, 0), (1, 0), 1, b"\0\x01\0\x01x\0".to_vec()),
        Block::plain(1, (1, 0), (1, 0), 1, put(1, 0, 0, b"a", b"v")),
    ]);
    let footer_start = craft.seal("runs/x.run").1.size - 66;
    refused_as_base_only("a range tombstone", &craft, footer_start);
}
