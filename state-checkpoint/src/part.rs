//! Writes the part of one worker.

use state_api::row::{RowSource, StateMeta};
use state_api::{KeyGroups, Result};

use crate::manifest::{Part, RunKind};
use crate::run::{RowChange, RunOptions, RunWriter};
use crate::storage::CheckpointStorage;
use crate::unique::unique_id;

/// Writes all rows of a worker into a run file with a unique name, durably, and returns the part
/// for [`publish`](crate::publish). A worker without rows has a part all the same.
///
/// `rows` blocks: poll this future on a thread that may block. Memory is bounded: see
/// [`RunWriter`]. If it fails or is dropped, no file is visible.
///
/// # Errors
/// [`Invalid`](state_api::ErrorKind::Invalid) when rows are not strictly ascending, name a state that
/// is not in `states`, or `states` are not unique and ascending by name;
/// [`OutOfRange`](state_api::ErrorKind::OutOfRange) for a row outside `groups`; the errors of `rows`
/// and of the storage.
pub async fn write_part(
    storage: &dyn CheckpointStorage,
    operator: &str,
    groups: KeyGroups,
    states: &[StateMeta],
    rows: &mut dyn RowSource,
    options: &RunOptions,
) -> Result<Part> {
    let path = format!("runs/{}.run", unique_id()?);
    let mut writer =
        RunWriter::create(storage, &path, RunKind::Base, groups, states, options).await?;
    while let Some(row) = rows.next_row()? {
        writer.push(RowChange::Put(row)).await?;
    }
    let run = writer.finish().await?;
    Ok(Part {
        operator: operator.to_owned(),
        key_groups: groups.range(),
        states: states.to_vec(),
        runs: vec![run],
    })
}
