//! Verifier logs inside of what libbpf prints.
//!
//! ```text
//! libbpf: prog 'count_execs': BPF program load failed: Permission denied
//! libbpf: prog 'count_execs': -- BEGIN PROG LOAD LOG --
//! …the log, without prefix…
//! -- END PROG LOAD LOG --
//! libbpf: prog 'count_execs': failed to load: -13
//! ```
//!
//! Source: `bpf_object_load_prog` in libbpf's `libbpf.c`. From 1.6 on the error is a name
//! (`-EACCES`), before it was a text (`Permission denied`).

/// What libbpf printed on one program that the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramLog<'a> {
    /// The program: the name of its C function.
    pub program: &'a str,
    /// The verifier's log, as libbpf printed it; empty if it printed none.
    pub log: &'a str,
    /// The error of the load, as printed: `Permission denied` or `-EACCES`. `None` if the text has
    /// none, as for a program that was loaded and whose log libbpf prints for debugging.
    pub errno_text: Option<&'a str>,
    /// Whether the log's end mark is there.
    pub complete: bool,
}

const BEGIN: &str = "-- BEGIN PROG LOAD LOG --";
const END: &str = "-- END PROG LOAD LOG --";
const LOAD_FAILED: &str = "BPF program load failed: ";
const FAILED: &str = "failed to load: ";

/// Finds the verifier logs in `text`, in order, with the programs that they belong to.
///
/// Other output may stand between them. A log without end mark goes on to the next line of
/// libbpf on a program, or to the end of the text.
pub fn split(text: &str) -> Vec<ProgramLog<'_>> {
    let mut found: Vec<ProgramLog<'_>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let next = start + raw.len();
        let line = raw.trim_end_matches(['\n', '\r']);
        if let Some(from) = open {
            let ends = line.ends_with(END);
            if ends || program_line(line).is_some() {
                let last = if ends { start + line.len() - END.len() } else { start };
                close(&mut found, &text[from..last], ends);
                open = None;
            }
        }
        if let Some((program, message)) = program_line(line) {
            if message == BEGIN {
                entry(&mut found, program, true);
                open = Some(next);
            } else if let Some(errno) = message.strip_prefix(LOAD_FAILED) {
                found.push(ProgramLog { errno_text: Some(errno), ..fresh(program) });
            } else if let Some(errno) = message.strip_prefix(FAILED) {
                let entry = entry(&mut found, program, false);
                entry.errno_text = entry.errno_text.or(Some(errno));
            }
        }
        start = next;
    }
    if let Some(from) = open {
        close(&mut found, &text[from..], false);
    }
    found
}

fn fresh(program: &str) -> ProgramLog<'_> {
    ProgramLog { program, log: "", errno_text: None, complete: false }
}

fn close<'a>(found: &mut [ProgramLog<'a>], log: &'a str, complete: bool) {
    if let Some(last) = found.last_mut() {
        last.log = log;
        last.complete = complete;
    }
}

/// The entry that the next line on `program` belongs to: the last one if it is that program's (and
/// has no log yet, if a log is to come), else a new one.
fn entry<'f, 'a>(
    found: &'f mut Vec<ProgramLog<'a>>,
    program: &'a str,
    for_log: bool,
) -> &'f mut ProgramLog<'a> {
    let continues =
        found.last().is_some_and(|last| last.program == program && !(for_log && last.complete));
    if !continues {
        found.push(fresh(program));
    }
    let last = found.len() - 1;
    &mut found[last]
}

/// `libbpf: prog 'NAME': MESSAGE`, with or without libbpf's own prefix.
fn program_line(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("libbpf: ").unwrap_or(line);
    line.strip_prefix("prog '")?.split_once("': ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Vec<(&str, &str, Option<&str>, bool)> {
        split(text).into_iter().map(|p| (p.program, p.log, p.errno_text, p.complete)).collect()
    }

    #[test]
    fn a_program_between_other_output() {
        let text = "@load\n\
            libbpf: prog 'a': BPF program load failed: Permission denied\n\
            libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\n\
            0: (95) exit\nR0 !read_ok\n\
            -- END PROG LOAD LOG --\n\
            libbpf: prog 'a': failed to load: -13\n\
            error: cannot load a.bpf.o\n";
        assert_eq!(
            summary(text),
            [("a", "0: (95) exit\nR0 !read_ok\n", Some("Permission denied"), true)]
        );
    }

    #[test]
    fn two_programs_and_one_without_log() {
        let text = "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\nx\n-- END PROG LOAD LOG --\n\
            libbpf: prog 'b': BPF program load failed: -EPERM\n\
            libbpf: prog 'c': failed to load: -3\n";
        assert_eq!(
            summary(text),
            [
                ("a", "x\n", None, true),
                ("b", "", Some("-EPERM"), false),
                ("c", "", Some("-3"), false)
            ]
        );
    }

    #[test]
    fn logs_that_break_off() {
        let begin = "libbpf: prog 'a': -- BEGIN PROG LOAD LOG --";
        assert_eq!(summary(begin), [("a", "", None, false)]);
        assert_eq!(summary(&format!("{begin}\n0: (9")), [("a", "0: (9", None, false)]);
        assert_eq!(
            summary(&format!("{begin}\n0: (95)-- END PROG LOAD LOG --")),
            [("a", "0: (95)", None, true)]
        );
        assert_eq!(
            summary(&format!("{begin}\nx\nlibbpf: prog 'a': failed to load: -13\n")),
            [("a", "x\n", Some("-13"), false)]
        );
        assert_eq!(summary("-- END PROG LOAD LOG --\nlibbpf: prog 'a\n"), []);
    }
}
