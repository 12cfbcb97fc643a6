//! Restore: the rows of a checkpoint, clipped to the key groups of one worker.

use std::collections::{BTreeMap, BTreeSet};

use state_api::key_group::KEY_GROUP_LAYOUT;
use state_api::row::{RowRef, RowSource, StateMeta};
use state_api::{Error, ErrorKind, KeyGroupRange, KeyGroups, Result};

use crate::damage::corrupt;
use crate::manifest::{Manifest, Part, RunRef, first_uncovered};
use crate::run::{RunFile, RunReader};
use crate::storage::CheckpointStorage;

/// The rows of one operator, ascending, clipped to the key groups of a worker, whatever parallelism
/// the checkpoint was taken at.
///
/// Blocks in [`RowSource::next_row`]: drain it on a thread that may block. Memory: the indexes of all
/// runs that overlap the key groups, and the buffers of one [`RunReader`].
#[derive(Debug)]
pub struct RestoreSource<'a> {
    states: Vec<StateMeta>,
    /// Runs still to be read, last first.
    runs: Vec<Clipped<'a>>,
    current: Option<Open<'a>>,
}

#[derive(Debug)]
struct Clipped<'a> {
    file: RunFile<'a>,
    clip: KeyGroupRange,
    /// Index of each state of the run among the merged states; ascending.
    remap: Vec<u32>,
}

#[derive(Debug)]
struct Open<'a> {
    reader: RunReader<'a>,
    remap: Vec<u32>,
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
/// - [`ErrorKind::Corrupt`] with `file` and `offset`; [`ErrorKind::Unsupported`] for newer versions
///   and for deltas; the errors of the storage.
pub async fn open_restore<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    operator: &str,
    groups: KeyGroups,
) -> Result<RestoreSource<'a>> {
    check_key_groups(manifest, groups)?;
    let parts: Vec<&Part> = manifest
        .parts
        .iter()
        .filter(|p| p.operator == operator)
        .collect();
    if parts.is_empty() {
        let there: BTreeSet<&str> = manifest.parts.iter().map(|p| p.operator.as_str()).collect();
        return Err(
            Error::new(ErrorKind::NotFound, "the checkpoint has no such operator")
                .with("operator", operator)
                .with(
                    "operators",
                    there.into_iter().collect::<Vec<_>>().join(", "),
                )
                .with("checkpoint", manifest.checkpoint_id),
        );
    }
    if let Some(group) = first_uncovered(groups.range(), parts.iter().map(|p| p.key_groups)) {
        return Err(
            Error::new(ErrorKind::Invalid, "missing key groups in the checkpoint")
                .with("first_missing", group)
                .with("requested", groups.range())
                .with("operator", operator)
                .with("checkpoint", manifest.checkpoint_id),
        );
    }

    let parts: Vec<&Part> = parts
        .into_iter()
        .filter(|part| part.key_groups.intersection(groups.range()).is_some())
        .collect();
    let states = merge_states(&parts)?;
    let mut runs = Vec::new();
    for part in parts {
        for run in &part.runs {
            if let Some(clip) = run.clip.intersection(groups.range()) {
                let file = open_run(storage, manifest, part, run).await?;
                let remap = remap(file.states(), &states);
                runs.push(Clipped { file, clip, remap });
            }
        }
    }
    // Parts of an operator are disjoint; so are the clips of base runs in a part.
    runs.sort_by_key(|run| run.clip.first());
    for pair in runs.windows(2) {
        if let [a, b] = pair
            && a.clip.last() >= b.clip.first()
        {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "runs of one part overlap: restoring deltas needs a newer version",
            )
            .with("file", a.file.path())
            .with("next", b.file.path()));
        }
    }
    runs.reverse();
    Ok(RestoreSource {
        states,
        runs,
        current: None,
    })
}

fn check_key_groups(manifest: &Manifest, groups: KeyGroups) -> Result<()> {
    if manifest.max_parallelism != groups.max_parallelism() {
        return Err(Error::new(
            ErrorKind::Mismatch,
            "the checkpoint has another max parallelism, which is fixed for the life of a state",
        )
        .with("checkpoint", manifest.max_parallelism)
        .with("requested", groups.max_parallelism()));
    }
    if manifest.key_group_layout != KEY_GROUP_LAYOUT {
        return Err(Error::new(
            ErrorKind::Mismatch,
            "the checkpoint has another key-group layout",
        )
        .with("checkpoint", manifest.key_group_layout)
        .with("supported", KEY_GROUP_LAYOUT));
    }
    Ok(())
}

/// Opens a run and checks that it is one of `manifest` and `part`.
pub(crate) async fn open_run<'a>(
    storage: &'a dyn CheckpointStorage,
    manifest: &Manifest,
    part: &Part,
    run: &RunRef,
) -> Result<RunFile<'a>> {
    let file = RunFile::open(storage, run).await?;
    let found = (file.key_group_layout(), file.max_parallelism());
    let expected = (manifest.key_group_layout, manifest.max_parallelism);
    if found != expected {
        return Err(
            corrupt(&run.path, 0, "run and manifest differ in their key groups")
                .with(
                    "run",
                    format_args!("layout {}, {} groups", found.0, found.1),
                )
                .with(
                    "manifest",
                    format_args!("layout {}, {} groups", expected.0, expected.1),
                ),
        );
    }
    for state in file.states() {
        let named = part
            .states
            .binary_search_by(|other| other.name.cmp(&state.name));
        let listed = named.ok().and_then(|at| part.states.get(at));
        if listed != Some(state) {
            return Err(corrupt(&run.path, 0, "run and manifest differ in a state")
                .with("run", state)
                .with(
                    "manifest",
                    listed.map_or("none".to_owned(), ToString::to_string),
                ));
        }
    }
    Ok(file)
}

/// The states of all parts, ascending by name.
fn merge_states(parts: &[&Part]) -> Result<Vec<StateMeta>> {
    let mut merged: BTreeMap<&str, &StateMeta> = BTreeMap::new();
    for state in parts.iter().flat_map(|part| &part.states) {
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
fn remap(states: &[StateMeta], merged: &[StateMeta]) -> Vec<u32> {
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
        loop {
            if let Some(open) = &mut self.current {
                if open.reader.advance()? {
                    break;
                }
                self.current = None;
            }
            let Some(Clipped { file, clip, remap }) = self.runs.pop() else {
                return Ok(None);
            };
            self.current = Some(Open {
                reader: file.read(clip),
                remap,
            });
        }
        let Some(Open { reader, remap }) = &self.current else {
            return Ok(None);
        };
        let row = reader.row()?;
        let state = usize::try_from(row.state).ok().and_then(|at| remap.get(at));
        // The reader knows only states of its header, and each of them is in the list.
        let state = *state.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "a row names a state that is not there")
        })?;
        Ok(Some(RowRef { state, ..row }))
    }
}
