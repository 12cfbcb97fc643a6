//! Runs the small programs: each asserts what it shows.

use std::process::Command;

#[test]
fn every_program_keeps_its_assertions() {
    for program in [
        #[cfg(feature = "redb")]
        env!("CARGO_BIN_EXE_custom_key"),
        env!("CARGO_BIN_EXE_live_view"),
        #[cfg(feature = "redb")]
        env!("CARGO_BIN_EXE_rescale"),
        env!("CARGO_BIN_EXE_swap_by_feature"),
        env!("CARGO_BIN_EXE_swap_by_url"),
        #[cfg(feature = "redb")]
        env!("CARGO_BIN_EXE_two_states"),
    ] {
        let output = Command::new(program).output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {messages}");
        assert!(!output.stdout.is_empty(), "{program} shows nothing");
    }
}
