#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| itodenwa_fuzz::stun::run(data));
