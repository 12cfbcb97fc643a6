//! What a manifest may say of the files of an engine.

use state_api::ErrorKind;
use state_checkpoint::manifest::{NativeRef, NativeState};
use state_checkpoint::{Digest, Manifest, Part, load};

use crate::support::{block_on, small_checkpoint};

fn file(name: &str, path: &str) -> NativeRef {
    NativeRef {
        name: name.to_owned(),
        path: path.to_owned(),
        size: 3,
        digest: Digest::of(path.as_bytes()),
    }
}

/// A checkpoint of two parts, the first of them in files of an engine; `bend` changes that one.
fn written(bend: impl FnOnce(&mut Part, &mut NativeState)) -> state_api::Result<Manifest> {
    let (storage, _) = small_checkpoint();
    let mut manifest = block_on(load(&storage, 1)).unwrap();
    let part = &mut manifest.parts[0];
    part.runs.clear();
    let mut native = NativeState {
        backend: "engine".to_owned(),
        name: "00000000000000000001".to_owned(),
        files: vec![
            file("one/a.sst", "native/a.file"),
            file("one/b.sst", "native/b.file"),
            file("shared/a.sst", "native/a.file"),
        ],
    };
    bend(part, &mut native);
    part.native = Some(native);
    let bytes = manifest.to_bytes()?;
    let read = Manifest::from_bytes(&bytes, "f").unwrap();
    assert_eq!(read, manifest);
    Ok(read)
}

#[track_caller]
fn refused(bend: impl FnOnce(&mut Part, &mut NativeState)) {
    let error = written(bend).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn files_come_back_as_they_were_named() {
    let manifest = written(|_, _| {}).unwrap();
    assert_eq!(manifest.parts[0].native.as_ref().unwrap().files.len(), 3);
}

#[test]
fn what_cannot_be_is_refused() {
    let runs = {
        let (storage, _) = small_checkpoint();
        block_on(load(&storage, 1)).unwrap().parts.remove(0).runs
    };
    refused(|part, _| part.runs = runs);
    refused(|_, native| native.files.clear());
    for name in ["", "..", "a/b", "A"] {
        refused(|_, native| name.clone_into(&mut native.backend));
        refused(|_, native| name.clone_into(&mut native.name));
    }
    for path in ["", "../a", "/a", "A"] {
        refused(|_, native| native.files = vec![file(path, "native/a.file")]);
        refused(|_, native| native.files = vec![file("one/a.sst", path)]);
    }
    refused(|_, native| native.files.swap(0, 1));
    refused(|_, native| native.files[1].name = native.files[0].name.clone());
    // One file under two names is one file.
    refused(|_, native| native.files[2].size += 1);
}
