//! A job of two workers on rows in memory, and what must be found again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pollster::block_on;
use state_api::row::{CodecId, RangeTombstone, RowChange, RowRef, StateKind, StateMeta};
use state_api::{ChangeSource, Clock, Error, ErrorKind, KeyGroups, ManualClock, Result};
use state_checkpoint::run::RunFile;
use state_checkpoint::{
    CheckpointStorage, GcOptions, Job, JobOptions, Manifest, MemoryStorage, NewPart, Part, Pending,
    RunRef, Ticket, WriteOptions, gc, latest, list, load, savepoint, write_part,
};

pub(crate) const GROUPS: u16 = 4;
pub(crate) const GRACE: Duration = Duration::from_secs(3600);
const OPERATOR: &str = "operator";

/// Envelopes by key group and key.
pub(crate) type Rows = BTreeMap<(u16, Vec<u8>), Vec<u8>>;

/// A generator of numbers that only its seed decides.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn states() -> Vec<StateMeta> {
    vec![StateMeta {
        name: "state".to_owned(),
        kind: StateKind::Value,
        codec: CodecId {
            name: "bincode".into(),
            version: 1,
        },
        key_type: "u64".to_owned(),
        namespace_type: "()".to_owned(),
        map_key_type: None,
        value_type: "u64".to_owned(),
    }]
}

fn workers() -> [KeyGroups; 2] {
    [0, 1].map(|index| KeyGroups::of_worker(GROUPS, index, 2).unwrap())
}

/// A change of one's own: a whole key group that went, or a row.
enum Change {
    Group(u16),
    Row(u16, Vec<u8>, Option<Vec<u8>>),
}

struct Changes {
    all: Vec<Change>,
    next: usize,
    begun: bool,
}

impl ChangeSource for Changes {
    fn next_run(&mut self) -> Result<bool> {
        Ok(!std::mem::replace(&mut self.begun, true))
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        let change = self.all.get(self.next);
        self.next += 1;
        Ok(change.map(|change| match change {
            Change::Group(group) => RowChange::DeleteRange(RangeTombstone {
                group: *group,
                state: 0,
                start: b"",
                end: None,
            }),
            Change::Row(group, key, Some(envelope)) => RowChange::Put(RowRef {
                group: *group,
                state: 0,
                key,
                envelope,
            }),
            Change::Row(group, key, None) => RowChange::Delete {
                group: *group,
                state: 0,
                key,
            },
        }))
    }
}

/// What leads from one set of rows to another, for one worker.
fn changes(from: &Rows, to: &Rows, groups: KeyGroups) -> Changes {
    let (mut ranges, mut rows) = (Vec::new(), Vec::new());
    for group in groups.range().iter() {
        let of = |rows: &Rows| -> Rows {
            let own = rows.iter().filter(|((at, _), _)| *at == group);
            own.map(|(at, row)| (at.clone(), row.clone())).collect()
        };
        let (before, after) = (of(from), of(to));
        if !before.is_empty() && after.is_empty() {
            ranges.push(Change::Group(group));
            continue;
        }
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for at in keys {
            if before.get(at) != after.get(at) {
                rows.push(Change::Row(group, at.1.clone(), after.get(at).cloned()));
            }
        }
    }
    ranges.extend(rows);
    Changes {
        all: ranges,
        next: 0,
        begun: false,
    }
}

/// What the last published checkpoint was, for the workers.
#[derive(Clone)]
struct Base {
    id: u64,
    rows: Rows,
    parts: Vec<Part>,
}

pub(crate) struct World {
    pub(crate) storage: Arc<dyn CheckpointStorage>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Lcg,
    pub(crate) rows: Rows,
    base: Option<Base>,
    /// The rows of every checkpoint that was begun, by its commit id.
    pub(crate) content: BTreeMap<String, Rows>,
    /// Checkpoints that were reported complete and that no retention may have taken.
    pub(crate) required: BTreeSet<u64>,
    /// The newest one that was reported complete.
    pub(crate) acknowledged: u64,
    /// Savepoints that were reported complete and that nobody has let go.
    pub(crate) savepoints: BTreeMap<String, u64>,
}

impl World {
    pub(crate) fn new(storage: Arc<dyn CheckpointStorage>, seed: u64) -> Self {
        Self {
            storage,
            clock: Arc::new(ManualClock::new(1_000_000)),
            rng: Lcg(seed),
            rows: Rows::new(),
            base: None,
            content: BTreeMap::new(),
            required: BTreeSet::new(),
            acknowledged: 0,
            savepoints: BTreeMap::new(),
        }
    }

    pub(crate) fn open(&mut self) -> Result<Job> {
        // A new coordinator's workers start over: they restore the latest checkpoint.
        self.base = None;
        let options = JobOptions::new(GROUPS).with_grace(GRACE);
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        block_on(Job::open(Arc::clone(&self.storage), clock, options))
    }

    /// Changes some rows.
    pub(crate) fn work(&mut self) {
        for _ in 0..=self.rng.below(6) {
            let group = u16::try_from(self.rng.below(GROUPS.into())).unwrap();
            let key = vec![u8::try_from(self.rng.below(5)).unwrap()];
            match self.rng.below(8) {
                0 => self.rows.retain(|(at, _), _| *at != group),
                1 => drop(self.rows.remove(&(group, key))),
                _ => {
                    let value = self.rng.below(250);
                    let value = vec![0, u8::try_from(value).unwrap()];
                    self.rows.insert((group, key), value);
                }
            }
        }
    }

    /// Begins a checkpoint and writes its parts.
    pub(crate) fn take(
        &mut self,
        job: &Job,
        name: Option<&str>,
        incremental: bool,
    ) -> Result<(Pending, Vec<Part>)> {
        let pending = match name {
            Some(name) => block_on(job.begin_savepoint(name))?,
            None => block_on(job.begin())?,
        };
        let commit_id = pending.ticket().commit_id().to_owned();
        self.content.insert(commit_id, self.rows.clone());
        let parts = self.write(pending.ticket(), incremental)?;
        Ok((pending, parts))
    }

    fn write(&mut self, ticket: &Ticket, incremental: bool) -> Result<Vec<Part>> {
        let base = self
            .base
            .clone()
            .filter(|base| incremental && ticket.parents().contains(&base.id));
        let (states, options) = (states(), WriteOptions::default());
        let mut parts = Vec::new();
        for (index, groups) in workers().into_iter().enumerate() {
            let (from, runs) = match &base {
                Some(base) => (base.rows.clone(), base.parts[index].runs.clone()),
                None => (Rows::new(), Vec::new()),
            };
            let part = NewPart {
                operator: OPERATOR,
                key_groups: groups,
                states: &states,
                base: runs,
            };
            let mut changes = changes(&from, &self.rows, groups);
            let written = write_part(&*self.storage, ticket, part, &mut changes, &options);
            parts.push(block_on(written)?);
        }
        Ok(parts)
    }

    /// Publishes, and notes what from now on must be found.
    pub(crate) fn publish(&mut self, pending: Pending, parts: Vec<Part>) -> Result<Manifest> {
        let manifest = block_on(pending.publish(parts, BTreeMap::new()))?;
        let id = manifest.checkpoint_id;
        self.required.insert(id);
        self.acknowledged = self.acknowledged.max(id);
        if self.base.as_ref().is_none_or(|base| base.id < id) {
            self.base = Some(Base {
                id,
                rows: self.content[&manifest.commit_id].clone(),
                parts: manifest.parts.clone(),
            });
        }
        Ok(manifest)
    }

    /// Runs `work` with workers that do not hear of what is published meanwhile: they go on from where
    /// they were.
    pub(crate) fn unheard(&mut self, work: impl FnOnce(&mut Self)) {
        let base = self.base.clone();
        work(self);
        self.base = base;
    }

    pub(crate) fn retain(&mut self, job: &Job, count: usize) -> Result<()> {
        match block_on(job.retain(count)) {
            Ok(gone) => {
                self.required.retain(|id| !gone.contains(id));
                Ok(())
            }
            Err(error) => {
                self.required.clear();
                Err(error)
            }
        }
    }

    pub(crate) fn collect(&self) -> Result<()> {
        let options = GcOptions::default().with_grace(GRACE).with_delete();
        block_on(gc(&*self.storage, &*self.clock, &options)).map(drop)
    }

    /// Checks, after a restart, all that was promised.
    pub(crate) fn check(&self, storage: &MemoryStorage, what: &str) {
        let ids = block_on(list(storage)).unwrap();
        for id in &ids {
            let manifest = block_on(load(storage, *id)).unwrap();
            assert_eq!(
                read(storage, &manifest).unwrap(),
                self.content[&manifest.commit_id],
                "{what}: {id}"
            );
        }
        let found = block_on(latest(storage))
            .unwrap()
            .map_or(0, |m| m.checkpoint_id);
        assert!(
            found >= self.acknowledged,
            "{what}: the latest is {found}, {} was reported complete",
            self.acknowledged
        );
        for id in &self.required {
            assert!(ids.contains(id), "{what}: {id} is gone, there are {ids:?}");
        }
        for (name, id) in &self.savepoints {
            let manifest = block_on(savepoint(storage, name));
            let manifest = manifest.unwrap_or_else(|e| panic!("{what}: {name}: {e}"));
            assert_eq!(manifest.checkpoint_id, *id, "{what}: {name}");
            assert_eq!(
                read(storage, &manifest).unwrap(),
                self.content[&manifest.commit_id],
                "{what}"
            );
        }
    }

    /// Checks that after a collection nothing is left that nobody refers to.
    pub(crate) fn check_clean(&self, storage: &MemoryStorage, what: &str) {
        self.clock
            .advance(2 * u64::try_from(GRACE.as_millis()).unwrap());
        let options = GcOptions::default().with_grace(GRACE).with_delete();
        block_on(gc(storage, &*self.clock, &options)).unwrap();
        let mut referred = BTreeSet::new();
        for id in block_on(list(storage)).unwrap() {
            let manifest = block_on(load(storage, id)).unwrap();
            let runs = manifest.parts.iter().flat_map(|part| &part.runs);
            referred.extend(runs.map(|run| run.path.clone()));
        }
        let there: BTreeSet<_> = block_on(storage.list("runs"))
            .unwrap()
            .into_iter()
            .map(|name| format!("runs/{name}"))
            .collect();
        assert_eq!(there, referred, "{what}");
        assert_eq!(block_on(storage.list("pins")).unwrap(), [""; 0], "{what}");
        let again = block_on(gc(storage, &*self.clock, &options)).unwrap();
        assert_eq!(
            (again.files.len(), again.manifests.len(), again.other),
            (0, 0, 0)
        );
    }
}

/// The rows of a checkpoint: its runs applied one after the other, by a reader of its own.
pub(crate) fn read(storage: &dyn CheckpointStorage, manifest: &Manifest) -> Result<Rows> {
    let mut rows = Rows::new();
    for part in &manifest.parts {
        for run in &part.runs {
            apply(storage, run, &mut rows)?;
        }
    }
    Ok(rows)
}

fn apply(storage: &dyn CheckpointStorage, run: &RunRef, rows: &mut Rows) -> Result<()> {
    let mut reader = block_on(RunFile::open(storage, run))?.read(run.clip);
    while let Some(change) = reader.next_op()? {
        match change {
            RowChange::DeleteRange(range) => rows.retain(|(group, key), _| {
                *group != range.group
                    || key.as_slice() < range.start
                    || range.end.is_some_and(|end| key.as_slice() >= end)
            }),
            RowChange::Put(row) => {
                rows.insert((row.group, row.key.to_vec()), row.envelope.to_vec());
            }
            RowChange::Delete { group, key, .. } => drop(rows.remove(&(group, key.to_vec()))),
        }
    }
    Ok(())
}

/// The error for a step that had nothing to do.
pub(crate) fn skipped() -> Error {
    Error::new(ErrorKind::NotFound, "nothing to do")
}
