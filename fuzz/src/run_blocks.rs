//! Blocks of a run, behind checksums that are right.

use state_checkpoint::RunKind;

use crate::craft;
use crate::input::Input;
use crate::run::check;

/// A run of any blocks: header, index and footer are those of a writer.
pub fn run_blocks(data: &[u8]) {
    let file = craft::run(&mut Input::new(data));
    check(&file, RunKind::Base);
    check(&file, RunKind::Delta);
}
