//! See `fuzz::workdir`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::workdir(data));
