//! See `fuzz::bincode`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::bincode(data));
