//! Portable, checksummed checkpoints of keyed state.
//!
//! Every backend writes the same checkpoint and restores from it, at any parallelism. A checkpoint
//! is a set of immutable, sorted [`run`] files and one [`manifest`] that names them; it exists as
//! soon as its manifest does, and the manifest appears by one atomic create-only write.
//!
//! | to | use |
//! |---|---|
//! | take and restore the checkpoint of one worker | [`checkpoint`], [`restore`](restore()) |
//! | write the view of one worker of many | [`write_view`]; below it [`write_part`] |
//! | make a checkpoint of the parts of all workers | [`publish`] |
//! | find a checkpoint | [`latest`], [`list`], [`load`] |
//! | read rows back, clipped to a worker's key groups | [`open_restore`] |
//! | check every byte | [`verify`] |
//! | say where the files lie | [`CheckpointStorage`]: [`LocalStorage`], [`MemoryStorage`] |
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
//!
//! use state_api::row::{CodecId, RowRef, RowSource, StateKind, StateMeta};
//! use state_api::{KeyGroups, Result};
//! use state_checkpoint::{Checkpoint, MemoryStorage, RunOptions};
//! use state_checkpoint::{latest, open_restore, publish, write_part};
//!
//! /// Ten rows of one state; a backend's view gives them in earnest.
//! struct TenRows(u16, [u8; 2]);
//!
//! impl RowSource for TenRows {
//!     fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
//!         let group = self.0;
//!         self.0 += 1;
//!         self.1 = group.to_be_bytes();
//!         Ok((group < 10).then_some(RowRef { group, state: 0, key: &self.1, envelope: b"\0v" }))
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! # pollster::block_on(async {
//! let storage = MemoryStorage::new();
//! let groups = KeyGroups::all(10)?;
//! let counts = StateMeta {
//!     name: "counts".into(),
//!     kind: StateKind::Value,
//!     codec: CodecId { name: "bincode".into(), version: 1 },
//!     key_type: "u64".into(),
//!     namespace_type: "()".into(),
//!     map_key_type: None,
//!     value_type: "u64".into(),
//! };
//!
//! // Each worker writes its part; one of them publishes the parts of all.
//! let mut rows = TenRows(0, [0; 2]);
//! let options = RunOptions::default();
//! let part = write_part(&storage, "counter", groups, &[counts], &mut rows, &options).await?;
//! publish(
//!     &storage,
//!     Checkpoint {
//!         id: 1,
//!         max_parallelism: 10,
//!         parts: vec![part],
//!         metadata: BTreeMap::from([("offset".to_owned(), 4711.into())]),
//!         created_ms: 0,
//!     },
//! )
//! .await?;
//!
//! // After a crash, worker 1 of 2 takes its half.
//! let manifest = latest(&storage).await?.expect("a checkpoint was published");
//! let half = KeyGroups::of_worker(10, 1, 2)?;
//! let mut restored = open_restore(&storage, &manifest, "counter", half).await?;
//! assert_eq!(restored.states()[0].name, "counts");
//! let mut groups = Vec::new();
//! while let Some(row) = restored.next_row()? {
//!     groups.push(row.group);
//! }
//! assert_eq!(groups, [5, 6, 7, 8, 9]);
//! # Ok(())
//! # })
//! # }
//! ```

#![forbid(unsafe_code)]

mod backend;
mod catalog;
mod damage;
mod digest;
pub mod manifest;
mod part;
mod restore;
pub mod run;
pub mod storage;
mod unique;
mod verify;

pub use backend::{checkpoint, restore, write_view};
pub use catalog::{Checkpoint, latest, list, load, publish};
pub use digest::Digest;
pub use manifest::{Manifest, Part, Purpose, RunKind, RunRef};
pub use part::write_part;
pub use restore::{RestoreSource, open_restore};
pub use run::{Compression, RunOptions};
pub use storage::{CheckpointStorage, FileWriter, LocalStorage, MemoryStorage};
pub use verify::{VerifyReport, verify};
