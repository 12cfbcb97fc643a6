//! From one backend to a checkpoint, and back into a backend of any kind.

use std::collections::BTreeMap;

use serde_json::Value;
use state_api::{Result, StateBackend, StateView};

use crate::job::Job;
use crate::manifest::Manifest;
use crate::options::RestoreOptions;
use crate::storage::CheckpointStorage;
use crate::task::{PartTask, WriteOptions};

/// Takes a full checkpoint of a job of one operator and one worker. `metadata` is the caller's, such as
/// the positions of its sources.
///
/// # Errors
/// As [`Job::begin`], [`PartTask::write`](crate::PartTask::write) and
/// [`Pending::publish`](crate::Pending::publish).
///
/// ```
/// use std::collections::BTreeMap;
///
/// use state_api::{Result, StateBackend};
/// use state_checkpoint::{Job, WriteOptions, checkpoint, restore};
///
/// /// Freezes the one backend, and fills the other from what is stored of it.
/// async fn copy<A, B>(from: &mut A, to: &mut B, job: &Job) -> Result<()>
/// where
///     A: StateBackend,
///     B: StateBackend<Key = A::Key>,
/// {
///     let view = from.freeze()?;
///     let position = BTreeMap::from([("offset".to_owned(), 4711.into())]);
///     checkpoint(job, "orders", view, position, &WriteOptions::default()).await?;
///
///     let manifest = job.latest().await?.expect("a checkpoint was published");
///     restore(&**job.storage(), &manifest, "orders", to).await
/// }
/// ```
pub async fn checkpoint<V: StateView>(
    job: &Job,
    operator: &str,
    view: V,
    metadata: BTreeMap<String, Value>,
    options: &WriteOptions,
) -> Result<Manifest> {
    let pending = job.begin().await?;
    let task = PartTask::of_view(pending.ticket().clone(), operator, view);
    let written = task.write(&**job.storage(), options).await?;
    pending.publish(vec![written.part], metadata).await
}

/// Restores the state of `operator` into a backend of any kind: the rows of the key groups that it
/// owns, whoever wrote them.
///
/// Rows of more than a quarter of a MiB are read on a thread of their own while the backend takes them in.
/// That thread polls the storage outside of the caller's runtime: a storage that needs one has to bring it, as those of
/// this crate do.
/// The rows block: poll this future on a thread that may block. After an error the backend is to
/// be destroyed.
///
/// # Errors
/// As [`open_restore`](crate::open_restore) and [`StateBackend::restore`]; [`ErrorKind::Io`](state_api::ErrorKind::Io) when the
/// operating system gives no thread.
pub async fn restore<B: StateBackend>(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    backend: &mut B,
) -> Result<()> {
    let options = RestoreOptions::default();
    options.restore(storage, manifest, operator, backend).await
}
