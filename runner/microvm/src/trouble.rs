//! What a kernel says on its console when something is wrong with it.
//!
//! The texts are the kernel's own: `kernel/panic.c`, `kernel/watchdog.c`, `kernel/rcu/tree_stall.h`,
//! `mm/oom_kill.c`, `arch/x86/kernel/dumpstack.c` and `arch/x86/mm/fault.c`. Anyone in the machine can
//! write such words to `/dev/kmsg`, so words alone do not count where the kernel also says where it
//! happened.

/// What kind of trouble a kernel is in, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TroubleKind {
    /// Memory ran out and the kernel ended a process.
    OutOfMemory,
    /// `WARN()`: the kernel found something that should not be, and goes on.
    Warning,
    /// A processor or a task makes no progress.
    Lockup,
    /// The kernel found its own state damaged, and goes on.
    Bug,
    /// The kernel ended what it was doing for a task because it could not go on with it.
    Oops,
    /// The kernel has stopped.
    Panic,
}

/// One complaint of the machine's kernel about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind.
    pub kind: TroubleKind,
    /// The deciding console line without its time stamp, such as
    /// `WARNING: CPU: 0 PID: 71 at mm/page_alloc.c:5534 __alloc_pages+0x2a5/0x310`.
    pub line: String,
    /// That line and what the kernel said about it, one line each, at most [`Trouble::LINES`]: the
    /// message of a warning before it; registers and the stack after it.
    pub report: String,
}

/// Lines between the start of a warning and its deciding line, at most.
const BEFORE: usize = 8;

/// Lines within which the kernel says where it happened.
const AFTER: usize = 30;

const CUT_HERE: &str = "------------[ cut here ]------------";

impl Trouble {
    /// How long [`Trouble::report`] may be, in lines.
    pub const LINES: usize = 60;

    /// All that the kernel complained of, in order.
    pub(crate) fn find(console: &str) -> Vec<Self> {
        let lines: Vec<&str> = console.lines().filter_map(message).collect();
        (0..lines.len())
            .filter_map(|at| kind(&lines, at).map(|kind| Self::at(&lines, at, kind)))
            .collect()
    }

    /// The worst; of several, the first, which is often the cause of the others.
    pub(crate) fn worst(console: &str) -> Option<Self> {
        Self::find(console).into_iter().rev().max_by_key(|trouble| trouble.kind)
    }

    fn at(lines: &[&str], at: usize, kind: TroubleKind) -> Self {
        let start = cut_here(lines, at).unwrap_or(at);
        let end = lines.len().min(start + Self::LINES);
        let ends = |line: &&str| line.starts_with("---[ end trace ");
        let length = lines[start..end].iter().position(ends).unwrap_or(end - start);
        let report = lines[start..start + length].join("\n");
        Self { kind, line: lines[at].trim_end().into(), report }
    }
}

/// The text of a kernel's line. Every one has a time stamp: `[    1.234567] ` or, where the kernel also
/// tells who prints, `[    1.234567][    T1] `. Others are not the kernel's.
fn message(line: &str) -> Option<&str> {
    let (time, mut rest) = line.strip_prefix('[')?.split_once(']')?;
    let (seconds, fraction) = time.trim_start().split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    if let Some((_, after)) = rest.strip_prefix('[').and_then(|caller| caller.split_once(']')) {
        rest = after;
    }
    rest.strip_prefix(' ')
}

/// Whether a line decides, and what.
fn kind(lines: &[&str], at: usize) -> Option<TroubleKind> {
    use TroubleKind::*;
    let after = &lines[at + 1..lines.len().min(at + 1 + AFTER)];
    let line = lines[at];
    let line = line.strip_prefix("watchdog: ").unwrap_or(line);
    let line = line.strip_prefix("rcu: ").unwrap_or(line);
    if line.starts_with("Kernel panic - not syncing") {
        Some(Panic)
    } else if line.starts_with("WARNING: ") {
        cut_here(lines, at).filter(|_| located(after)).map(|_| Warning)
    } else if is_oops(line) {
        // Its first line, which says what was done, was counted already.
        let first = &lines[at.saturating_sub(AFTER / 2)..at];
        (!first.iter().any(|line| introduces_oops(line))).then_some(Oops)
    } else if introduces_oops(line) {
        after.iter().take(AFTER / 2).any(|line| is_oops(line)).then_some(Oops)
    } else if line.starts_with("BUG: soft lockup - CPU#")
        || line.starts_with("Watchdog detected hard LOCKUP on cpu")
        || (line.starts_with("INFO: rcu_") && line.contains("stall"))
        || (line.starts_with("INFO: task ") && line.contains(" blocked for more than "))
    {
        located(after).then_some(Lockup)
    } else if line.starts_with("BUG: ") {
        located(after).then_some(Bug)
    } else if line.starts_with("Out of memory: Killed process ") {
        Some(OutOfMemory)
    } else {
        None
    }
}

/// What comes before an oops and says more than its header.
fn introduces_oops(line: &str) -> bool {
    [
        "BUG: kernel NULL pointer",
        "BUG: unable to handle ",
        "Unable to handle kernel ",
        "kernel BUG at ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// The header of an oops: a name, four or more hexadecimal digits, and the number of the oops:
/// `Oops: 0002 [#1] PREEMPT SMP`.
fn is_oops(line: &str) -> bool {
    let Some((before, number)) = line.split_once(" [#") else { return false };
    let Some((_, code)) = before.rsplit_once(": ") else { return false };
    code.len() >= 4
        && code.bytes().all(|b| b.is_ascii_hexdigit())
        && number.starts_with(|c: char| c.is_ascii_digit())
}

/// Where the report that this line is part of starts, if it is a kernel's report at all.
fn cut_here(lines: &[&str], at: usize) -> Option<usize> {
    let start = at.saturating_sub(BEFORE);
    (start..at).rev().find(|&line| lines[line].trim_end() == CUT_HERE)
}

/// Whether the kernel says where it was. A person who writes to the log does not.
fn located(after: &[&str]) -> bool {
    after.iter().any(|line| {
        line.starts_with("CPU: ")
            || line.starts_with("Call Trace:")
            || line.starts_with("Call trace:")
    })
}

#[cfg(test)]
mod tests;
