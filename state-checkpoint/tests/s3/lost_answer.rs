//! A write that succeeds while its answer is lost is known again, by the storage or by the publisher.

use std::collections::BTreeMap;

use s3s::S3ErrorCode;
use state_api::{ErrorKind, Result};
use state_checkpoint::{Checkpoint, CheckpointStorage, Manifest, Purpose, Ticket, latest, publish};

use crate::support::network::Network;
use crate::support::server::Server;
use crate::support::{block_on, bytes, content, open, write};

/// Publishes a checkpoint without parts.
fn publish_empty(storage: &dyn CheckpointStorage, id: u64) -> Result<Manifest> {
    let checkpoint = Checkpoint {
        max_parallelism: 10,
        fence: 0,
        purpose: Purpose::Checkpoint,
        parts: Vec::new(),
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    block_on(publish(storage, &Ticket::unpinned(id)?, checkpoint))
}

#[test]
fn a_publisher_reads_back_what_it_wrote() {
    let server = Server::start();
    let network = Network::to(server.address);
    let storage = open(network.address, &[("retries", "0")]);
    network.lose(1, &["PUT"]);
    let manifest = publish_empty(&*storage, 1).unwrap();
    assert_eq!(network.left(), 0);
    assert_eq!(block_on(latest(&*storage)).unwrap(), Some(manifest));
}

#[test]
fn a_publisher_of_a_taken_id_learns_of_it() {
    let server = Server::start();
    let network = Network::to(server.address);
    let theirs = publish_empty(&*open(server.address, &[]), 1).unwrap();
    for retries in ["0", "3"] {
        let storage = open(network.address, &[("retries", retries)]);
        network.lose(1, &["PUT"]);
        let error = publish_empty(&*storage, 1).unwrap_err();
        assert_eq!(network.left(), 0);
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!(error.context("its_commit_id"), Some(&*theirs.commit_id));
    }
}

#[test]
fn a_repeated_request_finds_its_own_file() {
    let server = Server::start();
    let network = Network::to(server.address);
    let storage = open(network.address, &[("retries", "3")]);
    network.lose(2, &["PUT"]);
    block_on(storage.put_new("runs/small", b"1")).unwrap();
    assert_eq!(network.left(), 0);
    let error = block_on(storage.put_new("runs/small", b"1")).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Conflict,
        "another write of the same bytes"
    );

    // The repeated completion finds no upload any more.
    network.lose(1, &["POST", "uploadId="]);
    let file = bytes(6 << 20, 9);
    block_on(write(&*storage, "runs/large", &file)).unwrap();
    assert_eq!(network.left(), 0);
    assert!(content(&*storage, "runs/large") == file);
}

#[test]
fn without_a_repetition_the_outcome_is_open() {
    let server = Server::start();
    let network = Network::to(server.address);
    let storage = open(network.address, &[("retries", "0")]);
    network.lose(1, &["PUT"]);
    let error = block_on(storage.put_new("runs/small", b"1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert_eq!(error.context("file"), Some("runs/small"));
    assert_eq!(content(&*storage, "runs/small"), b"1");
}

#[test]
fn a_refusal_while_nobody_has_the_name_is_no_conflict() {
    let server = Server::start();
    let storage = open(server.address, &[]);
    // What S3 says to writes that get in each other's way.
    server
        .objects
        .refuse(1, S3ErrorCode::ConditionalRequestConflict);
    let error = block_on(storage.put_new("runs/small", b"1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    block_on(storage.put_new("runs/small", b"1")).unwrap();
}
