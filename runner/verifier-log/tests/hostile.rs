//! Logs as no kernel writes them: cut, mixed, damaged, endless.

#[path = "support/random.rs"]
mod random;
mod support;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use random::Random;
use support::recorded;
use verifier_log::{Failure, Item, Kind, Log, explain::explain, framing, input, matches};

/// Everything that can be asked of a log.
fn exercise(text: &str, origin: &str) {
    let log = Log::parse(text);
    let joined: String = log.items().iter().map(|item| item.raw).collect();
    assert_eq!(joined, text, "{origin}");
    let mut next = 0;
    for Item { start, raw, kind, .. } in log.items() {
        assert_eq!(*start, next, "{origin}");
        next += raw.len();
        if let Kind::State(state) = kind {
            assert!(state.entries().count() <= state.text.len());
        }
    }
    let _ = (log.statistics(), log.report().map(|report| report.at()));
    if let Some(failure) = log.failure() {
        assert!(!failure.message.contains('\n'));
        let Failure { details, .. } = &failure;
        assert!(failure.lines().count() >= details.len());
        let _ = explain(&log, &failure, None);
    }
    for program in framing::split(text) {
        assert!(text.contains(program.log));
    }
    let cleaned = input::clean(text);
    for found in input::find(&cleaned) {
        assert!(cleaned.contains(found.log));
    }
}

#[test]
fn damaged_logs_do_no_harm() {
    let logs = recorded();
    let pieces = [
        "\n",
        " ",
        "; ",
        ": ",
        "(85)",
        "R0=",
        "fp-8",
        "from ",
        " to ",
        "99999999999",
        "-1",
        "é",
        "\0",
        "processed 1 insns (limit 2)",
        "Verification failed: ",
        "At:\n",
        ">>> 3 |",
        "\r\n",
        "-- END PROG LOAD LOG --",
        "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n",
        "insn ",
        "frame",
        "9223372036854775807",
        "-9223372036854775808",
        "pc-2147483648",
        "7: (79) r1 = *(u64 *)(r10 -2147483648)\n",
        "from 7 to 1: R1=fp-8\n",
        "95: (95) exit\n",
        "8: (85) call pc+1\ncaller:\ncallee:\n frame1: R1=0\n",
        "combined stack size of 2 calls is 9. Too large\n",
        "invalid access to map value, value_size=1 off=2 size=3\nR1 max value is outside of the allowed memory range\n",
        "R1 invalid mem access 'scalar'\n",
    ];
    let mut random = Random::new(3);
    for round in 0..4_000 {
        let log = &logs[random.below(logs.len())];
        let mut text = log.text.clone();
        for _ in 0..random.below(8) {
            let mut at = random.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match random.below(5) {
                4 => replace_number(&mut text, at, pieces[random.below(pieces.len())]),
                0 => text.truncate(at),
                1 => text.insert_str(at, pieces[random.below(pieces.len())]),
                2 => drop(text.drain(..at)),
                _ => text.push_str(pieces[random.below(pieces.len())]),
            }
        }
        if round % 5 == 0 {
            let length = random.below(60);
            text = (0..length).map(|_| pieces[random.below(pieces.len())]).collect();
        }
        let origin = format!("round {round}, from {} on {}", log.name, log.kernel);
        exercise(&text, &origin);
    }
}

/// What the fuzzers have found; see `fuzz/README.md`.
#[test]
fn findings_stay_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    let mut tried = 0;
    for target in ["log", "input"] {
        for entry in fs::read_dir(folder.join(target)).into_iter().flatten().flatten() {
            let bytes = fs::read(entry.path()).expect("a readable file");
            exercise(&String::from_utf8_lossy(&bytes), &entry.path().display().to_string());
            tried += 1;
        }
    }
    for entry in fs::read_dir(folder.join("object")).into_iter().flatten().flatten() {
        let bytes = fs::read(entry.path()).expect("a readable file");
        let _ = verifier_log::source::LineTable::from_object(&bytes);
        tried += 1;
    }
    assert!(tried > 0, "there are findings in the tree");
}

/// Puts `piece` in place of the next number.
fn replace_number(text: &mut String, at: usize, piece: &str) {
    let digit = |c: char| c.is_ascii_digit();
    let Some(start) = text[at..].find(digit).map(|start| at + start) else { return };
    let end = text[start..].find(|c| !digit(c)).map_or(text.len(), |end| start + end);
    text.replace_range(start..end, piece);
}

#[test]
fn every_beginning_of_a_log_is_a_log() {
    for log in recorded().iter().filter(|log| log.name == "leak") {
        for end in 0..log.text.len() {
            exercise(&log.text[..end], &format!("{end} bytes on {}", log.kernel));
        }
    }
}

/// A log may have 27 MB. The bound is generous: it only tells linear from quadratic.
#[test]
fn long_lines_and_long_logs_take_linear_time() {
    let lines = [
        "1: (85) call x 2: ".repeat(150_000),
        "R1=(".repeat(500_000),
        "processed ".repeat(200_000),
        " @ ".repeat(500_000),
        "1".repeat(2_000_000),
        "R".repeat(2_000_000),
        "from 1 to 2: R1=1\n1: R2=1\n".repeat(80_000),
        "Verification failed: x\nAt:\n".repeat(80_000),
        "; x\n1: (95) exit\n".repeat(120_000),
        "oops\n".repeat(300_000),
        format!("0: (b7) r0 = 0\n{}1: (95) exit\nR0\n", "1: R0=0\n".repeat(200_000)),
    ];
    for line in lines {
        let begin = Instant::now();
        let log = Log::parse(&line);
        let failure = log.failure();
        let _ = (log.statistics(), failure);
        let _ = framing::split(&line);
        assert!(begin.elapsed() < Duration::from_secs(20), "{}…", &line[..20]);
    }
    assert!(!matches("R? type=* expected=*", &"R1 type=".repeat(100_000)));
}
