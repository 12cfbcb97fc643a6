//! A storage can be used and dropped by anybody: a plain thread, or async code on any runtime.

use std::sync::Arc;

use object_store::memory::InMemory;
use state_checkpoint::CheckpointStorage;
use state_checkpoint::storage::{ObjectOptions, ObjectStorage};
use tokio::runtime::Builder;

use crate::support::server::Server;
use crate::support::{block_on, bytes, open, write};

async fn use_and_drop(storage: Arc<dyn CheckpointStorage>) {
    storage.put_new("runs/small", b"1").await.unwrap();
    write(&*storage, "runs/large", &bytes(6 << 20, 1))
        .await
        .unwrap();
    let mut unfinished = storage.create("runs/unfinished").await.unwrap();
    unfinished.write(&bytes(6 << 20, 2)).await.unwrap();
    assert_eq!(storage.list("runs").await.unwrap(), ["large", "small"]);
    drop(storage);
    drop(unfinished);
}

#[test]
fn a_plain_thread() {
    let server = Server::start();
    block_on(use_and_drop(open(server.address, &[])));
}

#[test]
fn a_runtime_of_one_thread() {
    let server = Server::start();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(use_and_drop(open(server.address, &[])));
}

/// The last storage ends its runtime; to wait for that is a panic here.
#[test]
fn the_last_storage_is_dropped_by_async_code() {
    let server = Server::start();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let storage = open(server.address, &[]);
        storage.put_new("runs/small", b"1").await.unwrap();
        drop(storage);
    });
}

#[test]
fn a_task_among_many() {
    let server = Server::start();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let storage = open(server.address, &[]);
    runtime
        .block_on(runtime.spawn(use_and_drop(storage)))
        .unwrap();
}

#[test]
fn the_runtime_of_the_caller() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let options = ObjectOptions::default().with_runtime(runtime.handle().clone());
    let storage = ObjectStorage::new(Arc::new(InMemory::new()), "", options).unwrap();
    block_on(use_and_drop(Arc::new(storage.clone())));
    drop(runtime);
    let error = block_on(storage.size("runs/small")).unwrap_err();
    assert_eq!(error.kind(), state_api::ErrorKind::Io, "{error}");
}
