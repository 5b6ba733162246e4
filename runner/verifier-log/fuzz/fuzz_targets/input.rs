//! Whatever is pasted: cleaned, searched for logs, each of them explained.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifier_log::{Log, explain::explain, input};

fuzz_target!(|text: &str| {
    let text = input::clean(text);
    for found in input::find(&text) {
        let log = Log::parse(found.log);
        if let Some(failure) = log.failure() {
            let _ = explain(&log, &failure, None);
        }
    }
});
