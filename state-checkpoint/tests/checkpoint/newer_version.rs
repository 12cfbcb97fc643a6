//! Files of a newer version are refused as such, naming both versions, and are not called damaged.

use state_api::{Error, ErrorKind, KeyGroups};
use state_checkpoint::run::RunFile;
use state_checkpoint::{
    CheckpointStorage, Digest, Manifest, MemoryStorage, latest, load, open_restore,
};

use crate::support::craft::{Block, Run, put};
use crate::support::{block_on, content, replace, small_checkpoint};

fn assert_newer(error: &Error, found: &str) {
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(error.context("found"), Some(found));
    assert_eq!(error.context("supported"), Some("1"));
    assert!(error.context("file").is_some());
}

#[test]
fn a_newer_manifest_whatever_else_it_holds() {
    let (storage, _) = small_checkpoint();
    let path = Manifest::path(1);
    for inner in [
        r#"{"format_version":2,"new":[]}"#,
        r#"{"what":1,"format_version":70000}"#,
    ] {
        let digest = Digest::of(inner.as_bytes());
        let text = format!("{{\"manifest\":{inner},\"checksum\":\"{digest}\"}}\n");
        replace(&storage, &path, text.as_bytes());
        let found = if inner.contains('7') { "70000" } else { "2" };
        assert_newer(&block_on(load(&storage, 1)).unwrap_err(), found);
        assert_newer(&block_on(latest(&storage)).unwrap_err(), found);
    }
}

#[test]
fn a_flipped_version_is_damage_and_not_a_newer_version() {
    let (storage, _) = small_checkpoint();
    let path = Manifest::path(1);
    let text = String::from_utf8(content(&storage, &path)).unwrap();
    let text = text.replace("\"format_version\":1", "\"format_version\":3");
    replace(&storage, &path, text.as_bytes());
    assert_eq!(
        block_on(load(&storage, 1)).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
}

#[test]
fn a_newer_run() {
    let storage = MemoryStorage::new();
    let payload = put(1, 0, 0, b"k", b"v");
    let mut craft = Run::new(vec![Block::plain(1, (1, 0), (1, 0), 1, payload)]);
    craft.version = 2;
    let (bytes, run) = craft.seal("runs/new.run");
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    assert_newer(&block_on(RunFile::open(&storage, &run)).unwrap_err(), "2");
}

#[test]
fn unknown_flags_of_a_run() {
    let storage = MemoryStorage::new();
    let mut craft = Run::new(Vec::new());
    craft.flags = 4;
    let (bytes, run) = craft.seal("runs/new.run");
    block_on(storage.put_new(&run.path, &bytes)).unwrap();
    let error = block_on(RunFile::open(&storage, &run)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn another_key_group_layout() {
    let (storage, _) = small_checkpoint();
    let mut manifest = block_on(load(&storage, 1)).unwrap();
    manifest.key_group_layout = 9;
    let all = KeyGroups::all(10).unwrap();
    let error = block_on(open_restore(&storage, &manifest, "operator", all)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(
        (error.context("checkpoint"), error.context("supported")),
        (Some("9"), Some("1"))
    );
}
