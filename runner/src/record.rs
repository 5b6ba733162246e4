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

/// Replaces what differs between two boots of one kernel, or two builds: addresses of maps, the time taken,
/// and the numbers of the kernel's types.
fn normalised(log: &str) -> String {
    let mut is_type = false;
    let mut word = |word: &str| {
        if std::mem::replace(&mut is_type, word == "btf_id") {
            return "N".to_string();
        }
        let digits = word.strip_prefix("0xffff").unwrap_or_default();
        let address = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if address { "ADDRESS".to_string() } else { word.to_string() }
    };
    let mut line = |line: &str| {
        if line.starts_with("verification time ") {
            return "verification time N usec\n".to_string();
        }
        line.split(' ').map(&mut word).collect::<Vec<_>>().join(" ") + "\n"
    };
    log.lines().map(&mut line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_all_but_addresses_times_and_types() {
        let log = "func 'init' arg0 has btf_id 771 type STRUCT 'sock'\n\
                   19: (18) r1 = 0xffff8af802c4c000      ; R1_w=map_ptr(off=0)\n\
                   verification time 312 usec\nprocessed 27 insns\n";
        let expected = "func 'init' arg0 has btf_id N type STRUCT 'sock'\n\
                        19: (18) r1 = ADDRESS      ; R1_w=map_ptr(off=0)\n\
                        verification time N usec\nprocessed 27 insns\n";
        assert_eq!(normalised(log), expected);
    }
}
