//! An upload that does not come to its end leaves nothing, neither a file nor parts.

use std::thread;
use std::time::{Duration, Instant};

use s3s::S3ErrorCode;
use state_api::ErrorKind;
use state_checkpoint::CheckpointStorage;

use crate::support::server::Server;
use crate::support::{block_on, bytes, open, write};

/// Aborting goes on behind the caller's back, so it is waited for.
fn all_aborted(server: &Server) {
    let begun = Instant::now();
    while server.objects.open_uploads() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "not aborted");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(server.objects.keys().is_empty());
}

async fn begin(storage: &dyn CheckpointStorage) -> Box<dyn state_checkpoint::FileWriter> {
    let mut writer = storage.create("runs/file").await.unwrap();
    writer.write(&bytes(12 << 20, 5)).await.unwrap();
    writer
}

#[test]
fn when_its_writer_is_dropped() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    let writer = block_on(begin(&*storage));
    assert_eq!(server.objects.open_uploads(), 1);
    drop(writer);
    all_aborted(&server);
}

#[test]
fn when_the_storage_is_dropped_with_it() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    let writer = block_on(begin(&*storage));
    drop(storage);
    drop(writer);
    all_aborted(&server);
}

#[test]
fn when_a_part_fails() {
    let server = Server::start();
    let storage = open(server.address, &[("retries", "0"), ("concurrency", "1")]);
    let mut writer = block_on(begin(&*storage));
    server.objects.refuse(1, S3ErrorCode::InternalError);
    let error = block_on(async {
        // The failure shows when the part is waited for.
        writer.write(&bytes(12 << 20, 5)).await?;
        writer.write(&bytes(12 << 20, 5)).await?;
        Ok::<(), state_api::Error>(())
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert_eq!(error.context("file"), Some("runs/file"));
    let again = block_on(writer.write(b"x")).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Poisoned);
    assert_eq!(
        block_on(writer.finish()).unwrap_err().kind(),
        ErrorKind::Poisoned
    );
    all_aborted(&server);
}

#[test]
fn when_the_name_is_taken() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    server.objects.plant("jobs/a/runs/file");
    let error = block_on(write(&*storage, "runs/file", &bytes(12 << 20, 5))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    block_on(storage.delete("runs/file")).unwrap();
    all_aborted(&server);
}
