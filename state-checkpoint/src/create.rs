//! Creates a file whose bytes nobody else writes, and finds out whether it did.

use state_api::{ErrorKind, Result};

use crate::storage::CheckpointStorage;

/// How often an operation whose answer was lost is asked for again.
const ATTEMPTS: u32 = 3;

/// Who made the file that is there now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// The caller did.
    Ours,
    /// Somebody else did, with these bytes.
    Theirs(Vec<u8>),
}

/// Creates `path` with `bytes`, which hold something random, so that they tell whose write it was.
/// When the answer is lost, asks again: the write is create-only, so to repeat it does no harm.
///
/// # Errors
/// Those of the storage; [`ErrorKind::Io`] leaves open whether the file exists.
pub(crate) async fn create(
    storage: &dyn CheckpointStorage,
    path: &str,
    bytes: &[u8],
) -> Result<Created> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match storage.put_new(path, bytes).await {
            Ok(()) => return Ok(Created::Ours),
            Err(error) if error.kind() == ErrorKind::Conflict => break,
            Err(error) if error.kind() == ErrorKind::Io && attempt < ATTEMPTS => {}
            Err(error) => return Err(error),
        }
    }
    let there = read_all(storage, path).await?;
    Ok(if there == bytes {
        Created::Ours
    } else {
        Created::Theirs(there)
    })
}

/// The bytes of a file, asked for again when the answer is lost.
///
/// # Errors
/// Those of the storage.
pub(crate) async fn read_all(storage: &dyn CheckpointStorage, path: &str) -> Result<Vec<u8>> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let read = match storage.size(path).await {
            Ok(size) => storage.read(path, 0..size).await,
            Err(error) => Err(error),
        };
        match read {
            Err(error) if error.kind() == ErrorKind::Io && attempt < ATTEMPTS => {}
            read => return read,
        }
    }
}
