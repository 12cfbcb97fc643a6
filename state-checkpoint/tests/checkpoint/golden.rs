//! The bytes of version 1, pinned: a change here breaks every checkpoint that exists.

use state_api::KeyGroups;
use state_checkpoint::run::{RangeTombstone, RowChange, RunWriter};
use state_checkpoint::{Compression, Digest, Manifest, MemoryStorage, RunKind, load};

use crate::support::craft::{Block, Run, put};
use crate::support::{
    Row, block_on, content, drain, groups, options, part_of, range, replace, states,
};

fn rows() -> Vec<Row> {
    vec![
        (1, 0, b"ka".to_vec(), b"\0one".to_vec()),
        (1, 0, b"kb".to_vec(), b"\0two".to_vec()),
        (3, 2, b"".to_vec(), b"\0".to_vec()),
    ]
}

#[test]
fn a_run_is_what_a_second_implementation_writes() {
    let storage = MemoryStorage::new();
    let all = KeyGroups::all(10).unwrap();
    let part = part_of(&storage, all, &rows(), &options(1000, Compression::None)).unwrap();
    let run = &part.runs[0];

    let payload = [
        put(1, 0, 0, b"ka", b"\0one"),
        put(1, 0, 1, b"b", b"\0two"),
        put(3, 2, 0, b"", b"\0"),
    ];
    let craft = Run::new(vec![Block::plain(1, (1, 0), (3, 2), 3, payload.concat())]);
    let (bytes, expected) = craft.seal(&run.path);
    assert_eq!(run, &expected);
    assert_eq!(content(&storage, &run.path), bytes);
    assert_eq!(run.digest.to_string(), "c7b823991c76223a2751221b9e5b961e");
}

#[test]
fn a_delta_is_what_a_second_implementation_writes() {
    let storage = MemoryStorage::new();
    let run = block_on(async {
        let options = options(1000, Compression::None);
        let mut writer = RunWriter::create(
            &storage,
            "runs/d.run",
            RunKind::Delta,
            groups(10, 0, 9),
            &states(),
            &options,
        )
        .await?;
        let range = |start, end| RangeTombstone {
            group: 1,
            state: 2,
            start,
            end,
        };
        writer
            .push(RowChange::DeleteRange(range(b"a", Some(b"bc"))))
            .await?;
        writer
            .push(RowChange::DeleteRange(range(b"x", None)))
            .await?;
        writer
            .push(RowChange::Delete {
                group: 1,
                state: 2,
                key: b"b",
            })
            .await?;
        writer.finish().await
    })
    .unwrap();
    let ranges = b"\0\x01\x02\x01a\x01\x02bc\0\x01\x02\x01x\0".to_vec();
    let tombstone = b"\x02\0\x01\x02\0\x01b".to_vec();
    let craft = Run::new(vec![
        Block::plain(2, (1, 2), (1, 2), 2, ranges),
        Block::plain(1, (1, 2), (1, 2), 1, tombstone),
    ]);
    let (bytes, mut expected) = craft.seal("runs/d.run");
    expected.kind = RunKind::Delta;
    assert_eq!(content(&storage, "runs/d.run"), bytes);
    assert_eq!(run, expected);
}

#[test]
fn a_manifest_of_version_1_is_read() {
    let text = include_str!("golden/manifest.json");
    let manifest = Manifest::from_bytes(text.as_bytes(), "golden").unwrap();
    assert_eq!(manifest.to_bytes().unwrap(), text.as_bytes());
    assert_eq!(manifest.checkpoint_id, 7);
    assert_eq!(manifest.parts[0].key_groups, range(0, 9));
    assert_eq!(manifest.parts[0].states, states());
    assert_eq!(manifest.metadata["source"]["offset"], 17);
}

#[test]
fn a_checkpoint_of_version_1_is_restored() {
    let storage = MemoryStorage::new();
    let manifest = Manifest::from_bytes(include_bytes!("golden/manifest.json"), "golden").unwrap();
    let bytes = include_bytes!("golden/rows.run");
    let run = &manifest.parts[0].runs[0];
    assert_eq!(Digest::of(bytes), run.digest);
    for (path, bytes) in [
        (&run.path, &bytes[..]),
        (&Manifest::path(7), include_bytes!("golden/manifest.json")),
    ] {
        block_on(state_checkpoint::CheckpointStorage::put_new(
            &storage, path, bytes,
        ))
        .unwrap();
    }
    let manifest = block_on(load(&storage, 7)).unwrap();
    let all = KeyGroups::all(10).unwrap();
    let source = state_checkpoint::open_restore(&storage, &manifest, "operator", all);
    assert_eq!(drain(&mut block_on(source).unwrap()).unwrap(), rows());
    replace(&storage, &run.path, bytes);
}
