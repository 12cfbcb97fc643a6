//! The logical digest: what a state is, whoever wrote it and however it lies in files.

use state_api::row::{RowRef, RowSource, StateKind, StateMeta, chunk, envelope};
use state_api::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::Xxh3;

use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::options::RestoreOptions;
use crate::restore;
use crate::storage::CheckpointStorage;

/// The digest of the state of `operator` in a checkpoint: equal state has an equal digest, from any
/// backend, at any parallelism, in any number of runs, deltas, blocks and list chunks. What
/// [`digest_rows`] gives for the merged rows of all parts.
///
/// Blocks: poll it on a thread that may block. Reads all rows; memory as a restore.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the checkpoint has no such operator; as
/// [`open_restore`](crate::open_restore), but for key groups that are missing; as [`digest_rows`].
pub async fn logical_digest(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
) -> Result<Digest> {
    of_checkpoint(storage, manifest, operator, &RestoreOptions::default()).await
}

pub(crate) async fn of_checkpoint(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    options: &RestoreOptions,
) -> Result<Digest> {
    let mut rows = restore::open_all(storage, manifest, operator, options).await?;
    let states = rows.states().to_vec();
    digest_rows(&states, &mut rows)
}

/// The logical digest of `rows`, whose states are indexes into `states`: those of a view, for
/// example, before they lie in any file.
///
/// Covers, of each row: key group, all of the description of its state, key, envelope; and of a list
/// its elements instead of its chunks. States without rows do not count, as an empty list or map
/// does not. Memory: the longest list key.
///
/// # Errors
/// [`ErrorKind::Invalid`] when a row's state is not listed, [`ErrorKind::Corrupt`] when a list row is
/// not a chunk of elements, [`ErrorKind::Unsupported`] when its envelope is of a newer version; those
/// of `rows`.
pub fn digest_rows(states: &[StateMeta], rows: &mut dyn RowSource) -> Result<Digest> {
    let described = states.iter().map(|state| {
        let description = serde_json::to_vec(state).map_err(|error| {
            Error::new(ErrorKind::Invalid, "a state cannot be described").with_source(error)
        })?;
        Ok((state, description))
    });
    let described = described.collect::<Result<Vec<_>>>()?;
    let mut feed = Feed::default();
    while let Some(row) = rows.next_row()? {
        let state = usize::try_from(row.state).ok();
        let Some((state, description)) = state.and_then(|at| described.get(at)) else {
            return Err(
                Error::new(ErrorKind::Invalid, "a row of a state that is not listed")
                    .with("state", row.state)
                    .with("listed", states.len()),
            );
        };
        feed.row((state, description), row)
            .map_err(|error| error.with("state", &state.name).with("group", row.group))?;
    }
    Ok(Digest::finish(&feed.hasher))
}

/// Kinds of items that are fed. Each item says its own length, so that no two sequences of items are
/// the same bytes.
const STATE: u8 = 1;
const ROW: u8 = 2;
const LIST: u8 = 3;
const ELEMENT: u8 = 4;

#[derive(Default)]
struct Feed {
    hasher: Xxh3,
    /// Key group and state of the last row.
    position: Option<(u16, u32)>,
    /// Key of the current list, without the number of a chunk.
    list: Option<Vec<u8>>,
}

impl Feed {
    fn row(&mut self, (state, description): (&StateMeta, &[u8]), row: RowRef<'_>) -> Result<()> {
        if self.position != Some((row.group, row.state)) {
            self.position = Some((row.group, row.state));
            self.list = None;
            self.hasher.update(&[STATE]);
            self.hasher.update(&row.group.to_be_bytes());
            self.bytes(description);
        }
        if state.kind == StateKind::List {
            return self.chunk(row);
        }
        self.hasher.update(&[ROW]);
        self.bytes(row.key);
        self.bytes(row.envelope);
        Ok(())
    }

    fn chunk(&mut self, row: RowRef<'_>) -> Result<()> {
        chunk::number(row.key)?;
        let list = match row.key.split_last_chunk::<8>() {
            Some((list, _)) => list,
            None => &[],
        };
        let mut rest = envelope::payload(row.envelope)?;
        if rest.is_empty() {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "a list chunk has no element",
            ));
        }
        if self.list.as_deref() != Some(list) {
            self.hasher.update(&[LIST]);
            self.bytes(list);
            let key = self.list.get_or_insert_default();
            key.clear();
            key.extend_from_slice(list);
        }
        while let Some((element, tail)) = chunk::split_first(rest)? {
            self.hasher.update(&[ELEMENT]);
            self.bytes(element);
            rest = tail;
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
    }
}
