//! A crash on demand.

use std::process::{self, Command};

/// Kills this process without any clean-up, as a lost machine would.
pub(crate) fn crash() -> ! {
    // The standard library cannot send signals; every shell can.
    let kill = format!("kill -9 {}", process::id());
    let _ = Command::new("sh").args(["-c", &kill]).status();
    process::abort() // where there is no shell: no clean-up either
}
