//! See `fuzz::storage`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::storage(data));
