//! A server that fails is an error that names the file, after as many requests as allowed.

use std::sync::atomic::Ordering;

use s3s::S3ErrorCode;
use state_api::ErrorKind;

use crate::support::server::Server;
use crate::support::{block_on, open};

#[test]
fn is_an_error_of_every_call() {
    let server = Server::start();
    let storage = open(server.address, &[("retries", "1")]);
    block_on(storage.put_new("runs/file", b"123")).unwrap();
    drop(server);
    let errors = block_on(async {
        let mut writer = storage.create("runs/file").await.unwrap();
        writer.write(b"1").await.unwrap();
        [
            writer.finish().await.err(),
            storage.put_new("runs/file", b"1").await.err(),
            storage.read("runs/file", 0..3).await.err(),
            storage.size("runs/file").await.err(),
            storage.list("runs/file").await.err(),
            storage.delete("runs/file").await.err(),
        ]
    });
    for (call, error) in errors.into_iter().enumerate() {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Io, "call {call}: {error}");
        assert_eq!(error.context("file"), Some("runs/file"), "call {call}");
    }
}

#[test]
fn is_asked_as_often_as_allowed() {
    let server = Server::start();
    for retries in [0, 2] {
        let storage = open(server.address, &[("retries", &retries.to_string())]);
        let before = server.objects.requests.load(Ordering::SeqCst);
        server.objects.refuse(100, S3ErrorCode::ServiceUnavailable);
        let error = block_on(storage.size("runs/file")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        let after = server.objects.requests.load(Ordering::SeqCst);
        assert_eq!(after - before, 1 + retries);
    }
}
