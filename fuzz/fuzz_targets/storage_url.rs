//! See `fuzz::storage_url`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::storage_url(data));
