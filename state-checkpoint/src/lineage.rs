//! What a worker's next checkpoint may build on.

use state_api::{Error, ErrorKind, KeyGroups, Result, StateBackend, StateView};

use crate::manifest::{Manifest, RunKind, RunRef};
use crate::strategy::Strategy;
use crate::task::PartTask;
use crate::ticket::Ticket;

/// What a worker's next checkpoint may build on: the last one that was confirmed, or restored.
///
/// Each worker holds one for each backend, beside it. Several checkpoints may be in flight; each
/// builds on the one that was confirmed when it was taken, never on one whose outcome is not known.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    operator: String,
    base: Option<Base>,
}

/// A checkpoint that is published, and the epoch of the backend that it holds.
#[derive(Clone, Debug)]
struct Base {
    checkpoint_id: u64,
    epoch: u64,
    runs: Vec<RunRef>,
}

impl Lineage {
    /// A worker of `operator` that builds on nothing: the first checkpoint is full. Also for a worker
    /// that restored a checkpoint which somebody else may remove, such as a savepoint of another job.
    pub fn new(operator: &str) -> Self {
        Self {
            operator: operator.to_owned(),
            base: None,
        }
    }

    /// A worker that restored `manifest` into an empty backend which
    /// [tracks changes](StateBackend::track_changes), and *claims* its files: the first checkpoint is
    /// incremental already, whatever backend and parallelism the files come from. The manifest is one
    /// of the job's own storage.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the checkpoint has no such operator.
    pub fn claim(manifest: &Manifest, operator: &str, groups: KeyGroups) -> Result<Self> {
        let mut lineage = Self::new(operator);
        lineage.base = Some(Base {
            checkpoint_id: manifest.checkpoint_id,
            epoch: 0,
            runs: runs_of(manifest, operator, groups)?,
        });
        Ok(lineage)
    }

    /// The task of a worker for the checkpoint of `ticket`: to write `view`, by `strategy`.
    ///
    /// Incremental where that is possible: there is a base, it is pinned by the ticket, the view can
    /// tell what changed since, and the chain may grow; otherwise full.
    pub fn take<V: StateView>(&self, ticket: &Ticket, view: V, strategy: &Strategy) -> PartTask<V> {
        let base = match strategy {
            Strategy::Full => None,
            Strategy::Incremental(policy) => self.base.as_ref().filter(|base| {
                let is_delta = |run: &&RunRef| run.kind == RunKind::Delta;
                let bytes: u64 = base.runs.iter().map(|run| run.size).sum();
                let deltas: Vec<_> = base.runs.iter().filter(is_delta).collect();
                let delta_bytes: u64 = deltas.iter().map(|run| run.size).sum();
                ticket.parents().contains(&base.checkpoint_id)
                    && view.tracks_since(base.epoch)
                    && policy.allows(deltas.len(), delta_bytes, bytes - delta_bytes)
            }),
        };
        let (since, runs) = match base {
            Some(base) => (Some(base.epoch), base.runs.clone()),
            None => (None, Vec::new()),
        };
        PartTask::new(ticket.clone(), &self.operator, view, since, runs)
    }

    /// The checkpoint of the view of `epoch` is published: the next ones build on it, and the backend
    /// [forgets](StateBackend::confirm) what was only needed before. A checkpoint older than the last
    /// one confirmed changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the checkpoint has no such operator; as
    /// [`StateBackend::confirm`], but for a backend that tracks no changes, which has nothing to forget.
    pub fn confirm<B: StateBackend>(
        &mut self,
        backend: &mut B,
        manifest: &Manifest,
        epoch: u64,
    ) -> Result<()> {
        if self.base.as_ref().is_some_and(|base| base.epoch >= epoch) {
            return Ok(());
        }
        let runs = runs_of(manifest, &self.operator, backend.key_groups())?;
        match backend.confirm(epoch) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            confirmed => confirmed?,
        }
        self.base = Some(Base {
            checkpoint_id: manifest.checkpoint_id,
            epoch,
            runs,
        });
        Ok(())
    }
}

/// The runs of an operator, clipped to `groups`: oldest first within each part, and parts hold
/// different key groups.
fn runs_of(manifest: &Manifest, operator: &str, groups: KeyGroups) -> Result<Vec<RunRef>> {
    let parts: Vec<_> = manifest
        .parts
        .iter()
        .filter(|part| part.operator == operator)
        .collect();
    if parts.is_empty() {
        return Err(
            Error::new(ErrorKind::NotFound, "the checkpoint has no such operator")
                .with("operator", operator)
                .with("checkpoint", manifest.checkpoint_id),
        );
    }
    let runs = parts.into_iter().flat_map(|part| &part.runs);
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
