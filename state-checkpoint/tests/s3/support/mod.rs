//! A server, a client, and a network between them that loses answers.

#[path = "../../checkpoint/support/contract.rs"]
pub(crate) mod contract;
pub(crate) mod network;
pub(crate) mod objects;
pub(crate) mod server;

pub(crate) use pollster::block_on;

use std::sync::Arc;

use state_checkpoint::{CheckpointStorage, storage};

use self::server::{ACCESS_KEY, SECRET_KEY};

/// The bucket that each server has.
pub(crate) const BUCKET: &str = "checkpoints";

/// The storage at `s3://checkpoints/jobs/a` of the server at `address`, with small parts.
pub(crate) fn open(
    address: std::net::SocketAddr,
    more: &[(&str, &str)],
) -> Arc<dyn CheckpointStorage> {
    let endpoint = format!("http://{address}");
    let mut options = vec![
        ("endpoint", endpoint.as_str()),
        ("allow_http", "true"),
        ("region", "eu-north-1"),
        ("access_key_id", ACCESS_KEY),
        ("secret_access_key", SECRET_KEY),
        ("part_bytes", "5242880"),
        ("from_env", "false"),
    ];
    options.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    options.extend(more);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let url = format!("s3://{BUCKET}/jobs/a");
    storage::open(&url, options.into_iter().map(owned)).unwrap()
}

/// Bytes that differ from part to part.
pub(crate) fn bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    });
    words.flatten().take(len).collect()
}

/// Writes a file by pieces.
pub(crate) async fn write(
    storage: &dyn CheckpointStorage,
    path: &str,
    bytes: &[u8],
) -> state_api::Result<()> {
    let mut writer = storage.create(path).await?;
    for piece in bytes.chunks(1_234_567) {
        writer.write(piece).await?;
    }
    writer.finish().await
}

pub(crate) fn content(storage: &dyn CheckpointStorage, path: &str) -> Vec<u8> {
    let size = block_on(storage.size(path)).unwrap();
    block_on(storage.read(path, 0..size)).unwrap()
}
