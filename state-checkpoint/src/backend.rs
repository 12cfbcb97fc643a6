//! From a backend's view to a checkpoint, and back into a backend of any kind.

use std::collections::BTreeMap;

use serde_json::Value;
use state_api::{Clock, Result, StateBackend, StateView};

use crate::catalog::{Checkpoint, publish};
use crate::manifest::{Manifest, Part};
use crate::part::write_part;
use crate::restore::open_restore;
use crate::run::RunOptions;
use crate::storage::CheckpointStorage;

/// Writes all rows of a view, durably, as one part of a checkpoint of `operator`: what each worker
/// of a job does before one of them publishes.
///
/// The view blocks: poll this future on a thread that may block, and not on that of the backend's
/// owner, who goes on writing meanwhile. The view is consumed, so that what only it holds is
/// released.
///
/// # Errors
/// As [`write_part`], and those of the view.
pub async fn write_view<V: StateView>(
    storage: &dyn CheckpointStorage,
    operator: &str,
    view: V,
    options: &RunOptions,
) -> Result<Part> {
    let (groups, states) = (view.key_groups(), view.states());
    let mut rows = view.into_rows(groups.range())?;
    write_part(storage, operator, groups, &states, &mut rows, options).await
}

/// Takes the checkpoint `id` of a job of one operator and one worker: [`write_view`], then
/// [`publish`]. `metadata` is the caller's, such as the positions of its sources.
///
/// # Errors
/// As both; [`Conflict`](state_api::ErrorKind::Conflict) when there is a checkpoint of that id.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use state_api::{Clock, Result, StateBackend, StateView};
/// use state_checkpoint::{CheckpointStorage, RunOptions, checkpoint, latest, restore};
///
/// /// Freezes the one backend, and fills the other from what is stored of it.
/// async fn copy<A, B>(
///     from: &mut A,
///     to: &mut B,
///     storage: &dyn CheckpointStorage,
///     clock: &dyn Clock,
/// ) -> Result<()>
/// where
///     A: StateBackend,
///     B: StateBackend<Key = A::Key>,
/// {
///     let view = from.freeze()?;
///     let position = BTreeMap::from([("offset".to_owned(), 4711.into())]);
///     checkpoint(storage, 1, "orders", view, position, &RunOptions::default(), clock).await?;
///
///     let manifest = latest(storage).await?.expect("a checkpoint was published");
///     restore(storage, &manifest, "orders", to).await
/// }
/// ```
pub async fn checkpoint<V: StateView>(
    storage: &dyn CheckpointStorage,
    id: u64,
    operator: &str,
    view: V,
    metadata: BTreeMap<String, Value>,
    options: &RunOptions,
    clock: &dyn Clock,
) -> Result<Manifest> {
    let max_parallelism = view.key_groups().max_parallelism();
    let parts = vec![write_view(storage, operator, view, options).await?];
    let created_ms = clock.now_ms();
    publish(
        storage,
        Checkpoint {
            id,
            max_parallelism,
            parts,
            metadata,
            created_ms,
        },
    )
    .await
}

/// Restores the state of `operator` into a backend of any kind: the rows of the key groups that it
/// owns, whoever wrote them.
///
/// The rows block: poll this future on a thread that may block. After an error the backend is to
/// be destroyed.
///
/// # Errors
/// As [`open_restore`] and [`StateBackend::restore`].
pub async fn restore<B: StateBackend>(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    backend: &mut B,
) -> Result<()> {
    let mut rows = open_restore(storage, manifest, operator, backend.key_groups()).await?;
    let states = rows.states().to_vec();
    backend.restore(&states, &mut rows)
}
