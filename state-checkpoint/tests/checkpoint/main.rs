//! What a checkpoint promises, one fact a file.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, not the functions they call"
)]

mod support;

mod changed_while_open;
mod exchanged_files;
mod failing_storage;
mod fetched;
mod files_overlap;
mod flipped_bytes;
mod golden;
mod hostile_bytes;
mod local_first;
mod logical;
mod lost_answer;
mod manifest_and_run;
mod manifest_size;
mod many_runs;
mod merged_runs;
mod metadata_floats;
mod metadata_size;
mod narrow_reads;
mod native_parts;
mod newer_version;
mod open_url;
mod operators;
mod publish_race;
mod range_tombstones;
mod read_at_once;
mod reported_progress;
mod rescale;
mod restore_mismatch;
mod round_trip;
mod storage_contract;
mod symlinks;
mod tombstones_in_a_base;
mod truncated;
mod unsorted_input;
mod verified;
