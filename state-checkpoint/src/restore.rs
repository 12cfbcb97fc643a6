//! Restore: the rows of a checkpoint, clipped to the key groups of one worker.

use std::collections::BTreeMap;
use std::sync::Arc;

use state_api::key_group::KEY_GROUP_LAYOUT;
use state_api::row::{RowRef, RowSource, StateMeta};
use state_api::{Error, ErrorKind, KeyGroupRange, KeyGroups, Result};

use crate::damage::corrupt;
use crate::manifest::{Manifest, Part, RunKind, first_uncovered};
use crate::merge::{Merge, Source, most_open};
use crate::options::RestoreOptions;
use crate::progress::{Meter, Phase};
use crate::run::{READ_BYTES, Reading, RunFile};
use crate::storage::CheckpointStorage;

/// The rows of one operator, strictly ascending, clipped to the key groups of a worker, whatever
/// parallelism the checkpoint was taken at: all runs merged, newest wins, what is deleted left out.
///
/// Blocks in [`RowSource::next_row`]: drain it on a thread that may block. Cost: one pass over the
/// blocks of the key groups, and for a row a few comparisons where runs overlap, their number growing
/// with the logarithm of the number of runs. Memory: see [`RestoreOptions::with_buffer_bytes`].
#[derive(Debug)]
pub struct RestoreSource<'a> {
    states: Vec<StateMeta>,
    merge: Merge<'a>,
    meter: Option<Meter>,
    about_rows: u64,
}

/// Opens the rows of `operator` in the key groups `groups`.
///
/// All runs concerned are opened and their headers, indexes and footers checked, so that most damage
/// is found before the first row is ingested; blocks are checked as they are read.
///
/// # Errors
/// - [`ErrorKind::NotFound`] when the checkpoint has no such operator; those it has are named.
/// - [`ErrorKind::Mismatch`] when max parallelism or key-group layout differ, or two parts describe a
///   state differently; both sides are named.
/// - [`ErrorKind::Invalid`] when the checkpoint does not hold all of `groups`.
/// - [`ErrorKind::Corrupt`] with `file` and `offset`; [`ErrorKind::Unsupported`] for newer versions;
///   the errors of the storage.
pub async fn open_restore<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    groups: KeyGroups,
) -> Result<RestoreSource<'a>> {
    open(
        storage,
        manifest,
        operator,
        groups,
        &RestoreOptions::default(),
    )
    .await
}

pub(crate) async fn open<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    groups: KeyGroups,
    options: &RestoreOptions,
) -> Result<RestoreSource<'a>> {
    if manifest.max_parallelism != groups.max_parallelism() {
        return Err(Error::new(
            ErrorKind::Mismatch,
            "the checkpoint has another max parallelism, which is fixed for the life of a state",
        )
        .with("checkpoint", manifest.max_parallelism)
        .with("requested", groups.max_parallelism()));
    }
    let parts = parts_of(manifest, operator)?;
    check_covered(manifest, operator, &parts, groups.range())?;
    open_parts(storage, manifest, &parts, groups.range(), options).await
}

/// Refuses parts that leave out a key group of `range`.
pub(crate) fn check_covered(
    manifest: &Manifest,
    operator: &str,
    parts: &[&Part],
    range: KeyGroupRange,
) -> Result<()> {
    if let Some(group) = first_uncovered(range, parts.iter().map(|p| p.key_groups)) {
        return Err(
            Error::new(ErrorKind::Invalid, "missing key groups in the checkpoint")
                .with("first_missing", group)
                .with("requested", range)
                .with("operator", operator)
                .with("checkpoint", manifest.checkpoint_id),
        );
    }
    Ok(())
}

/// Opens all rows of `operator` that there are.
pub(crate) async fn open_all<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    options: &RestoreOptions,
) -> Result<RestoreSource<'a>> {
    let parts = parts_of(manifest, operator)?;
    let all = KeyGroupRange::new(0, u16::MAX)?;
    open_parts(storage, manifest, &parts, all, options).await
}

fn parts_of<'m>(manifest: &'m Manifest, operator: &str) -> Result<Vec<&'m Part>> {
    if manifest.key_group_layout != KEY_GROUP_LAYOUT {
        return Err(Error::new(
            ErrorKind::Mismatch,
            "the checkpoint has another key-group layout",
        )
        .with("checkpoint", manifest.key_group_layout)
        .with("supported", KEY_GROUP_LAYOUT));
    }
    manifest.parts_of(operator)
}

async fn open_parts<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    parts: &[&Part],
    range: KeyGroupRange,
    options: &RestoreOptions,
) -> Result<RestoreSource<'a>> {
    let parts = parts.iter().copied();
    let parts: Vec<&Part> = parts
        .filter(|part| part.key_groups.intersection(range).is_some())
        .collect();
    let states = merge_states(parts.iter().copied())?;
    let opening = options.observer.begin(Phase::Open, None);
    // Parts that were rescaled refer to the same files, in several clips.
    let mut files: BTreeMap<&str, RunFile<'a>> = BTreeMap::new();
    let mut sources = Vec::new();
    for part in parts {
        if let Some(native) = &part.native {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the checkpoint holds an engine's own files: restore it with `restore_native`",
            )
            .with("backend", &native.backend)
            .with("checkpoint", manifest.checkpoint_id));
        }
        for (age, run) in (0_u32..).zip(&part.runs) {
            let Some(clip) = run.clip.intersection(range) else {
                continue;
            };
            let file = if let Some(file) = files.get(run.path.as_str()) {
                file.clone()
            } else {
                let file = RunFile::open(storage, run).await?;
                opening.add(file.opening_bytes(), 0);
                files.insert(&run.path, file.clone());
                file
            };
            check_run(&file, manifest, part)?;
            let remap = remap(file.states(), &states);
            sources.push(Source {
                file,
                clip,
                remap,
                age,
            });
        }
    }
    opening.end();

    let index_bytes = files.values().map(RunFile::index_bytes).sum::<u64>();
    let buffer = u64::try_from(options.buffer_bytes).unwrap_or(u64::MAX);
    let ahead = buffer.saturating_sub(index_bytes) / most_open(&sources).max(1);
    let about_rows = about_rows(&sources);
    let bytes_total = sources
        .iter()
        .map(|source| source.file.block_bytes(source.clip))
        .sum();
    let meter = options.observer.begin(Phase::Read, Some(bytes_total));
    let reading = Reading {
        ahead: ahead.min(READ_BYTES),
        meter: Some(meter.clone()),
    };
    Ok(RestoreSource {
        states,
        merge: Merge::new(sources, reading),
        meter: Some(meter),
        about_rows,
    })
}

/// About how many rows a merge gives: those of the base runs, of which no two hold the same. What deltas hold may
/// be the same rows again and again.
fn about_rows(sources: &[Source<'_>]) -> u64 {
    let bases = sources
        .iter()
        .filter(|source| source.file.kind() == RunKind::Base);
    bases.map(|base| base.file.block_rows(base.clip)).sum()
}

/// Checks that a run is one of `manifest` and `part`.
pub(crate) fn check_run(file: &RunFile<'_>, manifest: &Manifest, part: &Part) -> Result<()> {
    let found = (file.key_group_layout(), file.max_parallelism());
    let expected = (manifest.key_group_layout, manifest.max_parallelism);
    if found != expected {
        return Err(corrupt(
            file.path(),
            0,
            "run and manifest differ in their key groups",
        )
        .with(
            "run",
            format_args!("layout {}, {} groups", found.0, found.1),
        )
        .with(
            "manifest",
            format_args!("layout {}, {} groups", expected.0, expected.1),
        ));
    }
    for state in file.states() {
        let named = part
            .states
            .binary_search_by(|other| other.name.cmp(&state.name));
        let listed = named.ok().and_then(|at| part.states.get(at));
        if listed != Some(state) {
            return Err(
                corrupt(file.path(), 0, "run and manifest differ in a state")
                    .with("run", state)
                    .with(
                        "manifest",
                        listed.map_or("none".to_owned(), ToString::to_string),
                    ),
            );
        }
    }
    Ok(())
}

/// The states of all parts, ascending by name.
pub(crate) fn merge_states<'p>(parts: impl Iterator<Item = &'p Part>) -> Result<Vec<StateMeta>> {
    let mut merged: BTreeMap<&str, &StateMeta> = BTreeMap::new();
    for state in parts.flat_map(|part| &part.states) {
        let other = *merged.entry(&state.name).or_insert(state);
        if other != state {
            return Err(Error::new(
                ErrorKind::Mismatch,
                "two parts of the checkpoint describe a state differently",
            )
            .with("state", &state.name)
            .with("one", other)
            .with("other", state));
        }
    }
    Ok(merged.into_values().cloned().collect())
}

/// The index of each of `states` in `merged`. Both ascend by name, so the indexes ascend too, and
/// rows stay in order.
fn remap(states: &[StateMeta], merged: &[StateMeta]) -> Arc<[u32]> {
    let mut positions = (0_u32..).zip(merged);
    states
        .iter()
        .filter_map(|state| positions.find(|(_, other)| other.name == state.name))
        .map(|(position, _)| position)
        .collect()
}

impl RestoreSource<'_> {
    /// The states that rows refer to by index: those of all parts that were opened, ascending by
    /// name.
    pub fn states(&self) -> &[StateMeta] {
        &self.states
    }
}

impl RowSource for RestoreSource<'_> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if self.merge.advance()? {
            return Ok(self.merge.row());
        }
        if let Some(meter) = self.meter.take() {
            meter.end();
        }
        Ok(None)
    }

    /// The rows of the base runs.
    fn about_rows(&self) -> u64 {
        self.about_rows
    }
}
