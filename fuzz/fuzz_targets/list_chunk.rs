//! See `fuzz::list_chunk`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::list_chunk(data));
