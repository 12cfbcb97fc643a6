//! See `fuzz::run_blocks`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::run_blocks(data));
