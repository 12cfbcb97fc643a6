//! A large file is sent in parts, some at a time, and read back as it was.

use std::sync::atomic::Ordering;

use state_api::ErrorKind;

use crate::support::server::Server;
use crate::support::{block_on, bytes, content, open, write};

/// Bytes of a part in these tests.
const PART: usize = 5 << 20;

#[test]
fn of_40_mib() {
    let server = Server::start();
    let storage = open(server.address, &[("concurrency", "4")]);
    // Eight parts, which only four at a time get through.
    server.objects.gather_parts(4);
    let file = bytes(40 << 20, 7);
    block_on(write(&*storage, "runs/large", &file)).unwrap();
    assert!(content(&*storage, "runs/large") == file, "another file");
    let most = server.objects.most_sending.load(Ordering::SeqCst);
    assert_eq!(most, 4, "parts at a time");
    assert_eq!(server.objects.open_uploads(), 0);
    let middle = block_on(storage.read("runs/large", (20 << 20)..(20 << 20) + 9)).unwrap();
    assert_eq!(middle, file[20 << 20..(20 << 20) + 9]);
}

#[test]
fn of_sizes_around_a_part() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    for (size, requests) in [
        (0, 1),
        (PART, 1),
        (PART + 1, 5),
        (2 * PART, 5),
        (2 * PART + 1, 6),
    ] {
        let (path, file) = (format!("runs/{size}"), bytes(size, 3));
        let before = server.objects.requests.load(Ordering::SeqCst);
        block_on(write(&*storage, &path, &file)).unwrap();
        let after = server.objects.requests.load(Ordering::SeqCst);
        // One put; or begin, parts, look-up, complete.
        assert_eq!(after - before, requests, "{size}");
        assert!(content(&*storage, &path) == file, "{size}");
    }
}

#[test]
fn over_a_file_is_refused() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    block_on(storage.put_new("runs/taken", b"1")).unwrap();
    let error = block_on(write(&*storage, "runs/taken", &bytes(6 << 20, 1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("file"), Some("runs/taken"));
    assert_eq!(content(&*storage, "runs/taken"), b"1");
}
