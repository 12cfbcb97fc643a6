//! Every decoder that reads bytes from a disk or from a caller, as a function of bytes.
//!
//! A target panics when the decoder breaks its promise; `docs/fuzzing.md` says what each of them
//! asserts. The same functions are called by libFuzzer and, with the committed corpus, by ordinary
//! tests.

mod backend_url;
mod bounded;
mod craft;
mod description;
mod directory;
mod envelope;
mod input;
mod key;
mod list_chunk;
mod manifest;
mod refused;
mod restore;
mod rows;
mod run;
mod run_blocks;
mod seal;
pub mod seeds;
mod storage;
mod storage_url;
mod typed;
mod value;
mod workdir;

pub use backend_url::backend_url;
pub use description::description;
pub use directory::directory;
pub use envelope::envelope;
pub use key::key;
pub use list_chunk::list_chunk;
pub use manifest::manifest;
pub use restore::restore;
pub use rows::rows;
pub use run::run;
pub use run_blocks::run_blocks;
pub use storage::storage;
pub use storage_url::storage_url;
pub use value::{bincode, postcard};
pub use workdir::workdir;

/// A target: does nothing, or panics.
pub type Target = fn(&[u8]);

/// All targets, by the names of their folders in the corpus.
pub const TARGETS: [(&str, Target); 16] = [
    ("backend_url", backend_url),
    ("bincode", bincode),
    ("description", description),
    ("directory", directory),
    ("envelope", envelope),
    ("key", key),
    ("list_chunk", list_chunk),
    ("manifest", manifest),
    ("postcard", postcard),
    ("restore", restore),
    ("rows", rows),
    ("run", run),
    ("run_blocks", run_blocks),
    ("storage", storage),
    ("storage_url", storage_url),
    ("workdir", workdir),
];
