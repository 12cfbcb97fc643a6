//! See `fuzz::backend_url`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::backend_url(data));
