//! Checks a checkpoint without restoring it.

use std::collections::{BTreeMap, BTreeSet};

use state_api::Result;

use crate::fetch::Pieces;
use crate::manifest::{Manifest, Part};
use crate::options::RestoreOptions;
use crate::progress::Phase;
use crate::restore::{check_run, merge_states};
use crate::run::{READ_BYTES, Reading, RunFile};
use crate::storage::CheckpointStorage;

/// What [`verify`] has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Number of files, each counted once.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows and tombstones, inside and outside the clips.
    pub rows: u64,
    /// Their range tombstones.
    pub range_tombstones: u64,
}

/// Reads every byte of every file of a checkpoint, once: sizes, digests, checksums, the order of rows
/// and range tombstones, no tombstone in a base; and that the parts of an operator agree in their
/// states. Nothing else can keep the runs from being merged, so this needs no merge and no memory for
/// one: that of one [`RunReader`](crate::run::RunReader), and the index of one file.
///
/// Blocks in part: poll it on a thread that may block. To check one copy of a
/// [`LocalFirst`](crate::LocalFirst), give that copy: the pair is sound as long as one of them is.
///
/// # Errors
/// The first damage: [`Corrupt`](state_api::ErrorKind::Corrupt) with `file` and `offset`,
/// [`NotFound`](state_api::ErrorKind::NotFound),
/// [`Unsupported`](state_api::ErrorKind::Unsupported), [`Mismatch`](state_api::ErrorKind::Mismatch)
/// when two parts describe a state differently, and the errors of the storage.
pub async fn verify(storage: &dyn CheckpointStorage, manifest: &Manifest) -> Result<VerifyReport> {
    run(storage, manifest, &RestoreOptions::default()).await
}

pub(crate) async fn run(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    options: &RestoreOptions,
) -> Result<VerifyReport> {
    let operators: BTreeSet<&str> = manifest.parts.iter().map(|p| p.operator.as_str()).collect();
    for operator in operators {
        let parts = manifest.parts.iter();
        merge_states(parts.filter(|part| part.operator == operator))?;
    }
    let files = manifest.parts.iter().flat_map(Part::files);
    let sizes: BTreeMap<_, _> = files.map(|file| (file.path, file.size)).collect();
    let meter = (options.observer).begin(Phase::Verify, Some(sizes.values().sum()));

    let mut report = VerifyReport::default();
    let mut seen = BTreeSet::new();
    for part in &manifest.parts {
        for run in &part.runs {
            // Opened for every part that refers to it, read through once.
            let file = RunFile::open(storage, run).await?;
            check_run(&file, manifest, part)?;
            if seen.insert(&run.path) {
                report.files += 1;
                report.bytes += run.size;
                report.rows += file.rows();
                report.range_tombstones += file.range_tombstones();
                let buffer = u64::try_from(options.buffer_bytes).unwrap_or(u64::MAX);
                let reading = Reading {
                    ahead: buffer.saturating_sub(file.index_bytes()).min(READ_BYTES),
                    meter: Some(meter.clone()),
                };
                file.verify_with(run.digest, reading).await?;
            }
        }
        for file in part.native.iter().flat_map(|native| &native.files) {
            if !seen.insert(&file.path) {
                continue;
            }
            let mut pieces = Pieces::of(file.file());
            while let Some(bytes) = pieces.next(storage).await? {
                meter.add(bytes.len() as u64, 0);
            }
            report.files += 1;
            report.bytes += file.size;
        }
    }
    meter.end();
    Ok(report)
}
