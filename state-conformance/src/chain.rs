//! Chains of incremental checkpoints in memory, taken and restored by the crate that does so in earnest.

use std::collections::BTreeMap;
use std::sync::Arc;

use pollster::block_on;
use state_api::row::AllRows;
use state_api::{KeyGroups, Result, StateBackend, StateKey, StateMeta, StateView, SystemClock};
use state_checkpoint::{
    ChainPolicy, Job, JobOptions, Lineage, Manifest, MemoryStorage, NewPart, PartTask, Pending,
    Strategy, WriteOptions, Written, restore, write_part,
};

use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, Script, compare, contents};
use crate::rows::{Given, Row};
use crate::site::{MAX_PARALLELISM, Site, all_groups};

const OPERATOR: &str = "suite";

/// A budget that is never too small.
pub(crate) const AMPLE: usize = usize::MAX;

/// The checkpoints of a job, in memory.
#[derive(Debug)]
pub struct Chain(Job);

/// A checkpoint in flight: the views of all workers, not yet written.
#[derive(Debug)]
pub struct Flight<V: StateView> {
    pending: Pending,
    tasks: Vec<PartTask<V>>,
}

/// A backend that tracks changes, and what its next checkpoint builds on.
pub(crate) struct Worker<B> {
    pub(crate) backend: B,
    pub(crate) handles: Handles,
    pub(crate) lineage: Lineage,
}

impl Chain {
    /// A job without checkpoints.
    ///
    /// # Errors
    /// What the job meets.
    pub fn new() -> Result<Self> {
        let options = JobOptions::new(MAX_PARALLELISM);
        let storage = Arc::new(MemoryStorage::new());
        let job = block_on(Job::open(storage, Arc::new(SystemClock), options))?;
        Ok(Self(job))
    }

    /// Freezes the workers for a checkpoint that is incremental wherever it can be, however long
    /// the chain.
    ///
    /// # Errors
    /// What the job and the workers meet.
    pub fn begin<'w, B: StateBackend + 'w>(
        &self,
        workers: impl IntoIterator<Item = (&'w Lineage, &'w mut B)>,
    ) -> Result<Flight<B::View>> {
        let endless = ChainPolicy::default()
            .with_max_deltas(usize::MAX)
            .with_max_ratio(f64::MAX);
        let pending = block_on(self.0.begin())?;
        let mut tasks = Vec::new();
        for (lineage, backend) in workers {
            let strategy = Strategy::Incremental(endless);
            tasks.push(lineage.take(pending.ticket(), backend, &strategy)?);
        }
        Ok(Flight { pending, tasks })
    }

    /// Writes a checkpoint and publishes it. Returns what each worker wrote, and the epoch of its view.
    ///
    /// # Errors
    /// What the job and the views meet.
    pub fn publish<V: StateView>(
        &self,
        flight: Flight<V>,
    ) -> Result<(Manifest, Vec<(Written, Option<u64>)>)> {
        // Little enough that a backend which sorts gives several runs.
        let options = WriteOptions::default().with_buffer_bytes(4 << 10);
        let mut written = Vec::new();
        for task in flight.tasks {
            let epoch = task.epoch();
            written.push((block_on(task.write(&**self.0.storage(), &options))?, epoch));
        }
        let parts = written.iter().map(|(written, _)| written.part.clone());
        let manifest = block_on(flight.pending.publish(parts.collect(), BTreeMap::new()))?;
        Ok((manifest, written))
    }

    /// Takes a checkpoint of the workers, publishes and confirms it. Returns what each wrote.
    pub(crate) fn checkpoint<B: StateBackend>(
        &self,
        workers: &mut [Worker<B>],
    ) -> Result<(Manifest, Vec<Written>)> {
        let both = workers.iter_mut().map(|w| (&w.lineage, &mut w.backend));
        let flight = self.begin(both)?;
        let (manifest, written) = self.publish(flight)?;
        let mut results = Vec::new();
        for (worker, (written, epoch)) in workers.iter_mut().zip(written) {
            worker.confirm(&manifest, epoch)?;
            results.push(written);
        }
        Ok((manifest, results))
    }

    /// Takes a checkpoint of one worker, publishes and confirms it.
    pub(crate) fn checkpoint_one<B: StateBackend>(
        &self,
        worker: &mut Worker<B>,
    ) -> Result<(Manifest, Written)> {
        let (manifest, mut written) = self.checkpoint(std::slice::from_mut(worker))?;
        Ok((manifest, written.remove(0)))
    }

    /// Publishes rows, as somebody else might have written them.
    pub(crate) fn publish_rows(&self, states: &[StateMeta], rows: Vec<Row>) -> Result<Manifest> {
        let pending = block_on(self.0.begin())?;
        let part = NewPart {
            operator: OPERATOR,
            key_groups: all_groups(),
            states,
            base: Vec::new(),
        };
        let mut changes = AllRows::new(Given::new(rows));
        let options = WriteOptions::default();
        let writing = write_part(
            &**self.0.storage(),
            pending.ticket(),
            part,
            &mut changes,
            &options,
        );
        let part = block_on(writing)?;
        block_on(pending.publish(vec![part], BTreeMap::new()))
    }

    /// Restores what `backend` owns.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn restore<B: StateBackend>(&self, manifest: &Manifest, backend: &mut B) -> Result<()> {
        block_on(restore(&**self.0.storage(), manifest, OPERATOR, backend))
    }

    /// A worker that restores a checkpoint and goes on with its files. Its backend tracks changes.
    pub(crate) fn claim<F: BackendFactory>(
        &self,
        site: &Site<'_, F>,
        manifest: &Manifest,
        groups: KeyGroups,
    ) -> Result<Worker<F::Backend<String>>> {
        self.settle(manifest, tracked(site, groups)?)
    }

    /// As [`Chain::claim`], in an empty backend that tracks changes.
    pub(crate) fn settle<B: StateBackend>(
        &self,
        manifest: &Manifest,
        mut backend: B,
    ) -> Result<Worker<B>> {
        self.restore(manifest, &mut backend)?;
        Ok(Worker {
            handles: Handles::register(&mut backend)?,
            lineage: claimed(manifest, &backend)?,
            backend,
        })
    }

    /// Compares a checkpoint with the model, by restoring it into an empty backend.
    pub(crate) fn check<F: BackendFactory>(
        &self,
        site: &Site<'_, F>,
        manifest: &Manifest,
        model: &Model,
    ) -> std::result::Result<(), Difference> {
        self.check_by(site, ("", manifest), model, &Script::default())
    }

    /// As [`Chain::check`], told by `script`, where the manifest is called `name`.
    pub(crate) fn check_by<F: BackendFactory>(
        &self,
        site: &Site<'_, F>,
        (name, manifest): (&str, &Manifest),
        model: &Model,
        script: &Script,
    ) -> std::result::Result<(), Difference> {
        let restored = || {
            script.say(|| {
                format!(
                    "let mut restored = site.open_for::<String>(all_groups());\n\
                     chain.restore(&{name}, &mut restored)?;\n\
                     let found = register(&mut restored)?;"
                )
            });
            let mut backend = site.open::<String>();
            self.restore(manifest, &mut backend)?;
            let handles = Handles::register(&mut backend)?;
            let compared = compare(&backend, handles, model);
            script.fails("restored", "found", compared)?;
            script.checks("restored", "found", || contents(model, all_groups()));
            script.say(|| "restored.destroy()?;".to_owned());
            Ok(backend.destroy()?)
        };
        restored().map_err(|difference: Difference| {
            let id = manifest.checkpoint_id;
            difference.while_doing(format_args!("checkpoint {id}, restored"))
        })
    }
}

impl<B: StateBackend> Worker<B> {
    /// A checkpoint that counts holds the view of `epoch`.
    pub(crate) fn confirm(&mut self, manifest: &Manifest, epoch: Option<u64>) -> Result<()> {
        self.lineage.confirm(&mut self.backend, manifest, epoch)
    }
}

/// A lineage that builds on nothing.
pub fn lineage() -> Lineage {
    Lineage::new(OPERATOR)
}

/// A lineage that goes on with the files of a checkpoint.
///
/// # Errors
/// When the manifest has nothing for the backend.
pub fn claimed<B: StateBackend>(manifest: &Manifest, backend: &B) -> Result<Lineage> {
    Lineage::claim(manifest, OPERATOR, backend)
}

/// An empty worker of `groups` that tracks changes.
pub(crate) fn worker<F: BackendFactory>(
    site: &Site<'_, F>,
    groups: KeyGroups,
) -> Result<Worker<F::Backend<String>>> {
    let mut backend = tracked(site, groups)?;
    Ok(Worker {
        handles: Handles::register(&mut backend)?,
        backend,
        lineage: lineage(),
    })
}

/// An empty backend that tracks changes.
pub(crate) fn tracked<K: StateKey, F: BackendFactory>(
    site: &Site<'_, F>,
    groups: KeyGroups,
) -> Result<F::Backend<K>> {
    let mut backend = site.open_for::<K>(groups);
    backend.track_changes(AMPLE)?;
    Ok(backend)
}
