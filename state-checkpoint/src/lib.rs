//! Portable, checksummed checkpoints of keyed state.
//!
//! Every backend writes the same checkpoint and restores from it, at any parallelism. A checkpoint
//! is a set of immutable, sorted [`run`] files and one [`manifest`] that names them; it exists as
//! soon as its manifest does, and the manifest appears by one atomic create-only write.
//!
//! | to | use |
//! |---|---|
//! | coordinate the checkpoints of a job: begin, publish, savepoints, retention | [`Job`], [`Pending`] |
//! | write a worker's part, full or incremental, on another thread | [`Lineage`], [`Strategy`], [`PartTask`] |
//! | take and restore the checkpoint of one worker | [`checkpoint`], [`restore`](restore()) |
//! | find a checkpoint | [`latest`], [`list`], [`load`], [`savepoint`] |
//! | read rows back, all runs merged, clipped to a worker's key groups | [`open_restore`], [`RestoreOptions`] |
//! | take and restore an engine's own files | [`Strategy::Native`], [`restore_native`] |
//! | check every byte | [`verify`] |
//! | tell whether two states are equal | [`logical_digest`], [`digest_rows`] |
//! | copy a checkpoint's files; read runs from a local copy | [`fetch`](fetch()), [`LocalFirst`] |
//! | remove what nothing refers to | [`gc`](gc()) |
//! | say where the files lie | [`storage::open`] by a URL; [`CheckpointStorage`]: [`LocalStorage`], [`MemoryStorage`], `ObjectStorage` |
//! | do so in a program without a runtime | [`blocking::block_on`] |
//!
//! S3, Google Cloud Storage, Azure and HDFS are the features `s3`, `gcs`, `azure` and `hdfs`; any other
//! `object_store::ObjectStore` is `ObjectStorage` by the feature `object`. None is on by default.
//!
//! The bytes are specified in `docs/format.md`. Bytes from storage are never trusted: each is
//! covered by a checksum that is compared before use, no length is believed before it is bounded,
//! and damage is [`Corrupt`](state_api::ErrorKind::Corrupt) with the context `file` and `offset`.
//!
//! Writing, publishing and opening are async and need no particular runtime. Reading rows is
//! blocking, because [`RowSource`](state_api::row::RowSource) is: drain a source on a thread that
//! may block.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//!
//! use state_api::{Result, StateBackend, SystemClock};
//! use state_checkpoint::{Job, JobOptions, Lineage, LocalStorage, Strategy, WriteOptions};
//! use state_checkpoint::{latest, restore};
//!
//! /// A worker that owns all keys: goes on where the last one stopped, then takes a checkpoint.
//! async fn run<B: StateBackend>(state: &mut B, directory: &str) -> Result<()> {
//!     let storage = Arc::new(LocalStorage::open(directory)?);
//!     let groups = state.key_groups();
//!     let options = JobOptions::new(groups.max_parallelism());
//!     let job = Job::open(storage, Arc::new(SystemClock), options).await?;
//!
//!     state.track_changes(64 << 20)?;
//!     let mut lineage = match job.latest().await? {
//!         Some(manifest) => {
//!             restore(&**job.storage(), &manifest, "orders", state).await?;
//!             Lineage::claim(&manifest, "orders", state)?
//!         }
//!         None => Lineage::new("orders"),
//!     };
//!
//!     // .. records are processed, and now and then:
//!     let pending = job.begin().await?;
//!     let task = lineage.take(pending.ticket(), state, &Strategy::incremental())?;
//!     let epoch = task.epoch();
//!     let in_flight = task.spawn(Arc::clone(job.storage()), WriteOptions::default())?;
//!     // .. more records; the view does not see them.
//!     let part = in_flight.join()?.part;
//!     let metadata = BTreeMap::from([("offset".to_owned(), 4711.into())]);
//!     let manifest = pending.publish(vec![part], metadata).await?;
//!     lineage.confirm(state, &manifest, epoch)?;
//!     job.retain(3).await?;
//!     Ok(())
//! }
//! ```

#![forbid(unsafe_code)]

mod backend;
pub mod blocking;
mod cancel;
mod catalog;
mod create;
mod damage;
mod digest;
mod fetch;
mod gc;
mod job;
mod lineage;
mod logical;
pub mod manifest;
mod merge;
mod names;
mod native;
mod offload;
mod options;
mod pending;
mod pin;
mod progress;
mod publish;
mod read_ahead;
mod record;
mod restore;
pub mod run;
mod sealed;
pub mod storage;
mod strategy;
mod task;
mod ticket;
mod unique;
mod verify;

pub use backend::{checkpoint, restore};
pub use cancel::Cancel;
pub use catalog::{latest, list, load, savepoint, savepoints};
pub use digest::Digest;
pub use fetch::{FetchReport, fetch};
pub use gc::{GcOptions, GcReport, gc};
pub use job::{GRACE, Job, JobOptions};
pub use lineage::Lineage;
pub use logical::{digest_rows, logical_digest};
pub use manifest::{Manifest, Part, Purpose, RunKind, RunRef};
pub use native::restore_native;
pub use options::RestoreOptions;
pub use pending::Pending;
pub use progress::{Phase, Progress};
pub use publish::{Checkpoint, publish};
pub use restore::{RestoreSource, open_restore};
pub use run::{Compression, RunOptions};
pub use storage::{CheckpointStorage, FileWriter, LocalFirst, LocalStorage, MemoryStorage};
pub use strategy::{ChainPolicy, Strategy};
pub use task::{InFlight, NewPart, PartTask, WriteOptions, Written, write_part};
pub use ticket::Ticket;
pub use verify::{VerifyReport, verify};
