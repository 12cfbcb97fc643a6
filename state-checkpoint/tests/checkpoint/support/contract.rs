//! What every storage must do, for any storage.

use std::ops::Range;

use state_api::ErrorKind::{Conflict, Corrupt, Invalid, NotFound};
use state_api::Result;
use state_checkpoint::CheckpointStorage;

/// Panics at the first rule that `storage` breaks. It must be empty.
pub(crate) async fn check_storage_contract(storage: &dyn CheckpointStorage) {
    nothing_is_there(storage).await;
    a_file_appears_at_finish_and_is_whole(storage).await;
    ranges_are_exact_or_refused(storage).await;
    a_name_is_taken_once(storage).await;
    an_unfinished_file_leaves_nothing(storage).await;
    lists_are_sorted_and_of_one_directory(storage).await;
    deleted_is_gone(storage).await;
    no_path_leaves_the_root(storage).await;
}

async fn nothing_is_there(storage: &dyn CheckpointStorage) {
    assert!(
        storage.list("d").await.unwrap().is_empty(),
        "a missing directory is empty"
    );
    assert!(
        storage.list("d/e").await.unwrap().is_empty(),
        "a missing directory is empty"
    );
    for path in ["a", "d/a", "d/e/a"] {
        assert_eq!(
            storage.size(path).await.unwrap_err().kind(),
            NotFound,
            "size of {path}"
        );
        assert_eq!(
            storage.read(path, 0..0).await.unwrap_err().kind(),
            NotFound,
            "read {path}"
        );
        let error = storage.delete(path).await.unwrap_err();
        assert_eq!(error.kind(), NotFound, "delete {path}");
        assert_eq!(error.context("file"), Some(path), "errors name the file");
    }
}

async fn a_file_appears_at_finish_and_is_whole(storage: &dyn CheckpointStorage) {
    let mut writer = storage.create("d/file").await.unwrap();
    writer.write(b"hello ").await.unwrap();
    writer.write(b"").await.unwrap();
    assert!(
        storage.list("d").await.unwrap().is_empty(),
        "an unfinished file is visible"
    );
    assert_eq!(storage.size("d/file").await.unwrap_err().kind(), NotFound);
    writer.write(b"world").await.unwrap();
    writer.finish().await.unwrap();
    assert_eq!(storage.list("d").await.unwrap(), ["file"]);
    assert_eq!(storage.size("d/file").await.unwrap(), 11);
}

async fn ranges_are_exact_or_refused(storage: &dyn CheckpointStorage) {
    assert_eq!(storage.read("d/file", 0..11).await.unwrap(), b"hello world");
    assert_eq!(storage.read("d/file", 3..8).await.unwrap(), b"lo wo");
    assert_eq!(storage.read("d/file", 11..11).await.unwrap(), b"");
    for range in [0..12, 11..12, 12..12, 0..u64::MAX, u64::MAX - 1..u64::MAX] {
        let error = storage.read("d/file", range.clone()).await.unwrap_err();
        assert_eq!(error.kind(), Corrupt, "{range:?}");
        assert_eq!(error.context("file"), Some("d/file"));
        assert_eq!(error.context("offset"), Some("11"));
    }
    let backwards = Range { start: 5, end: 4 };
    assert_eq!(
        storage.read("d/file", backwards).await.unwrap_err().kind(),
        Invalid
    );
}

async fn a_name_is_taken_once(storage: &dyn CheckpointStorage) {
    let taken = match storage.create("d/file").await {
        Ok(writer) => writer.finish().await,
        Err(error) => Err(error),
    };
    assert_eq!(taken.unwrap_err().kind(), Conflict, "create over a file");
    assert_eq!(
        storage.put_new("d/file", b"x").await.unwrap_err().kind(),
        Conflict
    );
    let mut one = storage.create("d/race").await.unwrap();
    let two = storage.create("d/race").await.unwrap();
    one.write(b"one").await.unwrap();
    one.finish().await.unwrap();
    assert_eq!(
        two.finish().await.unwrap_err().kind(),
        Conflict,
        "the second finish wins"
    );
    assert_eq!(storage.read("d/race", 0..3).await.unwrap(), b"one");
    assert_eq!(storage.read("d/file", 0..11).await.unwrap(), b"hello world");
}

async fn an_unfinished_file_leaves_nothing(storage: &dyn CheckpointStorage) {
    let mut writer = storage.create("d/dropped").await.unwrap();
    writer.write(b"x").await.unwrap();
    drop(writer);
    assert_eq!(
        storage.size("d/dropped").await.unwrap_err().kind(),
        NotFound
    );
    storage.put_new("d/dropped", b"").await.unwrap();
    assert_eq!(storage.size("d/dropped").await.unwrap(), 0);
}

async fn lists_are_sorted_and_of_one_directory(storage: &dyn CheckpointStorage) {
    for path in ["d/e/deep", "d-e", "d/a"] {
        storage.put_new(path, b"1").await.unwrap();
    }
    assert_eq!(
        storage.list("d").await.unwrap(),
        ["a", "dropped", "file", "race"]
    );
    assert_eq!(storage.list("d/e").await.unwrap(), ["deep"]);
}

async fn deleted_is_gone(storage: &dyn CheckpointStorage) {
    storage.delete("d/a").await.unwrap();
    assert_eq!(storage.delete("d/a").await.unwrap_err().kind(), NotFound);
    assert_eq!(
        storage.list("d").await.unwrap(),
        ["dropped", "file", "race"]
    );
    storage.put_new("d/a", b"2").await.unwrap();
    assert_eq!(
        storage.read("d/a", 0..1).await.unwrap(),
        b"2",
        "the name is free again"
    );
}

async fn no_path_leaves_the_root(storage: &dyn CheckpointStorage) {
    fn refused<T>(result: Result<T>, what: &str, path: &str) {
        let kind = result.err().map(|error| error.kind());
        assert_eq!(kind, Some(Invalid), "{what} {path:?}");
    }
    for path in [
        "",
        "/",
        "../x",
        "d/../x",
        "/etc/passwd",
        ".hidden",
        "d/.tmp-1",
        "D",
        "d//x",
        "d/",
    ] {
        refused(storage.create(path).await, "create", path);
        refused(storage.put_new(path, b"").await, "put", path);
        refused(storage.read(path, 0..0).await, "read", path);
        refused(storage.size(path).await, "size", path);
        refused(storage.list(path).await, "list", path);
        refused(storage.delete(path).await, "delete", path);
    }
}
