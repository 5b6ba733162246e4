//! Any text is a log: it is taken apart without losing a byte, and explained or not, but never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifier_log::{Log, explain::explain};

fuzz_target!(|text: &str| {
    let log = Log::parse(text);
    let mut at = 0;
    for item in log.items() {
        assert_eq!(item.start, at);
        at += item.raw.len();
        assert_eq!(&text[item.start..at], item.raw);
    }
    assert_eq!(at, text.len());
    let _ = (log.statistics(), log.report().map(|report| report.at()));
    if let Some(failure) = log.failure() {
        assert!(!failure.message.contains('\n'));
        let _ = explain(&log, &failure, None);
    }
});
