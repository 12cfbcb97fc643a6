//! What a worker's next checkpoint may build on.

use state_api::{
    ErrorKind, KeyGroups, Origin, Result, StateBackend, StateMeta, StateRead, StateView,
};

use crate::manifest::{Manifest, NativeRef, Part, RunKind, RunRef};
use crate::native::Staged;
use crate::strategy::Strategy;
use crate::task::PartTask;
use crate::ticket::Ticket;

/// What a worker's next checkpoint may build on: the last one that was confirmed, or restored.
///
/// Each worker holds one for each backend, beside it. With another backend than it was confirmed or claimed
/// for, the next checkpoint is full. Several checkpoints may be in flight; each
/// builds on the one that was confirmed when it was taken, never on one whose outcome is not known.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    operator: String,
    base: Option<Base>,
    native: Option<NativeBase>,
}

/// A checkpoint that is published, and the epoch of the backend that it holds.
#[derive(Clone, Debug)]
struct Base {
    checkpoint_id: u64,
    /// The backend that the epoch is one of, and its key groups, all of which the runs hold.
    origin: Origin,
    groups: KeyGroups,
    epoch: u64,
    runs: Vec<RunRef>,
    /// The states that the runs may have rows of.
    states: Vec<StateMeta>,
}

/// A published checkpoint of an engine's files.
#[derive(Clone, Debug)]
struct NativeBase {
    checkpoint_id: u64,
    files: Vec<NativeRef>,
}

impl Lineage {
    /// A worker of `operator` that builds on nothing: the first checkpoint is full. Also for a worker
    /// that restored a checkpoint which somebody else may remove, such as a savepoint of another job.
    pub fn new(operator: &str) -> Self {
        Self {
            operator: operator.to_owned(),
            base: None,
            native: None,
        }
    }

    /// A worker that has just restored `manifest` into `backend`, which was empty and
    /// [tracks changes](StateBackend::track_changes), and *claims* its files (of a checkpoint that the backend did not
    /// restore, nothing may be claimed): the first checkpoint is
    /// incremental already, whatever backend and parallelism the files come from. The manifest is one
    /// of the job's own storage.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the checkpoint has no such operator.
    pub fn claim<B: StateBackend>(
        manifest: &Manifest,
        operator: &str,
        backend: &B,
    ) -> Result<Self> {
        let groups = backend.key_groups();
        let mut lineage = Self::new(operator);
        let (runs, files) = (
            runs_of(manifest, operator, groups)?,
            files_of(manifest, operator, groups)?,
        );
        let checkpoint_id = manifest.checkpoint_id;
        if files.is_empty() {
            lineage.base = Some(Base {
                checkpoint_id,
                origin: backend.origin(),
                groups,
                epoch: 0,
                runs,
                states: states_of(manifest, operator, groups)?,
            });
        } else {
            lineage.native = Some(NativeBase {
                checkpoint_id,
                files,
            });
        }
        Ok(lineage)
    }

    /// The part of this worker in the checkpoint of `ticket`, by `strategy`: freezes the backend, or has its
    /// engine lay its files out. That is the owner's part of the work; the task does the rest, on any
    /// thread.
    ///
    /// Incremental where that is possible: there is a base, it is pinned by the ticket, the view can
    /// tell what changed since, it has the states of the base, and the chain may grow; otherwise full.
    ///
    /// # Errors
    /// As [`StateBackend::freeze`]; for native files as [`StateBackend::native_checkpoint`], with
    /// [`ErrorKind::Unsupported`] where the backend has none.
    pub fn take<B: StateBackend>(
        &self,
        ticket: &Ticket,
        backend: &mut B,
        strategy: &Strategy,
    ) -> Result<PartTask<B::View>> {
        if let Strategy::Native(directory) = strategy {
            let native = self.native.as_ref();
            let native = native.filter(|base| ticket.parents().contains(&base.checkpoint_id));
            let held = native.map(|base| base.files.clone()).unwrap_or_default();
            let state = Staged::take(backend, directory, ticket, held)?;
            return Ok(PartTask::of_files(ticket.clone(), &self.operator, state));
        }
        let view = backend.freeze()?;
        let base = self.base.as_ref().filter(|base| {
            // An epoch means something within the life of one backend only.
            base.origin == view.origin()
                && base.groups == view.key_groups()
                && ticket.parents().contains(&base.checkpoint_id)
        });
        let states = view.states();
        let base = match strategy {
            Strategy::Incremental(policy) => base.filter(|base| {
                let is_delta = |run: &&RunRef| run.kind == RunKind::Delta;
                let bytes: u64 = base.runs.iter().map(|run| run.size).sum();
                let deltas: Vec<_> = base.runs.iter().filter(is_delta).collect();
                let delta_bytes: u64 = deltas.iter().map(|run| run.size).sum();
                view.tracks_since(base.epoch)
                    && base.states.iter().all(|state| states.contains(state))
                    && policy.allows(deltas.len(), delta_bytes, bytes - delta_bytes)
            }),
            Strategy::Full | Strategy::Native(_) => None,
        };
        let mut task = PartTask::of_view(ticket.clone(), &self.operator, view);
        if let Some(base) = base {
            task = task.over(base.epoch, base.runs.clone());
        }
        Ok(task)
    }

    /// The checkpoint of a task with that [epoch](PartTask::epoch) is published: the next ones build on it,
    /// and the backend [forgets](StateBackend::confirm) what was only needed before. A checkpoint older
    /// than the last one confirmed changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the checkpoint has no such operator; as
    /// [`StateBackend::confirm`], but for a backend that tracks no changes, which has nothing to forget.
    pub fn confirm<B: StateBackend>(
        &mut self,
        backend: &mut B,
        manifest: &Manifest,
        epoch: Option<u64>,
    ) -> Result<()> {
        let Some(epoch) = epoch else {
            return self.confirm_native(manifest, backend.key_groups());
        };
        let id = manifest.checkpoint_id;
        if self
            .base
            .as_ref()
            .is_some_and(|base| base.checkpoint_id >= id)
        {
            return Ok(());
        }
        let runs = runs_of(manifest, &self.operator, backend.key_groups())?;
        match backend.confirm(epoch) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            confirmed => confirmed?,
        }
        self.base = Some(Base {
            checkpoint_id: manifest.checkpoint_id,
            origin: backend.origin(),
            groups: backend.key_groups(),
            epoch,
            runs,
            states: states_of(manifest, &self.operator, backend.key_groups())?,
        });
        Ok(())
    }

    fn confirm_native(&mut self, manifest: &Manifest, groups: KeyGroups) -> Result<()> {
        let id = manifest.checkpoint_id;
        if self
            .native
            .as_ref()
            .is_none_or(|base| base.checkpoint_id < id)
        {
            self.native = Some(NativeBase {
                checkpoint_id: id,
                files: files_of(manifest, &self.operator, groups)?,
            });
        }
        Ok(())
    }
}

/// The parts of an operator that hold some of `groups`.
fn parts_of<'m>(
    manifest: &'m Manifest,
    operator: &str,
    groups: KeyGroups,
) -> Result<impl Iterator<Item = &'m Part>> {
    let parts = manifest.parts_of(operator)?;
    let own = groups.range();
    Ok(parts
        .into_iter()
        .filter(move |part| part.key_groups.intersection(own).is_some()))
}

/// The states of an operator's parts that hold some of `groups`, some of them twice.
fn states_of(manifest: &Manifest, operator: &str, groups: KeyGroups) -> Result<Vec<StateMeta>> {
    let parts = parts_of(manifest, operator, groups)?;
    Ok(parts.flat_map(|part| part.states.iter().cloned()).collect())
}

/// The runs of an operator, clipped to `groups`: oldest first within each part, and parts hold
/// different key groups.
fn runs_of(manifest: &Manifest, operator: &str, groups: KeyGroups) -> Result<Vec<RunRef>> {
    let runs = parts_of(manifest, operator, groups)?.flat_map(|part| &part.runs);
    Ok(runs
        .filter_map(|run| {
            let clip = run.clip.intersection(groups.range())?;
            Some(RunRef {
                clip,
                ..run.clone()
            })
        })
        .collect())
}

/// The engine's files of an operator that hold some of `groups`.
fn files_of(manifest: &Manifest, operator: &str, groups: KeyGroups) -> Result<Vec<NativeRef>> {
    let native = parts_of(manifest, operator, groups)?.filter_map(|part| part.native.as_ref());
    Ok(native
        .flat_map(|native| native.files.iter().cloned())
        .collect())
}
