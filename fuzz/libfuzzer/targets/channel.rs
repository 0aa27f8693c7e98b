#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| itodenwa_fuzz::channel::run(data));
