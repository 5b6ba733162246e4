//! Verifier logs in whatever people paste: output of libbpf, bpftool, cilium/ebpf, aya or bcc, console and
//! journal lines with prefixes, colours, Windows line ends, indentation.

use std::borrow::Cow;

use crate::{framing, item::Kind, log::Log, scan};

/// A log found in a text, or a loader's own message that stands without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The program, where the text names it.
    pub program: Option<&'a str>,
    /// The log, or the loader's line.
    pub log: &'a str,
    /// The error of the load, as printed.
    pub errno_text: Option<&'a str>,
}

/// Takes off what tools put around a log: colours, carriage returns, prefixes of consoles and journals,
/// the indentation that all lines share, and the escapes of a log that was printed as one line.
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains('\u{1b}') {
        text = Cow::Owned(without_colours(&text));
    }
    if text.contains("\\n") && text.matches("\\n").count() > text.lines().count() {
        text = Cow::Owned(text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\""));
    }
    if text.contains('\r') {
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if text.lines().any(|line| without_prefix(line).len() < line.len() || line.ends_with(OMITTED)) {
        text = Cow::Owned(text.lines().map(|line| unfolded(without_prefix(line)) + "\n").collect());
    }
    let indent = |line: &str| line.len() - line.trim_ascii_start().len();
    let of_log = text.lines().filter(|line| is_log_line(line.trim_start()) || is_end(line));
    match of_log.map(indent).min() {
        None | Some(0) => text,
        Some(shared) => {
            let lines = text.lines().map(|line| format!("{}\n", &line[indent(line).min(shared)..]));
            Cow::Owned(lines.collect())
        }
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('[') {
            let end =
                after.find(|c: char| ('@'..='~').contains(&c)).map_or(after.len(), |at| at + 1);
            rest = after.get(end..).unwrap_or("");
        }
    }
    plain + rest
}

const OMITTED: &str = " line(s) omitted)";

/// The short form of cilium/ebpf: `…: 7: (79) r1 = *(u64 *)(r0 +0): R0 invalid mem access '…' (8 line(s)
/// omitted)`, each part on a line of its own.
fn unfolded(line: &str) -> String {
    let Some((text, _)) = line.strip_suffix(OMITTED).and_then(|line| line.rsplit_once(" (")) else {
        return line.to_owned();
    };
    let message =
        text.match_indices(": ").find(|(at, _)| crate::classify(&text[at + 2..]).is_some());
    match message {
        Some((at, _)) => format!("{}\n{}", &text[..at], &text[at + 2..]),
        None => text.to_owned(),
    }
}

/// Without a mark of quoting, the time of a console line, and what a journal puts before lines.
fn without_prefix(line: &str) -> &str {
    let quoted = line.starts_with("> ");
    let line = if quoted { &line[2..] } else { line };
    let at = |index: usize, byte: u8| line.as_bytes().get(index) == Some(&byte);
    let classic = at(3, b' ') && at(9, b':') && at(12, b':') && at(15, b' ');
    let iso = at(4, b'-') && at(10, b'T') && at(13, b':');
    let line = match line.get(16..).and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) if classic || iso => rest,
        _ => line,
    };
    if let Some((stamp, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        let stamp = stamp.trim();
        let number = stamp.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if number && stamp.contains('.') {
            return rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
    line
}

/// Whether a line can only be one of a verifier log.
fn is_log_line(line: &str) -> bool {
    if let Some((_, rest)) = scan::index(line) {
        let instruction = rest.strip_prefix(": (").and_then(|rest| rest.get(2..3)) == Some(")");
        return instruction || rest.strip_prefix(": ").is_some_and(scan::is_state);
    }
    if let Some(rest) = line.strip_prefix("func#") {
        return scan::index(rest).is_some_and(|(_, rest)| rest.starts_with(" @"));
    }
    line.starts_with("; ") || line.starts_with("Validating ") && line.ends_with("...")
}

/// Finds the logs in a text that [`clean`] has seen, in order.
///
/// libbpf's frames tell where a log begins and ends. Without them a log begins with its first
/// instruction, state or remark, and ends with its counters. What a loader says by itself, without a log,
/// is found too, where the crate knows it.
pub fn find(text: &str) -> Vec<Found<'_>> {
    let framed = framing::split(text);
    let mut found: Vec<Found<'_>> = framed
        .iter()
        .filter(|program| !program.log.is_empty())
        .map(|program| Found {
            program: Some(program.program),
            log: program.log,
            errno_text: program.errno_text,
        })
        .collect();
    if found.is_empty() {
        found = bare(text);
    }
    let refused = found.iter().any(|found| Log::parse(found.log).failure().is_some());
    if !refused {
        found.extend(loader(text));
    }
    found
}

/// Logs without frames.
fn bare(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut from: Option<usize> = None;
    let mut program = None;
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end();
        if from.is_none() {
            from = begin(line).map(|at| start + at);
            program = named(line).or(program);
        }
        start += raw.len();
        if let Some(begin) = from
            && is_end(line)
        {
            found.push(Found { program, log: &text[begin..start], errno_text: None });
            (from, program) = (None, None);
        }
    }
    found.extend(from.map(|begin| Found { program, log: &text[begin..], errno_text: None }));
    found.retain(|found| Log::parse(found.log).items().iter().any(|item| is_of_log(&item.kind)));
    found
}

/// The program in what cilium/ebpf prints: `program count_execs: load program: permission denied: …`.
fn named(line: &str) -> Option<&str> {
    let (before, _) = line.split_once(": load program: ")?;
    before.rsplit_once("program ").map(|(_, name)| name)
}

fn is_of_log(kind: &Kind<'_>) -> bool {
    matches!(
        kind,
        Kind::Instruction(_)
            | Kind::Statistics(_)
            | Kind::Subprogram(_)
            | Kind::Report(_)
            | Kind::Error(_)
    )
}

/// Where in a line a log begins. aya and cilium/ebpf put it behind a colon on the line of the error.
fn begin(line: &str) -> Option<usize> {
    let remark =
        ["arg#", "Unrecognized arg#", "reg type unsupported for arg#", "Verification failed: "];
    if is_log_line(line) || is_end(line) || remark.iter().any(|remark| line.starts_with(remark)) {
        return Some(0);
    }
    if crate::classify(line.trim()).is_some() && !is_loader(line) {
        return Some(line.len() - line.trim_start().len());
    }
    line.match_indices(": ").map(|(at, _)| at + 2).take(8).find(|&at| {
        let rest = &line[at..];
        is_log_line(rest) || crate::classify(rest).is_some() && !is_loader(rest)
    })
}

fn is_end(line: &str) -> bool {
    line.split_once("processed ").is_some_and(|(_, rest)| rest.contains(" insns (limit "))
}

fn is_loader(line: &str) -> bool {
    let line = line.trim().trim_start_matches("libbpf: ");
    line.starts_with("prog '") || line.starts_with("extern (")
}

/// What libbpf refuses by itself.
fn loader(text: &str) -> Option<Found<'_>> {
    let known = |line: &&str| {
        let line = line.trim().trim_start_matches("libbpf: ");
        is_loader(line) && crate::classify(line).is_some()
    };
    let lines: Vec<&str> = text.lines().filter(known).collect();
    // The most telling one comes first; `failed to load: -3` only sums up.
    let line = lines.first()?.trim().trim_start_matches("libbpf: ");
    let program =
        line.strip_prefix("prog '").and_then(|rest| rest.split_once('\'')).map(|(p, _)| p);
    Some(Found { program, log: line, errno_text: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "0: R1=ctx() R10=fp0\n; *seen += 1; @ a.c:6\n7: (79) r1 = *(u64 *)(r0 +0)\n\
        R0 invalid mem access 'map_value_or_null'\n\
        processed 7 insns (limit 1000000) max_states_per_insn 0\n";

    fn message(text: &str) -> Vec<(Option<String>, String)> {
        let text = clean(text);
        let found = find(&text);
        let one = |found: &Found<'_>| {
            let failure = Log::parse(found.log).failure()?.message.to_owned();
            Some((found.program.map(str::to_owned), failure))
        };
        found.iter().filter_map(one).collect()
    }

    fn each(prefix: &str) -> String {
        LOG.lines().map(|line| format!("{prefix}{line}\n")).collect()
    }

    #[test]
    fn the_same_log_from_many_tools() {
        let wanted = "R0 invalid mem access 'map_value_or_null'";
        let inline = LOG.replace('\n', "\\n");
        for (text, program) in [
            (LOG.to_owned(), None),
            (LOG.replace('\n', "\r\n"), None),
            (each("    "), None),
            (each("\t"), None),
            (each("> "), None),
            (each("[   12.345678] "), None),
            (each("Nov 20 16:05:11 host loader[123]: "), None),
            (each("2026-11-20T16:05:11.12+00:00 host loader[123]: "), None),
            (each("\u{1b}[31m").replace('\n', "\u{1b}[0m\n"), None),
            (format!("bpf: Failed to load program: Permission denied\n{LOG}\nTraceback\n"), None),
            (format!("Error: the BPF_PROG_LOAD syscall failed. Verifier output: {LOG}\n"), None),
            (format!("error: VerifierLog(\"{inline}\")\n"), None),
            (
                format!("program count: load program: permission denied:\n{}", each("\t")),
                Some("count"),
            ),
            (
                format!(
                    "program count: load program: permission denied: 7: (79) r1 = *(u64 *)(r0 +0): \
                     {wanted} (8 line(s) omitted)\n"
                ),
                Some("count"),
            ),
            (
                format!(
                    "libbpf: prog 'count': -- BEGIN PROG LOAD LOG --\n{LOG}-- END PROG LOAD LOG --\n"
                ),
                Some("count"),
            ),
        ] {
            let found = message(&text);
            assert_eq!(found, [(program.map(str::to_owned), wanted.to_owned())], "{text}");
        }
    }

    #[test]
    fn several_logs_and_none() {
        assert_eq!(message(&format!("{LOG}and\n{LOG}")).len(), 2);
        for text in ["", "hello\n", "Cannot open file\n", "error: it broke: badly\n", "BUG: what\n"]
        {
            assert_eq!(find(&clean(text)), [], "{text}");
        }
    }

    #[test]
    fn what_libbpf_refuses_by_itself() {
        let text = "libbpf: extern (func ksym) 'bpf_x': not found in kernel or module BTFs\n\
            libbpf: failed to load object 'a'\n";
        let found = message(text);
        assert_eq!(found[0].1, "extern (func ksym) 'bpf_x': not found in kernel or module BTFs");
        let text = "libbpf: prog 'p': failed to prepare load attributes: -3\nlibbpf: prog 'p': failed to load: -3\n";
        assert_eq!(message(text)[0].0.as_deref(), Some("p"));
    }
}
