//! Checkpoints: frozen by the owner of the state, written by another thread.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use state_backends::checkpoint::{LocalStorage, Manifest, RunOptions, checkpoint, latest, restore};
use state_backends::{Error, ErrorKind, Result, StateBackend, StateView, SystemClock};

use crate::position::Position;

/// Name of the operator whose state is kept.
const OPERATOR: &str = "word-count";

/// Key of the position in a checkpoint's metadata.
const POSITION: &str = "position";

/// The checkpoints of a directory.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    storage: Arc<LocalStorage>,
    latest: Option<Manifest>,
    next_id: u64,
    in_flight: Option<JoinHandle<Result<()>>>,
}

impl Checkpoints {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let storage = Arc::new(LocalStorage::open(dir)?);
        let latest = pollster::block_on(latest(&*storage))?;
        let next_id = latest
            .as_ref()
            .map_or(1, |manifest| manifest.checkpoint_id + 1);
        Ok(Self {
            storage,
            latest,
            next_id,
            in_flight: None,
        })
    }

    /// Where to go on, if there is a checkpoint: its id and position.
    pub(crate) fn resume_point(&self) -> Result<Option<(u64, Position)>> {
        let Some(manifest) = &self.latest else {
            return Ok(None);
        };
        let foreign = || {
            let what = "not a checkpoint of word_count: give another --checkpoint-dir";
            Error::new(ErrorKind::Mismatch, what).with("checkpoint", manifest.checkpoint_id)
        };
        let position = manifest.metadata.get(POSITION).ok_or_else(foreign)?;
        let position = serde_json::from_value(position.clone());
        Ok(Some((
            manifest.checkpoint_id,
            position.map_err(|e| foreign().with_source(e))?,
        )))
    }

    /// Brings the state of the latest checkpoint into a backend, whichever one wrote it.
    pub(crate) fn restore<B: StateBackend>(&mut self, state: &mut B) -> Result<()> {
        let Some(manifest) = self.latest.take() else {
            return Ok(());
        };
        pollster::block_on(restore(&*self.storage, &manifest, OPERATOR, state))
    }

    /// Freezes the state and has it written while the counting goes on. At most one checkpoint is
    /// in flight: the one before is waited for.
    pub(crate) fn begin<B: StateBackend>(
        &mut self,
        state: &mut B,
        position: &Position,
    ) -> Result<()> {
        self.wait()?;
        let (storage, view, id) = (Arc::clone(&self.storage), state.freeze()?, self.next_id);
        let position = position.clone();
        let writer = thread::Builder::new().name(format!("checkpoint-{id}"));
        let writer = writer.spawn(move || write(&storage, id, view, &position));
        self.in_flight = Some(writer.map_err(|e| {
            Error::new(ErrorKind::Io, "no thread for the checkpoint").with_source(e)
        })?);
        self.next_id += 1;
        Ok(())
    }

    /// Waits until the checkpoint in flight is published.
    pub(crate) fn wait(&mut self) -> Result<()> {
        match self.in_flight.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(written)) => written,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

/// Writes and publishes: after `Ok` the checkpoint exists, before nobody sees it.
fn write<V: StateView>(
    storage: &LocalStorage,
    id: u64,
    view: V,
    position: &Position,
) -> Result<()> {
    let position = serde_json::to_value(position).map_err(|e| {
        Error::new(ErrorKind::Invalid, "the position cannot be written").with_source(e)
    })?;
    let metadata = BTreeMap::from([(POSITION.to_owned(), position)]);
    let options = RunOptions::default();
    let taken = checkpoint(
        storage,
        id,
        OPERATOR,
        view,
        metadata,
        &options,
        &SystemClock,
    );
    pollster::block_on(taken).map(drop)
}
