//! What a run writes into the record of the course: the text of a snapshot.

use crate::outcome::Outcome;
use crate::report::Report;

/// The header that insta gives the snapshots of `tests/labs.rs`.
const HEADER: &str = "---\nsource: tests/labs.rs\n---\n";

/// A snapshot file with this text.
pub fn file(text: &str) -> String {
    format!("{HEADER}{text}")
}

/// What is recorded of a run: the verifier's log where it refused the program, otherwise what the lab
/// printed, or said when it gave up. `None` where it did not come so far.
pub fn recorded(report: &Report) -> Option<String> {
    match report.outcome.as_ref()? {
        Outcome::Failed { refusal: Some(refusal), .. } => Some(normalised(&refusal.log)),
        Outcome::Printed(text) | Outcome::Failed { message: text, .. } => {
            Some(format!("{}\n", text.trim_end()))
        }
        _ => None,
    }
}

/// Replaces what differs between two boots of one kernel: addresses of maps, and the time taken.
fn normalised(log: &str) -> String {
    let word = |word: &str| {
        let digits = word.strip_prefix("0xffff").unwrap_or_default();
        let address = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if address { "ADDRESS".to_string() } else { word.to_string() }
    };
    let line = |line: &str| {
        if line.starts_with("verification time ") {
            return "verification time N usec\n".to_string();
        }
        line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n"
    };
    log.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_all_but_addresses_and_times() {
        let log = "19: (18) r1 = 0xffff8af802c4c000      ; R1_w=map_ptr(off=0)\n\
                   verification time 312 usec\nprocessed 27 insns\n";
        let expected = "19: (18) r1 = ADDRESS      ; R1_w=map_ptr(off=0)\n\
                        verification time N usec\nprocessed 27 insns\n";
        assert_eq!(normalised(log), expected);
    }
}
