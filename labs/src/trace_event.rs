//! The text of the trace pipe, event by event.
//!
//! An event that `bpf_printk` made looks like this (see `trace_print_context` in
//! kernel/trace/trace_output.c); other events have another name before the second colon.
//!
//! ```text
//!             bash-301     [000] d..31    12.345678: bpf_trace_printk: Hello World!
//! ```
//!
//! A task may be called anything, and a text may hold line breaks: only the middle has a fixed form.

/// The name of the events that `bpf_printk` makes.
const PRINTK: &[u8] = b"bpf_trace_printk: ";

/// Cuts what was read into events, without their last line break. A line that begins no event belongs
/// to the text of the one before.
pub(crate) fn events(read: &[u8]) -> Vec<&[u8]> {
    let mut events = Vec::new();
    let (mut begin, mut at) = (0, 0);
    for line in read.split_inclusive(|&byte| byte == b'\n') {
        if at > begin && is_begin(line) {
            events.push(&read[begin..at]);
            begin = at;
        }
        at += line.len();
    }
    if at > begin {
        events.push(&read[begin..]);
    }
    events.into_iter().map(|event| event.strip_suffix(b"\n").unwrap_or(event)).collect()
}

/// What a program printed, when the event is one of `bpf_printk`.
pub(crate) fn printed(event: &[u8]) -> Option<&[u8]> {
    name_and_text(event)?.strip_prefix(PRINTK)
}

fn is_begin(line: &[u8]) -> bool {
    let lost = line.starts_with(b"CPU:") && line.trim_ascii_end().ends_with(b"EVENTS]");
    lost || name_and_text(line).is_some()
}

/// What stands behind `comm-pid [cpu] flags time: `.
fn name_and_text(event: &[u8]) -> Option<&[u8]> {
    let brackets = event.windows(2).enumerate().filter(|(_, pair)| pair == b" [");
    brackets.map(|(at, _)| at).find_map(|at| {
        let (task, rest) = (event[..at].trim_ascii_end(), &event[at + 2..]);
        let dash = task.iter().rposition(|&byte| byte == b'-')?;
        let (cpu, rest) = cut(rest, b"] ")?;
        let (flags_time, name_and_text) = cut(rest, b": ")?;
        let time = flags_time.rsplit(|&byte| byte == b' ').next()?;
        let all_right = is_number(&task[dash + 1..])
            && is_number(cpu)
            && is_number(&time.iter().copied().filter(|&b| b != b'.').collect::<Vec<_>>());
        all_right.then_some(name_and_text)
    })
}

/// The bytes before and behind the first `separator`.
fn cut<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

fn is_number(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_is_told_from_other_events() {
        for (event, expected) in [
            ("  bash-301     [000] d..31    12.345678: bpf_trace_printk: Hello", Some("Hello")),
            (" <...>-7 [011] ..s2. 4.1: bpf_trace_printk: a: b [x] ", Some("a: b [x] ")),
            (" a [b]-c-9 [000] d..31 1.0: bpf_trace_printk: Hello", Some("Hello")),
            (" Web Content-9 [000] 1.0: bpf_trace_printk: no flags", Some("no flags")),
            (" sh-9 [000] ..... 1.0: tracing_mark_write: x: bpf_trace_printk: Hello", None),
            (" sh-9 [000] ..... 1.0: sys_enter: NR 39 (0, 0)", None),
            (" sh-x [000] ..... 1.0: bpf_trace_printk: Hello", None),
            ("CPU:1 [LOST 12 EVENTS]", None),
            ("bpf_trace_printk: Hello", None),
            ("", None),
        ] {
            let printed = printed(event.as_bytes()).map(String::from_utf8_lossy);
            assert_eq!(printed.as_deref(), expected, "{event}");
        }
    }

    #[test]
    fn a_line_break_in_a_text_ends_no_event() {
        let hello = " sh-9 [000] d..31 1.0: bpf_trace_printk: Hello\n";
        let mark = " sh-9 [000] ..... 1.1: tracing_mark_write: mark\n";
        let lost = "CPU:1 [LOST 12 EVENTS]\n";
        let text = format!("rest\n{hello}{hello}\nmore\n{mark}{lost}{hello}");
        let events: Vec<_> =
            events(text.as_bytes()).into_iter().map(String::from_utf8_lossy).collect();
        let with_more = format!("{hello}\nmore\n");
        let expected = ["rest\n", hello, &with_more, mark, lost, hello];
        assert_eq!(events, expected.map(|event| &event[..event.len() - 1]));
        assert!(super::events(b"").is_empty());
    }
}
