//! Checkpoints: frozen by the owner of the state, written and published by another thread; only what
//! changed, where the backend can tell.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use state_backends::checkpoint::{
    GcOptions, Job, JobOptions, Lineage, LocalStorage, Manifest, PartTask, Pending, Strategy,
    WriteOptions, restore,
};
use state_backends::{Error, ErrorKind, KeyGroups, Result, StateBackend, StateView, SystemClock};

use crate::position::Position;

/// Name of the operator whose state is kept.
const OPERATOR: &str = "word-count";

/// Key of the position in a checkpoint's metadata.
const POSITION: &str = "position";

/// Memory that the backend may take to remember what changed; beyond it a checkpoint is full.
const TRACKING: usize = 64 << 20;

/// How many checkpoints are kept.
const KEPT: usize = 3;

/// The checkpoints of a directory.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    job: Job,
    latest: Option<Manifest>,
    lineage: Lineage,
    in_flight: Option<InFlight>,
}

/// A checkpoint that another thread writes.
#[derive(Debug)]
struct InFlight {
    epoch: Option<u64>,
    writer: JoinHandle<Result<Manifest>>,
}

impl Checkpoints {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let storage = Arc::new(LocalStorage::open(dir)?);
        let options = JobOptions::new(KeyGroups::DEFAULT);
        let job = pollster::block_on(Job::open(storage, Arc::new(SystemClock), options))?;
        Ok(Self {
            latest: pollster::block_on(job.latest())?,
            job,
            lineage: Lineage::new(OPERATOR),
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

    /// Brings the state of the latest checkpoint into a backend, whichever one wrote it, and builds on
    /// that checkpoint from then on.
    pub(crate) fn restore<B: StateBackend>(&mut self, state: &mut B) -> Result<()> {
        if state.capability().tracks_changes {
            state.track_changes(TRACKING)?;
        }
        let Some(manifest) = self.latest.take() else {
            return Ok(());
        };
        let storage = &**self.job.storage();
        pollster::block_on(restore(storage, &manifest, OPERATOR, state))?;
        self.lineage = Lineage::claim(&manifest, OPERATOR, state)?;
        Ok(())
    }

    /// Freezes the state and has it written while the counting goes on. At most one checkpoint is
    /// in flight: the one before is waited for.
    pub(crate) fn begin<B: StateBackend>(
        &mut self,
        state: &mut B,
        position: &Position,
    ) -> Result<()> {
        self.wait(state)?;
        let position = serde_json::to_value(position).map_err(|e| {
            Error::new(ErrorKind::Invalid, "the position cannot be written").with_source(e)
        })?;
        let pending = pollster::block_on(self.job.begin())?;
        let strategy = Strategy::incremental();
        let task = self.lineage.take(pending.ticket(), state, &strategy)?;
        let epoch = task.epoch();
        let (job, metadata) = (
            self.job.clone(),
            BTreeMap::from([(POSITION.to_owned(), position)]),
        );
        let writer = thread::Builder::new().name(format!("checkpoint-{}", pending.id()));
        let writer = writer
            .spawn(move || pollster::block_on(write(&job, task, pending, metadata)))
            .map_err(|e| {
                Error::new(ErrorKind::Io, "no thread for the checkpoint").with_source(e)
            })?;
        self.in_flight = Some(InFlight { epoch, writer });
        Ok(())
    }

    /// Waits until the checkpoint in flight is published; the next ones build on it.
    pub(crate) fn wait<B: StateBackend>(&mut self, state: &mut B) -> Result<()> {
        let Some(InFlight { epoch, writer }) = self.in_flight.take() else {
            return Ok(());
        };
        match writer.join() {
            Ok(manifest) => self.lineage.confirm(state, &manifest?, epoch),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// Writes and publishes: after `Ok` the checkpoint exists, before nobody sees it. Then old ones go.
async fn write<V: StateView>(
    job: &Job,
    task: PartTask<V>,
    pending: Pending,
    metadata: BTreeMap<String, serde_json::Value>,
) -> Result<Manifest> {
    let written = task
        .write(&**job.storage(), &WriteOptions::default())
        .await?;
    let manifest = pending.publish(vec![written.part], metadata).await?;
    if !job.retain(KEPT).await?.is_empty() {
        job.gc(&GcOptions::default().with_delete()).await?;
    }
    Ok(manifest)
}
