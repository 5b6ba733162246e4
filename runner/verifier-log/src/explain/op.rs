//! Instructions in the kernel's notation (`print_bpf_insn`, `kernel/bpf/disasm.c`), understood as far
//! as the way of a value through the program needs it.

use crate::scan;

/// A register or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Register(u8),
    Constant(i64),
}

/// Memory as an instruction names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) base: u8,
    pub(crate) offset: i64,
    pub(crate) size: u8,
}

/// What a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee<'a> {
    /// A helper or kfunc by name.
    Named(&'a str),
    /// A function of the program, so many instructions after the next one.
    Local(i64),
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op<'a> {
    /// `r1 = r2`, `w1 = 5`; `wide` for all 64 bits.
    Move { to: u8, from: Operand, wide: bool },
    /// `r1 += r2`, `w1 <<= 3`
    Change { register: u8, operator: &'a str, by: Operand },
    /// `r1 = *(u64 *)(r2 +8)`
    Load { to: u8, memory: Memory },
    /// `*(u64 *)(r10 -8) = r1`
    Store { memory: Memory, value: Operand },
    /// `lock *(u64 *)(r1 +0) += r2`, with what it returns.
    Atomic { memory: Memory, to: Option<u8> },
    /// `call bpf_map_lookup_elem#1`, `call pc+2`
    Call(Callee<'a>),
    /// `if r1 > r2 goto pc+3`
    Branch { left: u8, operator: &'a str, right: Operand, wide: bool, jump: i64 },
    /// `goto pc+3`
    Goto(i64),
    /// `exit`
    Exit,
    /// Anything else, with the register that it sets.
    Other { to: Option<u8> },
}

impl<'a> Op<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        Self::known(text).unwrap_or_else(|| Self::Other {
            to: register(text).filter(|(.., rest)| rest.starts_with(" = ")).map(|(to, ..)| to),
        })
    }

    fn known(text: &'a str) -> Option<Self> {
        if text == "exit" {
            return Some(Self::Exit);
        }
        if let Some(callee) = text.strip_prefix("call ") {
            return Some(Self::Call(match relative(callee) {
                Some(offset) => Callee::Local(offset),
                None => Callee::Named(callee.split('#').next().unwrap_or(callee)),
            }));
        }
        if let Some(target) = text.strip_prefix("goto ").or_else(|| text.strip_prefix("gotol ")) {
            return relative(target).map(Self::Goto);
        }
        if let Some(condition) = text.strip_prefix("if ") {
            let (condition, target) = condition.split_once(" goto ")?;
            let (left, wide, rest) = register(condition)?;
            let (operator, right) = rest.trim_start().split_once(' ')?;
            let (right, jump) = (operand(right)?, relative(target)?);
            return Some(Self::Branch { left, operator, right, wide, jump });
        }
        if let Some(atomic) = text.strip_prefix("lock ") {
            return Some(Self::Atomic { memory: memory(atomic)?.0, to: None });
        }
        if text.starts_with("*(") {
            let (memory, rest) = memory(text)?;
            return Some(Self::Store { memory, value: operand(rest.strip_prefix(" = ")?)? });
        }
        let (to, wide, rest) = register(text)?;
        let (operator, value) = rest.strip_prefix(' ')?.split_once(' ')?;
        if operator != "=" {
            let operator = operator.strip_suffix('=')?;
            return Some(Self::Change { register: to, operator, by: operand(value)? });
        }
        if let Some(from) = operand(value) {
            return Some(Self::Move { to, from, wide });
        }
        if value.starts_with("*(") {
            return Some(Self::Load { to, memory: memory(value)?.0 });
        }
        if value.strip_prefix('-').and_then(register).is_some_and(|(from, ..)| from == to) {
            return Some(Self::Change { register: to, operator: "-", by: Operand::Constant(0) });
        }
        let (name, arguments) = value.split_once('(')?;
        (name.starts_with("atomic") || name == "load_acquire").then_some(())?;
        Some(Self::Atomic { memory: memory(&format_memory(arguments)?)?.0, to: Some(to) })
    }

    /// The register that it gives a new value; a call sets r0 and takes r1 to r5 away.
    pub(crate) fn sets(&self, register: u8) -> bool {
        match self {
            Self::Move { to, .. } | Self::Load { to, .. } => *to == register,
            Self::Change { register: changed, .. } => *changed == register,
            Self::Atomic { to, .. } | Self::Other { to } => *to == Some(register),
            Self::Call(_) => register <= 5,
            _ => false,
        }
    }

    /// Where it may go on instead of at the next instruction, counted from there.
    pub(crate) fn jump(&self) -> Option<i64> {
        match self {
            Self::Branch { jump, .. } | Self::Goto(jump) => Some(*jump),
            _ => None,
        }
    }
}

/// `(u64 *)(r1 +0), r2)` lacks the star that [`memory`] begins with.
fn format_memory(arguments: &str) -> Option<String> {
    arguments.starts_with('(').then(|| format!("*{arguments}"))
}

/// `*(u64 *)(r10 -8)` and what follows it.
fn memory(text: &str) -> Option<(Memory, &str)> {
    let (kind, rest) = text.strip_prefix("*(")?.split_once(" *)(")?;
    let bits: u8 = kind.trim_start_matches(['u', 's']).parse().ok()?;
    let (base, _, rest) = register(rest)?;
    let (offset, rest) = rest.split_once(')')?;
    let offset = i64::from(offset.trim().trim_start_matches('+').parse::<i32>().ok()?);
    Some((Memory { base, offset, size: bits / 8 }, rest))
}

/// `r1` or `w1` and what follows; whether all 64 bits are meant.
fn register(text: &str) -> Option<(u8, bool, &str)> {
    let wide = text.starts_with('r');
    let (number, rest) = scan::index(text.strip_prefix(['r', 'w'])?)?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (number <= 11 && ends).then_some((number as u8, wide, rest))
}

fn operand(text: &str) -> Option<Operand> {
    if let Some((number, _, "")) = register(text) {
        return Some(Operand::Register(number));
    }
    super::capture::number(text).map(Operand::Constant)
}

/// `pc+3`, `pc-12`; newer kernels may name the target behind it.
fn relative(text: &str) -> Option<i64> {
    let text = text.strip_prefix("pc")?;
    let text = text.split(' ').next().unwrap_or(text);
    text.strip_prefix('+').unwrap_or(text).parse::<i32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let memory = |base, offset, size| Memory { base, offset, size };
        use Operand::{Constant, Register};
        for (text, expected) in [
            ("r1 = r2", Op::Move { to: 1, from: Register(2), wide: true }),
            ("w1 = -5", Op::Move { to: 1, from: Constant(-5), wide: false }),
            (
                "r1 = 0xffff888104292800",
                Op::Move { to: 1, from: Constant(-131_387_274_745_856), wide: true },
            ),
            ("r1 += -24", Op::Change { register: 1, operator: "+", by: Constant(-24) }),
            ("w0 s>>= 1", Op::Change { register: 0, operator: "s>>", by: Constant(1) }),
            ("w7 = -w7", Op::Change { register: 7, operator: "-", by: Constant(0) }),
            ("r6 = *(u8 *)(r7 +0)", Op::Load { to: 6, memory: memory(7, 0, 1) }),
            ("*(u32 *)(r10 -4) = r6", Op::Store { memory: memory(10, -4, 4), value: Register(6) }),
            ("lock *(u64 *)(r1 +0) += r2", Op::Atomic { memory: memory(1, 0, 8), to: None }),
            (
                "r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)",
                Op::Atomic { memory: memory(1, 8, 8), to: Some(2) },
            ),
            ("call bpf_loop#181", Op::Call(Callee::Named("bpf_loop"))),
            ("call pc-3", Op::Call(Callee::Local(-3))),
            ("goto pc+1", Op::Goto(1)),
            ("exit", Op::Exit),
            ("r0 = be16 r0", Op::Other { to: Some(0) }),
            ("r0 = (s8)r1", Op::Other { to: Some(0) }),
            ("<invalid CO-RE relocation>", Op::Other { to: None }),
        ] {
            assert_eq!(Op::parse(text), expected, "{text}");
        }
        let branch = Op::parse("if w0 s> 0x10 goto pc+5");
        assert!(matches!(branch, Op::Branch { left: 0, operator: "s>", wide: false, jump: 5, .. }));
        assert_eq!((branch.jump(), branch.sets(0)), (Some(5), false));
    }
}
