//! See `fuzz::key`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::key(data));
