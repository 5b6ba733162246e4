//! Whether the programs of an object load, kernel by kernel: what was found out, and what it means.
//! Nothing here does I/O.

pub mod answer;
pub mod elf;
pub mod reasons;

use std::time::Duration;

use crate::error::{FAILED, PASSED, UNAVAILABLE, Unable};
use crate::refusal::Refusal;

/// All that was found out.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The file as it was named.
    pub file: String,
    /// What it is compared with, as that was named.
    pub before: Option<String>,
    /// A column for each kernel.
    pub columns: Vec<Column>,
    /// How long all of it took.
    pub took: Duration,
}

/// One kernel.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it was asked for by: `6.1`.
    pub series: String,
    /// Its release, as `uname -r` prints it.
    pub release: Option<String>,
    /// The programs in the order of the object, or why they could not be tried.
    pub programs: Result<Vec<Program>, Unable>,
}

/// A program on one kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its function.
    pub name: String,
    /// Its section: `tracepoint/syscalls/sys_enter_execve`.
    pub section: String,
    /// Its type in the kernel's words: `tracepoint`.
    pub kind: String,
    /// What came of it; `None` if only the former object has it.
    pub now: Option<Attempt>,
    /// The same for the former object, if there is one and it has the program.
    pub before: Option<Attempt>,
}

/// What came of loading a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// 0 if it loads; else the system's number, from 4000 on libbpf's own.
    pub errno: i32,
    /// What the verifier counted, if it came so far.
    pub cost: Option<Cost>,
    /// The verifier's log of a refused program, read and explained.
    pub refusal: Option<Refusal>,
    /// Why it does not load, in the words of the verifier or libbpf; empty if it does.
    pub reason: String,
}

/// What the verifier counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Instructions walked, each as often as it was.
    pub insns: u64,
    /// States ever kept.
    pub states: u64,
    /// States kept at one time.
    pub peak_states: u64,
    /// The stack as the log has it: `16+8` bytes per function, from 7.x on with the most that a chain of
    /// calls takes, `16+8 max 24`.
    pub stack: Option<String>,
    /// Verification time in microseconds.
    pub us: Option<u64>,
}

/// What has changed since the former object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Both load, or neither does.
    None,
    /// It was refused and loads.
    Loads,
    /// It loaded and is refused.
    Refused,
    /// The former object does not have it.
    New,
    /// The object does not have it any more.
    Gone,
}

impl Verified {
    /// The names of all programs, in the order of the object, then those that only the former has.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for program in self.columns.iter().flat_map(Column::programs) {
            if !names.contains(&program.name.as_str()) {
                names.push(&program.name);
            }
        }
        names
    }

    /// Loads, refusals, and kernels on which nothing could be tried.
    pub fn counts(&self) -> (usize, usize, usize) {
        let attempts = || {
            let programs = self.columns.iter().flat_map(Column::programs);
            programs.filter_map(|program| program.now.as_ref())
        };
        let loads = attempts().filter(|attempt| attempt.loads()).count();
        let unable = self.columns.iter().filter(|column| column.programs.is_err()).count();
        (loads, attempts().count() - loads, unable)
    }

    /// The exit status: a refusal before what could not be tried.
    pub fn exit_code(&self) -> u8 {
        match self.counts() {
            (_, 1.., _) => FAILED,
            (_, _, 1..) | (0, ..) => UNAVAILABLE,
            _ => PASSED,
        }
    }
}

impl Column {
    /// The programs that were tried.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        self.programs.iter().flatten()
    }

    /// The program of that name.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs().find(|program| program.name == name)
    }
}

impl Program {
    /// What has changed, for a program that is compared.
    pub fn change(&self) -> Change {
        match (&self.before, &self.now) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            (Some(before), Some(now)) => match (before.loads(), now.loads()) {
                (false, true) => Change::Loads,
                (true, false) => Change::Refused,
                _ => Change::None,
            },
        }
    }
}

impl Attempt {
    /// Whether it loads.
    pub fn loads(&self) -> bool {
        self.errno == 0
    }
}

impl Cost {
    /// Bytes of stack of each function: `16+8`. Where the log has only the most that a chain of calls
    /// takes, that.
    pub fn stack_parts(&self) -> Option<&str> {
        let stack = self.stack.as_deref()?;
        Some(stack.split_once(" max ").map_or(stack, |(parts, _)| parts).trim_start_matches("max "))
    }

    /// Bytes of stack of all functions together.
    pub fn stack_bytes(&self) -> Option<u64> {
        self.stack_parts()?.split('+').map(|part| part.parse::<u64>().ok()).sum()
    }
}

/// Puts the programs of an object and those of a former one side by side, by their names.
pub fn side_by_side(now: Vec<answer::Answer>, before: Option<Vec<answer::Answer>>) -> Vec<Program> {
    let mut before = before.unwrap_or_default();
    let mut programs = Vec::new();
    for answer in now {
        let former = before.iter().position(|former| former.name == answer.name);
        programs.push(Program {
            name: answer.name,
            section: answer.section,
            kind: answer.kind,
            now: Some(answer.attempt),
            before: former.map(|at| before.remove(at).attempt),
        });
    }
    programs.extend(before.into_iter().map(|answer| Program {
        name: answer.name,
        section: answer.section,
        kind: answer.kind,
        now: None,
        before: Some(answer.attempt),
    }));
    programs
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A program that loads, as 6.1 tells of it.
    pub(crate) fn loads(insns: u64, stack: &str) -> Attempt {
        let cost =
            Cost { insns, states: 2, peak_states: 1, stack: Some(stack.into()), us: Some(138) };
        Attempt { errno: 0, cost: Some(cost), refusal: None, reason: String::new() }
    }

    /// One that the verifier refuses.
    pub(crate) fn refused() -> Attempt {
        let log = "7: (79) r1 = *(u64 *)(r0 +0)\nthe moon is full\n";
        let refusal = Refusal::read("count", log, None);
        let reason = refusal.as_ref().expect("a refusal").message.clone();
        Attempt { errno: 13, refusal, reason, ..loads(7, "8") }
    }

    /// One that libbpf does not even give to the kernel.
    pub(crate) fn impossible() -> Attempt {
        let reason = "extern (func ksym) 'f': not found in kernel or module BTFs".into();
        Attempt { errno: 22, cost: None, refusal: None, reason }
    }

    pub(crate) fn program(name: &str, now: Option<Attempt>, before: Option<Attempt>) -> Program {
        Program { name: name.into(), section: "xdp".into(), kind: "xdp".into(), now, before }
    }

    pub(crate) fn column(series: &str, programs: Vec<Program>) -> Column {
        let release = Some(format!("{series}.0-test"));
        Column { series: series.into(), release, programs: Ok(programs) }
    }

    /// A kernel that does not come up.
    pub(crate) fn unable(series: &str) -> Column {
        let unable = Unable { problem: "There is no <QEMU>.".into(), fix: "Install it.".into() };
        Column { series: series.into(), release: None, programs: Err(unable) }
    }

    pub(crate) fn verified(before: Option<&str>, columns: Vec<Column>) -> Verified {
        let before = before.map(str::to_owned);
        Verified { file: "my/x.bpf.o".into(), before, columns, took: Duration::from_millis(1500) }
    }

    #[test]
    fn the_exit_status_tells_the_worst() {
        let good = || column("6.1", vec![program("a", Some(loads(1, "0")), None)]);
        let bad = || column("6.1", vec![program("a", Some(refused()), None)]);
        let gone = || column("6.1", vec![program("a", None, Some(refused()))]);
        for (columns, expected) in [
            (vec![good(), good()], 0),
            (vec![good(), gone()], 0),
            (vec![good(), unable("7")], 69),
            (vec![bad(), unable("7")], 1),
            (vec![good(), bad()], 1),
        ] {
            assert_eq!(verified(None, columns.clone()).exit_code(), expected, "{columns:?}");
        }
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let answer = |name: &str, attempt| answer::Answer {
            name: name.into(),
            section: "xdp".into(),
            kind: "xdp".into(),
            attempt,
        };
        let now =
            vec![answer("b", refused()), answer("a", loads(2, "0")), answer("new", refused())];
        let before =
            vec![answer("a", refused()), answer("gone", refused()), answer("b", loads(1, "0"))];
        let programs = side_by_side(now, Some(before));
        let changes: Vec<_> =
            programs.iter().map(|program| (program.name.as_str(), program.change())).collect();
        assert_eq!(
            changes,
            [
                ("b", Change::Refused),
                ("a", Change::Loads),
                ("new", Change::New),
                ("gone", Change::Gone)
            ]
        );
    }

    #[test]
    fn the_stack_is_a_sum_in_either_form() {
        for (stack, expected) in [
            ("16+8", Some(24)),
            ("max 24", Some(24)),
            ("16+8 max 24", Some(24)),
            ("0", Some(0)),
            ("?", None),
        ] {
            let cost = Cost { stack: Some(stack.into()), ..Cost::default() };
            assert_eq!(cost.stack_bytes(), expected, "{stack}");
        }
    }
}
