//! Which of the kernel's own messages are known: reads C files of the kernel, and tries every format string
//! that they give to the verifier's log.
//!
//! ```sh
//! scripts/verifier-coverage         # gets the files and runs this
//! cargo run -p verifier-log --example coverage -- kernel/bpf/verifier.c …
//! ```

use std::{collections::BTreeSet, env, fs, process::ExitCode};

use verifier_log::{Kind, Log, classify, explain::explain};

/// What writes to the log.
const CALLS: [&str; 3] = ["verbose(", "bpf_log(", "verifier_bug("];

fn main() -> ExitCode {
    let (mut errors, mut lines, mut known, mut explained) = (0, 0, 0, 0);
    let mut missing = Vec::new();
    let mut seen = BTreeSet::new();
    let quiet = env::args().any(|argument| argument == "--quiet");
    for path in env::args().skip(1).filter(|argument| argument != "--quiet") {
        let Ok(text) = fs::read_to_string(&path) else {
            eprintln!("{path} cannot be read");
            return ExitCode::from(2);
        };
        for format in formats(&text) {
            if !seen.insert(format.clone()) || is_piece(&format) {
                continue;
            }
            let message = instance(&format);
            let message = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            if is_log_line(message) {
                lines += 1;
                continue;
            }
            errors += 1;
            if classify(message).is_some() {
                known += 1;
                let log = Log::parse(message);
                let failure = log.failure();
                explained +=
                    usize::from(failure.is_some_and(|f| explain(&log, &f, None).is_some()));
            } else {
                missing.push(format);
            }
        }
    }
    if !quiet {
        missing.iter().for_each(|format| println!("not known: {}", format.trim_end()));
    }
    let share = 100.0 * f64::from(known) / f64::from(errors.max(1));
    println!(
        "{known} of {errors} error messages known ({share:.1} %), {explained} explained without a log; \
         {lines} others are lines of the log itself"
    );
    ExitCode::from(u8::from(share < 90.0))
}

/// The format strings of calls that write to the log, with neighbouring literals joined.
fn formats(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in CALLS {
        for (at, _) in text.match_indices(call) {
            let own_word = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            if let Some(format) = own_word.then(|| literal(&text[at + call.len()..])).flatten() {
                let bug = call == "verifier_bug(";
                found.push(if bug { format!("verifier bug: {format}\\n") } else { format });
            }
        }
    }
    found
}

/// The first string literal of a call's arguments.
fn literal(arguments: &str) -> Option<String> {
    let end = arguments.find(';')?;
    let start = arguments.find('"').filter(|start| *start < end.max(200))?;
    let mut rest = &arguments[start..];
    let mut joined = String::new();
    while let Some(body) = rest.strip_prefix('"') {
        let mut escaped = false;
        let close = body.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })?;
        joined.push_str(&body[..close]);
        rest = body[close + 1..].trim_start();
    }
    Some(joined)
}

/// Whether it is only part of a message, or of what is printed on a path.
fn is_piece(format: &str) -> bool {
    let few = format.split_whitespace().count() < 4;
    format.starts_with([' ', ',', '+', ';'])
        || format.starts_with("expected ") && few
        || format.starts_with("frame %d: propagating ")
        || format.starts_with("\\nfrom ")
        || format.starts_with("expected=")
        || format.starts_with("stack=")
        || format.ends_with(' ')
        || format.trim_end_matches("\\n").is_empty()
        || !format.ends_with("\\n") && few
        || format.starts_with("%s the register %s has")
        || matches!(format, "%s\\n" | "%d\\n" | "%s" | "%d" | "\\n")
}

/// The format with numbers and words filled in.
fn instance(format: &str) -> String {
    let format = format.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"");
    let format = match format.strip_prefix("%s the register") {
        Some(rest) => format!("At program exit the register{rest}"),
        None => format,
    };
    let mut text = String::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after.find(|c: char| c.is_ascii_alphabetic() && !"lhz".contains(c) || c == '%');
        let Some(end) = end else { break };
        match after.as_bytes()[end] {
            b'd' | b'u' | b'i' => text.push('7'),
            b'x' => text.push_str(if after.starts_with('#') { "0x7" } else { "7" }),
            // `invalid%s stack`: the word brings its own space.
            b's' | b'p' | b'c' => {
                let glued = text.ends_with(|c: char| c.is_ascii_alphabetic());
                text.push_str(if glued { " word" } else { "word" });
                if after[end + 1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                    text.push(' ');
                }
            }
            _ => text.push('%'),
        }
        rest = &after[end + 1..];
    }
    text + rest
}

/// Whether the parser has a form for it: states, branches, statistics.
fn is_log_line(line: &str) -> bool {
    let text = format!("0: (95) exit\n{line}\n");
    let log = Log::parse(&text);
    !matches!(log.items()[1].kind, Kind::Error(_))
}
