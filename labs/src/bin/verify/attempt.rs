//! Loads one program of an object, with all its maps and without the other programs.

use std::path::Path;

use anyhow::{Context, Result};
use libbpf_rs::{ObjectBuilder, OpenObject};
use verifier_log::{Kind, Log, Statistic};

use crate::line::ProgramLine;
use crate::{raw, words};

/// Only the statistics (`BPF_LOG_STATS` of the kernel's include/linux/bpf_verifier.h): so the time is
/// that of the verifier, and not of writing a log.
const STATISTICS: u32 = 4;

/// Every instruction of the path that fails (`BPF_LOG_LEVEL1`), besides the statistics.
const INSTRUCTIONS: u32 = 1 | STATISTICS;

/// How large a log may become at first, and at last. A buffer that is too small makes a good program
/// fail, so it grows until the log fits: in large steps, since each is one more verification.
const FIRST: usize = 64 << 10;
const STEP: usize = 8;
const LAST: usize = FIRST * STEP * STEP * STEP;

/// Why something failed.
pub(crate) struct Failed {
    /// The system's or libbpf's number.
    pub(crate) errno: i32,
    /// libbpf's warnings.
    pub(crate) words: Vec<String>,
}

/// Opens the object. Nothing of it is in the kernel then, and none of its maps will be pinned.
pub(crate) fn open(file: &Path) -> Result<OpenObject, Failed> {
    let mut object = ObjectBuilder::default()
        .open_file(file)
        .map_err(|error| Failed { errno: number(&error), words: words::take() })?;
    object.maps_mut().for_each(|mut map| raw::unpin(&mut map));
    Ok(object)
}

/// Tries a program.
///
/// # Errors
/// The object, which could be opened before, cannot be opened any more.
pub(crate) fn program(file: &Path, index: usize) -> Result<ProgramLine> {
    let mut line = ProgramLine::default();
    let tried = attempt(file, index, STATISTICS, &mut line)?;
    line.errno = tried.errno;
    line.words = tried.words;
    statistics(&tried.log, &mut line);
    if line.errno != 0 && !tried.log.is_empty() {
        // Refused by the verifier. Its words without the instructions are no log to learn from.
        let again = attempt(file, index, INSTRUCTIONS, &mut line)?;
        // A log that does not fit may lack the very message. Such are those of a million instructions,
        // and the message says that.
        let log = if again.cut { tried.log } else { again.log };
        line.log = String::from_utf8_lossy(&log).into_owned();
    }
    Ok(line)
}

/// What came of a load.
struct Tried {
    errno: i32,
    words: Vec<String>,
    log: Vec<u8>,
    /// Whether the log is longer than it may be.
    cut: bool,
}

fn attempt(file: &Path, index: usize, level: u32, line: &mut ProgramLine) -> Result<Tried> {
    let mut size = FIRST;
    loop {
        let reopened = |failed: Failed| anyhow::anyhow!("{}", failed.words.join("; "));
        let object = open(file).map_err(reopened).context("the object cannot be opened again")?;
        let program = object.progs().nth(index).context("the object has fewer programs now")?;
        line.program = program.name().to_string_lossy().into_owned();
        line.section = program.section().to_string_lossy().into_owned();
        line.kind = snake_case(&format!("{:?}", program.prog_type()));
        words::take();

        let (loaded, log) = raw::load_with_log(object, index, level, size);
        let errno = loaded.as_ref().err().map_or(0, number);
        let cut = errno == libc::ENOSPC && log.len() + 1 >= size;
        if cut && size < LAST {
            size *= STEP;
            continue;
        }
        return Ok(Tried { errno, words: words::take(), log, cut });
    }
}

fn statistics(log: &[u8], line: &mut ProgramLine) {
    let log = String::from_utf8_lossy(log);
    let log = Log::parse(&log);
    for item in log.items() {
        match item.kind {
            Kind::Statistics(Statistic::Processed { insns, total_states, peak_states, .. }) => {
                line.insns = Some(insns);
                line.states = Some(total_states);
                line.peak_states = Some(peak_states);
            }
            Kind::Statistics(Statistic::Time { usec }) => line.us = Some(usec),
            Kind::Statistics(Statistic::StackDepth) => {
                let stack = item.raw.trim().strip_prefix("stack depth ");
                line.stack = stack.map(str::to_owned);
            }
            _ => {}
        }
    }
}

/// The number of an error. libbpf-rs has it in its words only: `Permission denied (os error 13)`.
fn number(error: &libbpf_rs::Error) -> i32 {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let text = innermost.to_string();
    let number = text.rsplit_once("(os error ").and_then(|(_, rest)| rest.strip_suffix(')'));
    number.and_then(|number| number.parse().ok()).unwrap_or(libc::EINVAL)
}

/// `SchedCls` → `sched_cls`, as the kernel and bpftool call it.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_kernels_names() {
        for (name, expected) in [
            ("Xdp", "xdp"),
            ("SchedCls", "sched_cls"),
            ("CgroupSockAddr", "cgroup_sock_addr"),
            ("RawTracepoint", "raw_tracepoint"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }

    #[test]
    fn the_number_is_read_from_the_words() {
        let denied = || libbpf_rs::Error::from(std::io::Error::from_raw_os_error(libc::EACCES));
        assert_eq!(number(&denied()), libc::EACCES);
        let wrapped = libbpf_rs::ErrorExt::context(denied(), "failed to load object");
        assert_eq!(number(&wrapped), libc::EACCES);
    }

    #[test]
    fn the_stack_is_kept_as_the_log_has_it() {
        for stack in ["16+8", "16+8 max 24"] {
            let log = format!(
                "verification time 138 usec\nstack depth {stack}\nprocessed 23 insns (limit 1000000) \
                 max_states_per_insn 0 total_states 2 peak_states 1 mark_read 0\n"
            );
            let mut line = ProgramLine::default();
            statistics(log.as_bytes(), &mut line);
            assert_eq!(line.stack.as_deref(), Some(stack));
            assert_eq!((line.insns, line.states, line.us), (Some(23), Some(2), Some(138)));
        }
    }
}
