//! One line of a log becomes one item, or two where the kernel put two things on it.
//!
//! Formats: `print_verifier_state`, `verbose_linfo`, `print_insn_state` (`kernel/bpf/log.c`, before
//! 6.8 in `verifier.c`), `print_bpf_insn` (`disasm.c`), `do_check` and its callees (`verifier.c`).

use crate::{
    item::{Branch, Instruction, Kind, Source, State},
    scan,
    statistics::{self, Statistic},
};

/// Pieces of `line` (without its line end) in order; the second one is rarely there.
pub(crate) fn parse(line: &str) -> [Option<(usize, Kind<'_>)>; 2] {
    let one = |kind| [Some((0, kind)), None];
    match line.as_bytes().first() {
        // Nearly all lines of a long log; nothing is ever put behind one on its line.
        Some(b'0'..=b'9') => {
            if let Some((instruction, at)) = instruction(line) {
                let rest = at.map(|at| (at, whole(line[at..].trim_ascii_start())));
                return [Some((0, Kind::Instruction(instruction))), rest];
            }
        }
        Some(b';') => return one(Kind::Source(source(&line[1..]))),
        None => return one(Kind::Blank),
        Some(byte) if !byte.is_ascii_graphic() && line.trim_ascii().is_empty() => {
            return one(Kind::Blank);
        }
        _ => {}
    }
    let kind = whole(line);
    // Only error texts lack a line end of their own.
    if matches!(kind, Kind::Unknown(_))
        && let Some(at) = statistics::glued_start(line).or_else(|| glued_libbpf(line))
    {
        return [Some((0, whole(&line[..at]))), Some((at, whole(&line[at..])))];
    }
    one(kind)
}

/// libbpf's end mark follows a log that has no line end of its own.
fn glued_libbpf(line: &str) -> Option<usize> {
    let mark = "-- END PROG LOAD LOG --";
    line.strip_suffix(mark).map(str::len).filter(|&at| at > 0)
}

fn whole(line: &str) -> Kind<'_> {
    numbered(line)
        .or_else(|| analysis(line))
        .or_else(|| jump(line).map(Kind::Branch))
        .or_else(|| Statistic::parse(line).map(Kind::Statistics))
        .or_else(|| state(line).map(Kind::State))
        .unwrap_or_else(|| by_beginning(line))
}

/// `7: (79) r1 = *(u64 *)(r0 +0)        ; R0=…`; with it, where the state of a jump's target
/// begins if the kernel appended that: `10: (16) if w0 == 0x5 goto pc+3 14: R0=…`.
fn instruction(line: &str) -> Option<(Instruction<'_>, Option<usize>)> {
    let (index, rest) = scan::index(line)?;
    let rest = rest.strip_prefix(": ")?;
    if rest.starts_with("<invalid ") && rest.ends_with('>') {
        return Some((Instruction { index, opcode: None, text: rest, state: None }, None));
    }
    let code = rest.strip_prefix('(')?.get(..2)?;
    let opcode = u8::from_str_radix(code, 16).ok()?;
    let text = rest[3..].strip_prefix(')')?;
    // A state may hold semicolons too: `var_off=(0x0; 0xff)`.
    let comment = text.bytes().position(|byte| byte == b';');
    let target = target_state(&text[..comment.unwrap_or(text.len())], text);
    if let Some(at) = comment.filter(|_| target.is_none()) {
        let state = Some(State::new(None, &text[at + 1..]));
        let text = text[..at].trim_ascii();
        return Some((Instruction { index, opcode: Some(opcode), text, state }, None));
    }
    let text_end = target.unwrap_or(text.len());
    let instruction = Instruction {
        index,
        opcode: Some(opcode),
        text: text[..text_end].trim_ascii(),
        state: None,
    };
    Some((instruction, target.map(|at| line.len() - text.len() + at)))
}

/// Where ` 14: R0=…` begins in the text of an instruction, which is all of `text` but for a comment.
fn target_state(instruction: &str, text: &str) -> Option<usize> {
    let bytes = instruction.as_bytes();
    let colons = bytes.windows(2).enumerate().filter(|(_, pair)| *pair == b": ");
    colons.map(|(at, _)| at).find_map(|colon| {
        let digits = text[..colon].bytes().rev().take(10).take_while(u8::is_ascii_digit).count();
        let start = colon - digits;
        let own_word = digits > 0 && text[..start].ends_with(' ');
        (own_word && scan::is_state(&text[colon + 2..])).then(|| start - 1)
    })
}

/// `14: R10=fp0`, `12: safe`, and the listings of the static analyses, which are indented.
fn numbered(line: &str) -> Option<Kind<'_>> {
    let (index, rest) = scan::index(line)?;
    let rest = rest.strip_prefix(':')?;
    let text = rest.trim_ascii();
    if text == "safe" {
        return Some(Kind::Safe(index));
    }
    (text.is_empty() || scan::is_state(text)).then(|| Kind::State(State::new(Some(index), text)))
}

fn analysis(line: &str) -> Option<Kind<'_>> {
    let beginnings = ["topo_order[", "subprog#", "stack use/def ", "Live regs before", "SCC e"];
    if beginnings.iter().any(|beginning| line.starts_with(beginning)) {
        return Some(Kind::Analysis(line));
    }
    // `  8: (85) call …`, and in the list of live registers `  1   2: 0......... (b7) …`
    let (_, rest) = scan::index(line.trim_ascii_start())?;
    let listed = if rest.starts_with(": ") {
        line.starts_with(' ')
    } else {
        let (_, rest) = scan::index(rest.trim_ascii_start())?;
        rest.starts_with(": ")
    };
    listed.then_some(Kind::Analysis(line))
}

/// `from 9 to 14: R0=0`, `from 29 to 31: safe`, `from 3 to 5 (speculative execution): R1=…`
fn jump(line: &str) -> Option<Branch<'_>> {
    let (from, rest) = scan::index(line.strip_prefix("from ")?)?;
    let (to, rest) = scan::index(rest.strip_prefix(" to ")?)?;
    let mark = " (speculative execution)";
    let speculative = rest.starts_with(mark);
    let text = rest.strip_prefix(mark).unwrap_or(rest).strip_prefix(':')?.trim_ascii();
    let state = (text != "safe").then(|| State::new(Some(to), text));
    Some(Branch { from, to, speculative, state })
}

/// A state without index, as it follows `caller:` and, before 5.16, an instruction.
fn state(line: &str) -> Option<State<'_>> {
    let labelled = line.strip_prefix("cur state:").or_else(|| line.strip_prefix("old state:"));
    if let Some(text) = labelled {
        return Some(State::new(None, text));
    }
    scan::is_state(line.trim_ascii()).then(|| State::new(None, line))
}

/// `; text @ file:line`, without the semicolon here.
fn source(comment: &str) -> Source<'_> {
    let located = comment.rsplit_once(" @ ").and_then(|(text, place)| {
        let (file, line) = place.rsplit_once(':')?;
        let (line, rest) = scan::index(line)?;
        (rest.is_empty() && !file.is_empty()).then_some((text, file, line))
    });
    match located {
        Some((text, file, line)) => {
            Source { text: text.trim_ascii(), file: Some(file), line: Some(line) }
        }
        None => Source { text: comment.trim_ascii(), file: None, line: None },
    }
}

fn by_beginning(line: &str) -> Kind<'_> {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|b| line.starts_with(b));
    if begins(&["libbpf: ", "-- BEGIN PROG LOAD LOG --", "-- END PROG LOAD LOG --"]) {
        Kind::Libbpf(line)
    } else if begins(&["caller:", "callee:", "returning from callee:", "to caller at "]) {
        Kind::Frame(line)
    } else if begins(&["func#", "Func#", "Validating "]) {
        Kind::Subprogram(line)
    } else if precision(line) {
        Kind::Precision(line)
    } else if note(line) {
        Kind::Note(line)
    } else {
        Kind::Unknown(line)
    }
}

fn precision(line: &str) -> bool {
    let beginnings = [
        "mark_precise: ",
        "force_precise: ",
        "last_idx ",
        "regs=",
        "parent ",
        "propagating ",
        "falling back to ",
    ];
    let framed = line.strip_prefix("frame").and_then(scan::index);
    beginnings.iter().any(|beginning| line.starts_with(beginning))
        || framed.is_some_and(|(_, rest)| rest.starts_with(": propagating "))
}

/// Remarks on parameters of functions that the verifier checks anyhow: 5.10 and 5.15, 6.1, 6.8 on.
fn note(line: &str) -> bool {
    let unsized_type = line.contains("reference type(") && line.contains("cannot be determined");
    line.starts_with("Unrecognized arg#")
        || line.starts_with("reg type unsupported for arg#")
        || line.starts_with("arg#") && (line.ends_with("type is not a struct") || unsized_type)
}
