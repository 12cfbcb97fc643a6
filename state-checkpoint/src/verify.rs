//! Checks a checkpoint without restoring it.

use std::collections::BTreeSet;

use state_api::Result;

use crate::manifest::Manifest;
use crate::restore::open_run;
use crate::storage::CheckpointStorage;

/// What [`verify`] has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Number of run files, each counted once.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows and tombstones, inside and outside the clips.
    pub rows: u64,
}

/// Reads every byte of every file of a checkpoint: sizes, digests, checksums, order of rows.
/// Needs the memory of one [`RunReader`](crate::run::RunReader).
///
/// # Errors
/// The first damage: [`Corrupt`](state_api::ErrorKind::Corrupt) with `file` and `offset`,
/// [`NotFound`](state_api::ErrorKind::NotFound),
/// [`Unsupported`](state_api::ErrorKind::Unsupported), and the errors of the storage.
pub async fn verify(storage: &dyn CheckpointStorage, manifest: &Manifest) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let mut seen = BTreeSet::new();
    for part in &manifest.parts {
        for run in &part.runs {
            // Opened for every part that refers to it, read through once.
            let file = open_run(storage, manifest, part, run).await?;
            if seen.insert(&run.path) {
                report.files += 1;
                report.bytes += run.size;
                report.rows += file.rows();
                file.verify(run.digest).await?;
            }
        }
    }
    Ok(report)
}
