//! Writes the part of one worker, on any thread.

use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use futures_util::future::try_join;
use pollster::block_on;
use state_api::row::{ChangeSource, StateMeta};
use state_api::{Error, ErrorKind, KeyGroups, Result, StateView};

use crate::cancel::Cancel;
use crate::manifest::{Part, RunKind, RunRef};
use crate::native::Staged;
use crate::progress::{Meter, Observer, Phase, Progress};
use crate::run::{RunOptions, RunWriter};
use crate::storage::CheckpointStorage;
use crate::ticket::Ticket;
use crate::unique::unique_id;

/// Changes between two looks at whether to go on.
const LOOK: u64 = 256;

/// How a part is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    run: RunOptions,
    buffer_bytes: usize,
    pub(crate) observer: Observer,
    pub(crate) cancel: Cancel,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            run: RunOptions::default(),
            buffer_bytes: Self::BUFFER_BYTES,
            observer: Observer::default(),
            cancel: Cancel::default(),
        }
    }
}

impl WriteOptions {
    /// How many bytes a backend that must sort its rows may take for it, if nothing else is said: 64 MiB.
    pub const BUFFER_BYTES: usize = 64 << 20;

    /// Sets how runs are written.
    pub fn with_run(mut self, run: RunOptions) -> Self {
        self.run = run;
        self
    }

    /// Sets how many bytes a backend that must sort its rows may take for it. Less makes more, smaller
    /// runs.
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer_bytes = bytes;
        self
    }

    /// Has progress told to `observer`, on the thread that writes, about once per MiB.
    pub fn with_progress(mut self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// Lets `cancel` stop the work.
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
}

/// A part that was written, durably, and is not published yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// What the coordinator publishes.
    pub part: Part,
    /// Whether only changes were written.
    pub incremental: bool,
    /// Bytes of the files that were written.
    pub bytes: u64,
    /// Rows and tombstones that were written.
    pub rows: u64,
}

/// The work of one worker for one checkpoint: everything but the freeze. See
/// [`Lineage::take`](crate::Lineage::take).
pub struct PartTask<V> {
    ticket: Ticket,
    operator: String,
    source: Source<V>,
}

/// What is to be written.
enum Source<V> {
    /// All rows of a view, or what changed since an epoch, over the runs of a base, oldest first.
    View {
        view: V,
        since: Option<u64>,
        runs: Vec<RunRef>,
    },
    /// Files that the engine has laid out.
    Files(Staged),
}

impl<V: StateView> PartTask<V> {
    /// The task to write all rows of `view`: a full checkpoint of `operator`.
    pub fn of_view(ticket: Ticket, operator: &str, view: V) -> Self {
        Self {
            ticket,
            operator: operator.to_owned(),
            source: Source::View {
                view,
                since: None,
                runs: Vec::new(),
            },
        }
    }

    /// The task to write the files of an engine.
    pub(crate) fn of_files(ticket: Ticket, operator: &str, files: Staged) -> Self {
        Self {
            ticket,
            operator: operator.to_owned(),
            source: Source::Files(files),
        }
    }

    /// Of all rows, only those that changed since an epoch, whose runs are these.
    pub(crate) fn over(mut self, epoch: u64, base: Vec<RunRef>) -> Self {
        if let Source::View { since, runs, .. } = &mut self.source {
            *since = Some(epoch);
            *runs = base;
        }
        self
    }

    /// The epoch of the view, if there is one: what to [confirm](crate::Lineage::confirm) when the
    /// checkpoint is published.
    pub fn epoch(&self) -> Option<u64> {
        match &self.source {
            Source::View { view, .. } => Some(view.epoch()),
            Source::Files(_) => None,
        }
    }

    /// Whether it builds on an older checkpoint.
    pub fn is_incremental(&self) -> bool {
        match &self.source {
            Source::View { since, .. } => since.is_some(),
            Source::Files(staged) => staged.is_incremental(),
        }
    }

    /// Writes the part, durably. If it fails, is cancelled or dropped, what it wrote is left to
    /// collection, and nothing refers to it.
    ///
    /// The view blocks: poll this future on a thread that may block, and not on that of the backend's
    /// owner, who goes on writing meanwhile. The view is consumed, so that what only it holds is
    /// released as it is written.
    ///
    /// Memory: the buffer of the [options](WriteOptions::with_buffer_bytes) where a backend must sort,
    /// that of one [`RunWriter`], and what the storage takes for two files: one is written while the one before is
    /// made durable.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`]; those of the view and of the storage.
    pub async fn write(
        self,
        storage: &dyn CheckpointStorage,
        options: &WriteOptions,
    ) -> Result<Written> {
        let Self {
            ticket,
            operator,
            source,
        } = self;
        options.cancel.check()?;
        let (view, since, runs) = match source {
            Source::View { view, since, runs } => (view, since, runs),
            Source::Files(staged) => {
                return staged.write(storage, &ticket, operator, options).await;
            }
        };
        let (groups, states) = (view.key_groups(), view.states());
        let mut changes = view.into_changes(since, groups.range(), options.buffer_bytes)?;
        let kind = match since {
            None => RunKind::Base,
            Some(_) => RunKind::Delta,
        };
        let to = Target {
            storage,
            ticket: &ticket,
            kind,
            groups,
            states: &states,
            options,
        };
        let (new, rows) = to.write(&mut changes).await?;
        let bytes = new.iter().map(|run| run.size).sum();
        Ok(Written {
            part: Part {
                operator,
                key_groups: groups.range(),
                states,
                runs: runs.into_iter().chain(new).collect(),
                native: None,
            },
            incremental: since.is_some(),
            bytes,
            rows,
        })
    }

    /// [Writes](PartTask::write) the part on a thread of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the operating system gives no thread.
    pub fn spawn(
        self,
        storage: Arc<dyn CheckpointStorage>,
        options: WriteOptions,
    ) -> Result<InFlight> {
        let cancel = options.cancel.clone();
        let thread =
            thread::Builder::new().name(format!("checkpoint-{}", self.ticket.checkpoint_id()));
        let thread = thread
            .spawn(move || block_on(self.write(&*storage, &options)))
            .map_err(|e| {
                Error::new(ErrorKind::Io, "no thread for the checkpoint").with_source(e)
            })?;
        Ok(InFlight { thread, cancel })
    }
}

impl<V: StateView> fmt::Debug for PartTask<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartTask")
            .field("ticket", &self.ticket)
            .field("operator", &self.operator)
            .field("epoch", &self.epoch())
            .field("is_incremental", &self.is_incremental())
            .finish_non_exhaustive()
    }
}

/// A part that is being written on a thread of its own.
#[derive(Debug)]
pub struct InFlight {
    thread: JoinHandle<Result<Written>>,
    cancel: Cancel,
}

impl InFlight {
    /// Whether [`join`](InFlight::join) would return at once.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Makes the work stop soon.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Waits for the part.
    ///
    /// # Errors
    /// Those of [`PartTask::write`]; [`ErrorKind::Codec`] when the view panicked, which a user's types
    /// can make it do.
    pub fn join(self) -> Result<Written> {
        self.thread.join().unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned());
            Err(
                Error::new(ErrorKind::Codec, "the writer of a checkpoint panicked")
                    .with("panic", message.unwrap_or_default()),
            )
        })
    }
}

/// A part that is to be written of changes from elsewhere than a view: see [`write_part`].
#[derive(Clone, Debug)]
pub struct NewPart<'a> {
    /// Id of the operator.
    pub operator: &'a str,
    /// The key groups that the part is complete for.
    pub key_groups: KeyGroups,
    /// All states of the part, ascending by name.
    pub states: &'a [StateMeta],
    /// The runs that the changes apply to, oldest first: of a checkpoint that is
    /// [pinned](Ticket::parents). None when the changes are all rows.
    pub base: Vec<RunRef>,
}

/// Writes changes as a part of a checkpoint, durably: what [`PartTask::write`] does with those of a view.
/// A worker without rows has a part all the same.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) when changes are not strictly ascending in a run, name a state that
/// is not in the part, states are not unique and ascending by name, or there are tombstones without a
/// base; [`OutOfRange`](ErrorKind::OutOfRange) for a row outside the key groups; the errors of `changes`
/// and of the storage.
pub async fn write_part(
    storage: &dyn CheckpointStorage,
    ticket: &Ticket,
    part: NewPart<'_>,
    changes: &mut dyn ChangeSource,
    options: &WriteOptions,
) -> Result<Part> {
    let NewPart {
        operator,
        key_groups,
        states,
        base,
    } = part;
    let to = Target {
        storage,
        ticket,
        kind: if base.is_empty() {
            RunKind::Base
        } else {
            RunKind::Delta
        },
        groups: key_groups,
        states,
        options,
    };
    let (new, _) = to.write(changes).await?;
    Ok(Part {
        operator: operator.to_owned(),
        key_groups: key_groups.range(),
        states: states.to_vec(),
        runs: base.into_iter().chain(new).collect(),
        native: None,
    })
}

/// Where changes go.
struct Target<'a> {
    storage: &'a dyn CheckpointStorage,
    ticket: &'a Ticket,
    kind: RunKind,
    groups: KeyGroups,
    states: &'a [StateMeta],
    options: &'a WriteOptions,
}

impl Target<'_> {
    /// Writes all runs of `changes`. Returns them, and the number of rows and tombstones. A run without
    /// changes makes no file; a base without rows is one empty run, so that no key group is without.
    async fn write(&self, changes: &mut dyn ChangeSource) -> Result<(Vec<RunRef>, u64)> {
        let mut meter = self.options.observer.begin(Phase::Write, None);
        let mut runs = Vec::new();
        let mut rows = 0;
        let mut filled = self.fill_next(changes, &mut rows, &mut meter).await?;
        while let Some(writer) = filled {
            // To make one durable takes about as long as to write the next.
            let bytes = writer.bytes();
            let next = self.fill_next(changes, &mut rows, &mut meter);
            let (run, next) = try_join(writer.finish(), next).await?;
            meter.add(run.size.saturating_sub(bytes), 0);
            runs.push(run);
            filled = next;
        }
        if runs.is_empty() && self.kind == RunKind::Base {
            runs.push(self.create().await?.finish().await?);
        }
        meter.end();
        Ok((runs, rows))
    }

    /// Writes the next run that has changes, all but its end, or returns `None` when there are no more.
    async fn fill_next(
        &self,
        changes: &mut dyn ChangeSource,
        rows: &mut u64,
        meter: &mut Meter,
    ) -> Result<Option<RunWriter>> {
        while changes.next_run()? {
            if let Some(first) = changes.next_change()? {
                let mut writer = self.create().await?;
                writer.push(first).await?;
                *rows += self.fill(&mut writer, changes, meter).await?;
                return Ok(Some(writer));
            }
        }
        Ok(None)
    }

    /// Writes the changes of a run behind its first one, and counts that, too.
    async fn fill(
        &self,
        writer: &mut RunWriter,
        changes: &mut dyn ChangeSource,
        meter: &mut Meter,
    ) -> Result<u64> {
        let mut count = 1;
        let mut reported = (0, 0);
        while let Some(change) = changes.next_change()? {
            if writer.add(change)? {
                writer.flush().await?;
            }
            count += 1;
            if count % LOOK == 0 {
                self.options.cancel.check()?;
                let bytes = writer.bytes();
                meter.add(bytes - reported.0, count - reported.1);
                reported = (bytes, count);
            }
        }
        self.options.cancel.check()?;
        meter.add(writer.bytes() - reported.0, count - reported.1);
        Ok(count)
    }

    async fn create(&self) -> Result<RunWriter> {
        let path = self.ticket.owner().run(&unique_id()?);
        let Self {
            storage,
            kind,
            groups,
            states,
            options,
            ..
        } = *self;
        RunWriter::create(storage, &path, kind, groups, states, &options.run).await
    }
}
