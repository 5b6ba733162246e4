//! Which instruction and which source line a failure is about.

use crate::{
    failure::SourceRef,
    item::{Instruction, Item, Kind, Source},
    pattern::matches,
    report::{At, Report},
    scan,
};

/// Where a failure is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) insn: Option<u32>,
    pub(crate) instruction: Option<&'a str>,
    pub(crate) source: Option<SourceRef<'a>>,
    /// The instruction's position among the items.
    pub(crate) item: Option<usize>,
}

/// Messages that name the instruction they are about, and the words before its number.
const NAMING: [(&str, &str); 5] = [
    ("unreachable insn *", "insn "),
    ("jump out of range from insn *", "insn "),
    ("jump into the middle of ldimm64 insn *", "insn "),
    ("back-edge from insn *", "insn "),
    ("infinite loop detected at insn *", "insn "),
];

/// Messages about the program as a whole: the instruction walked last has nothing to do with them.
const WHOLE_PROGRAM: [&str; 13] = [
    "combined stack size of *",
    "the call stack of *",
    "tail_calls are not allowed when call stack *",
    "BPF program is too large*",
    "The sequence of * jumps is too complex*",
    "last insn is not an exit or jmp",
    "recursive call from *",
    "number of funcs in func_info *",
    "cannot call kernel function from non-GPL compatible program",
    "tracing progs cannot use *",
    "* is not modifiable",
    "* is not sleepable",
    "Arg#* in * is not supported yet.",
];

pub(crate) fn place<'a>(
    items: &[Item<'a>],
    message: &str,
    report: Option<&Report<'a>>,
) -> Place<'a> {
    let at = report.and_then(Report::at).unwrap_or_default();
    let named = NAMING
        .iter()
        .find(|(pattern, _)| matches(pattern, message))
        .and_then(|(_, key)| scan::number_after(message, key));
    let mut place = match named {
        Some(insn) => walked(items, |walked| walked.index == insn)
            .unwrap_or(Place { insn: Some(insn), ..Place::default() }),
        None if WHOLE_PROGRAM.iter().any(|pattern| matches(pattern, message)) => Place::default(),
        None => walked(items, |_| true).unwrap_or_default(),
    };
    complete(&mut place, &at);
    place
}

/// The last walked instruction that fits, and its source line.
fn walked<'a>(items: &[Item<'a>], fits: impl Fn(&Instruction<'a>) -> bool) -> Option<Place<'a>> {
    let (item, instruction) = items.iter().enumerate().rev().find_map(|(at, item)| {
        let Kind::Instruction(instruction) = item.kind else { return None };
        fits(&instruction).then_some((at, instruction))
    })?;
    Some(Place {
        insn: Some(instruction.index),
        instruction: Some(instruction.text),
        source: source(items, item),
        item: Some(item),
    })
}

/// Fills in from the report what the log itself does not tell.
fn complete<'a>(place: &mut Place<'a>, at: &At<'a>) {
    place.insn = place.insn.or(at.insn);
    if place.instruction.is_none() && at.insn == place.insn {
        place.instruction = at.instruction.map(without_opcode);
    }
    if place.source.is_none()
        && at.insn == place.insn
        && let Some(text) = at.source
    {
        place.source = Some(SourceRef { text, file: at.file, line: at.line });
    }
}

fn without_opcode(text: &str) -> &str {
    text.split_once(") ").map_or(text, |(_, text)| text)
}

/// The source line printed last before an instruction, if that is the instruction's own.
///
/// The kernel prints a line once and not again while the next instructions belong to it. At log
/// level 1 it also takes back what it printed for a path that ends well, but still thinks of that
/// path's last line as printed. Behind the jump to another path (`from 9 to 14: …`, or
/// `10: (16) if w0 == 0x5 goto pc+3 14: …`) a line can hence be missing, and the one before
/// the jump is not it. Level 2 takes nothing back.
pub(crate) fn source<'a>(items: &[Item<'a>], instruction: usize) -> Option<SourceRef<'a>> {
    let takes_back = !items.iter().any(|item| match item.kind {
        Kind::Subprogram(text) => text.starts_with("func#"),
        _ => false,
    });
    let mut quoted = None;
    // The index at which the path goes on; `None` where it may go on anywhere, as at the start and
    // between `caller:` and `callee:`.
    let mut next = None;
    for item in &items[..=instruction] {
        let goes_on = match item.kind {
            Kind::Source(source) if !source.text.is_empty() => {
                let Source { text, file, line } = source;
                quoted = Some(SourceRef { text, file, line });
                true
            }
            Kind::Instruction(walked) => {
                next = Some(walked.index.saturating_add(walked.width()));
                true
            }
            Kind::Frame(_) => {
                next = None;
                true
            }
            Kind::Branch(_) => next.is_none(),
            Kind::State(state) => state.insn.is_none() || next.is_none() || state.insn == next,
            _ => true,
        };
        if takes_back && !goes_on {
            quoted = None;
        }
    }
    quoted
}
