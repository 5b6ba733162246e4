//! What a log is made of.

use crate::{scan, statistics::Statistic};

/// One piece of a log: a line, or a part of one where the kernel put two things on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// The exact text with its line end. All items' `raw` one after the other are the log.
    pub raw: &'a str,
    /// Where `raw` begins in the log, in bytes.
    pub start: usize,
    /// Line number in the log, from 1.
    pub line: u32,
    /// What it says.
    pub kind: Kind<'a>,
}

/// The kinds of lines that verifiers from 5.10 to 7.x print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// An instruction as it is walked: `7: (79) r1 = *(u64 *)(r0 +0)`.
    Instruction(Instruction<'a>),
    /// Registers and stack slots on a line of their own.
    State(State<'a>),
    /// A source line: `; *seen += 1; @ hello.bpf.c:6`.
    Source(Source<'a>),
    /// A jump to a path put off earlier: `from 9 to 14: R0=0 R10=fp0`.
    Branch(Branch<'a>),
    /// Back-tracking for precise values: `mark_precise: …`, `last_idx …`, `regs=…`, `parent …`.
    Precision(&'a str),
    /// Entering or leaving a function: `caller:`, `callee:`, `to caller at 6:`.
    Frame(&'a str),
    /// About a function as a whole: `func#1 @32`, `Validating f() func#1...`.
    Subprogram(&'a str),
    /// The state here is covered by an earlier one: `12: safe`.
    Safe(u32),
    /// Listings made before the walk (log level 2, 7.x): live registers, stack use, call order.
    Analysis(&'a str),
    /// The counters that end the log.
    Statistics(Statistic),
    /// A line of libbpf, not of the kernel.
    Libbpf(&'a str),
    /// A line of the report that 7.3 and later add.
    Report(ReportLine<'a>),
    /// Remarks on argument types that every log of some kernels has; they decide nothing.
    Note(&'a str),
    /// Error text: what follows the last instruction, before the statistics.
    Error(&'a str),
    /// An empty line.
    Blank,
    /// Anything else, such as the rest of a line whose beginning was overwritten.
    Unknown(&'a str),
}

/// A walked instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction<'a> {
    /// Index in the program; a 64-bit load takes two.
    pub index: u32,
    /// Operation code; `None` where libbpf put a text in place of the instruction.
    pub opcode: Option<u8>,
    /// The instruction in the kernel's notation.
    pub text: &'a str,
    /// The state after it, if printed behind a `;`.
    pub state: Option<State<'a>>,
}

impl Instruction<'_> {
    /// How many indices it takes up.
    pub fn width(&self) -> u32 {
        if self.opcode == Some(0x18) { 2 } else { 1 }
    }
}

/// Registers and stack slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<'a> {
    /// The instruction that runs next, if the line names it.
    pub insn: Option<u32>,
    /// Function depth, 0 for the program itself.
    pub frame: u32,
    /// All entries as printed: `R1=ctx() R10=fp0`.
    pub text: &'a str,
}

impl<'a> State<'a> {
    pub(crate) fn new(insn: Option<u32>, text: &'a str) -> Self {
        let text = text.trim_ascii();
        let framed = text.strip_prefix("frame").and_then(scan::index);
        match framed.and_then(|(frame, rest)| Some((frame, rest.strip_prefix(':')?))) {
            Some((frame, rest)) => Self { insn, frame, text: rest.trim_ascii_start() },
            None => Self { insn, frame: 0, text },
        }
    }

    /// Pairs of name and value, for example `("R1", "ctx()")`; liveness marks (`_w`, `_rw`) that
    /// kernels before 6.18 put behind the name are left out.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            rest = rest.trim_start();
            if rest.is_empty() {
                return None;
            }
            let mut depth = 0_u32;
            let end = rest.bytes().position(|byte| {
                match byte {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                byte == b' ' && depth == 0
            });
            let (entry, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            Some((name.split('_').next().unwrap_or(name), value))
        })
    }

    /// The value of a register or slot (`R2`, `fp-8`), if printed.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.entries().find(|(entry, _)| *entry == name).map(|(_, value)| value)
    }
}

/// A source line as the log quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The line without indentation; empty for code that the compiler added.
    pub text: &'a str,
    /// File name, from 6.10 on.
    pub file: Option<&'a str>,
    /// Line number, from 6.10 on.
    pub line: Option<u32>,
}

/// The verifier takes up a path that it had put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch<'a> {
    /// The instruction that jumps.
    pub from: u32,
    /// Where it goes.
    pub to: u32,
    /// Whether the path is one that only a mispredicting processor takes.
    pub speculative: bool,
    /// The state there; `None` when it is covered by an earlier one (`safe`).
    pub state: Option<State<'a>>,
}

/// A line of the report of 7.3 and later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportLine<'a> {
    /// `Verification failed: CATEGORY: PROBLEM`
    Header {
        /// The category's name.
        category: &'a str,
        /// What is wrong, in a few words; empty if the kernel gives none.
        problem: &'a str,
    },
    /// `Reason:`, `At:`, `Causal path:`, `Suggestion:`, without the colon.
    Section(&'a str),
    /// A line below a section, or an empty one.
    Text(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_parenthesised_values_whole() {
        let state =
            State::new(None, " frame1: R1_w=scalar(umax=15,var_off=(0x0; 0xf)) fp-8=m refs=2");
        assert_eq!(state.frame, 1);
        let entries: Vec<_> = state.entries().collect();
        assert_eq!(
            entries,
            [("R1", "scalar(umax=15,var_off=(0x0; 0xf))"), ("fp-8", "m"), ("refs", "2")]
        );
        assert_eq!(state.get("fp-8"), Some("m"));
        assert_eq!(state.get("R2"), None);
    }
}
