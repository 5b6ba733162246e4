//! BPF instructions as text, one line each.
//!
//! The format of an instruction is that of the kernel's Documentation/bpf/standardization/instruction-set.rst:
//! 8 bytes, which are an operation code, two registers, an offset and a number. The text is that of the
//! verifier's log: `r1 += 2`, `*(u32 *)(r10 -4) = r1`, `if r0 == 0x0 goto +3`, `call 1`, `exit`.

use std::fmt;

/// Bytes of an instruction.
pub const SIZE: usize = 8;

/// Classes: the lowest three bits of the operation code.
const LD: u8 = 0x00;
const LDX: u8 = 0x01;
const ST: u8 = 0x02;
const STX: u8 = 0x03;
const JMP: u8 = 0x05;
const JMP32: u8 = 0x06;
const ALU64: u8 = 0x07;

/// Loads a number of 64 bits, whose upper half is in the instruction behind it.
const LD_IMM64: u8 = 0x18;
const CALL: u8 = 0x85;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn {
    /// What it does.
    pub code: u8,
    /// The register that it changes or compares.
    pub dst: u8,
    /// The register that it takes from; for calls and 64-bit numbers, what kind `imm` is of.
    pub src: u8,
    /// How far to jump, or where in memory.
    pub off: i16,
    /// A number.
    pub imm: i32,
}

impl Insn {
    /// Takes one apart; none when there are fewer than 8 bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; SIZE] = bytes.get(..SIZE)?.try_into().ok()?;
        let [code, regs, off0, off1, imm @ ..] = bytes;
        // The two registers share a byte, and which is first depends on the byte order.
        let (low, high) = (regs & 0xf, regs >> 4);
        let (dst, src) = if cfg!(target_endian = "little") { (low, high) } else { (high, low) };
        let off = i16::from_ne_bytes([off0, off1]);
        Some(Self { code, dst, src, off, imm: i32::from_ne_bytes(imm) })
    }

    /// Whether the next 8 bytes belong to it.
    pub fn is_wide(&self) -> bool {
        self.code == LD_IMM64
    }

    /// For a call of another BPF function: how many instructions behind the next one it begins.
    pub fn called_function(&self) -> Option<i32> {
        (self.code == CALL && self.src == 1).then_some(self.imm)
    }

    fn class(&self) -> u8 {
        self.code & 0x07
    }

    /// How many bits of memory a load or store is about.
    fn bits(&self) -> u8 {
        match self.code & 0x18 {
            0x00 => 32,
            0x08 => 16,
            0x10 => 8,
            _ => 64,
        }
    }

    fn arithmetic(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = if self.class() == ALU64 { 'r' } else { 'w' };
        let dst = self.dst;
        let operator = match self.code & 0xf0 {
            0x00 => "+=",
            0x10 => "-=",
            0x20 => "*=",
            0x30 => "/=",
            0x40 => "|=",
            0x50 => "&=",
            0x60 => "<<=",
            0x70 => ">>=",
            0x80 => return write!(f, "{r}{dst} = -{r}{dst}"),
            0x90 => "%=",
            0xa0 => "^=",
            0xb0 => "=",
            0xc0 => "s>>=",
            0xd0 => {
                let order = if self.code & 0x08 == 0 { "le" } else { "be" };
                return write!(f, "r{dst} = {order}{} r{dst}", self.imm);
            }
            _ => return self.unknown(f),
        };
        match self.code & 0x08 {
            0 => write!(f, "{r}{dst} {operator} {}", self.imm),
            _ => write!(f, "{r}{dst} {operator} {r}{}", self.src),
        }
    }

    fn jump(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = if self.class() == JMP { 'r' } else { 'w' };
        let comparison = match self.code & 0xf0 {
            0x00 if self.class() == JMP => return write!(f, "goto {:+}", self.off),
            0x80 => {
                return match self.called_function() {
                    Some(distance) => write!(f, "call pc{distance:+}"),
                    None => write!(f, "call {}", self.imm),
                };
            }
            0x90 => return write!(f, "exit"),
            0x10 => "==",
            0x20 => ">",
            0x30 => ">=",
            0x40 => "&",
            0x50 => "!=",
            0x60 => "s>",
            0x70 => "s>=",
            0xa0 => "<",
            0xb0 => "<=",
            0xc0 => "s<",
            0xd0 => "s<=",
            _ => return self.unknown(f),
        };
        write!(f, "if {r}{} {comparison} ", self.dst)?;
        match self.code & 0x08 {
            0 => write!(f, "{:#x}", self.imm)?,
            _ => write!(f, "{r}{}", self.src)?,
        }
        write!(f, " goto {:+}", self.off)
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bits, off) = (self.bits(), self.off);
        match self.class() {
            LD if self.is_wide() => write!(f, "r{} = {} ll", self.dst, self.imm),
            LDX if self.code & 0xe0 == 0x60 => {
                write!(f, "r{} = *(u{bits} *)(r{} {off:+})", self.dst, self.src)
            }
            ST => write!(f, "*(u{bits} *)(r{} {off:+}) = {}", self.dst, self.imm),
            STX if self.code & 0xe0 == 0x60 => {
                write!(f, "*(u{bits} *)(r{} {off:+}) = r{}", self.dst, self.src)
            }
            STX if self.code & 0xe0 == 0xc0 => match self.imm {
                0x00 => write!(f, "lock *(u{bits} *)(r{} {off:+}) += r{}", self.dst, self.src),
                other => write!(f, "atomic {other:#x} *(u{bits} *)(r{} {off:+})", self.dst),
            },
            _ => self.unknown(f),
        }
    }

    fn unknown(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:02x})", self.code)
    }
}

impl fmt::Display for Insn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class() {
            LD | LDX | ST | STX => self.memory(f),
            JMP | JMP32 => self.jump(f),
            _ => self.arithmetic(f),
        }
    }
}

/// The instructions of a program with their numbers. One that takes two slots is listed once.
pub fn listed(code: &[u8]) -> Vec<(usize, Insn)> {
    let mut list: Vec<(usize, Insn)> = Vec::new();
    for (number, slot) in code.chunks_exact(SIZE).enumerate() {
        let second = list.last().is_some_and(|(at, insn)| insn.is_wide() && *at + 1 == number);
        match Insn::parse(slot) {
            Some(insn) if !second => list.push((number, insn)),
            _ => {}
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> String {
        Insn { code, dst, src, off, imm }.to_string()
    }

    #[test]
    fn instructions_read_like_the_verifier_s_log() {
        for (insn, expected) in [
            (text(0xb7, 0, 0, 0, 2), "r0 = 2"),
            (text(0xb4, 0, 0, 0, -1), "w0 = -1"),
            (text(0x0f, 1, 2, 0, 0), "r1 += r2"),
            (text(0xdc, 3, 0, 0, 16), "r3 = be16 r3"),
            (text(0x61, 1, 2, 4, 0), "r1 = *(u32 *)(r2 +4)"),
            (text(0x7b, 10, 1, -8, 0), "*(u64 *)(r10 -8) = r1"),
            (text(0x62, 10, 0, -4, 7), "*(u32 *)(r10 -4) = 7"),
            (text(0xdb, 0, 1, 0, 0), "lock *(u64 *)(r0 +0) += r1"),
            (text(0x18, 1, 0, 0, 5), "r1 = 5 ll"),
            (text(0x15, 0, 0, 3, 0), "if r0 == 0x0 goto +3"),
            (text(0x2e, 1, 2, -4, 0), "if w1 > w2 goto -4"),
            (text(0x05, 0, 0, 2, 0), "goto +2"),
            (text(0x85, 0, 0, 0, 1), "call 1"),
            (text(0x85, 0, 1, 0, 3), "call pc+3"),
            (text(0x95, 0, 0, 0, 0), "exit"),
            (text(0xff, 0, 0, 0, 0), "(ff)"),
        ] {
            assert_eq!(insn, expected);
        }
    }

    #[test]
    fn an_instruction_of_two_slots_is_listed_once() {
        let mut code = vec![LD_IMM64, 1, 0, 0, 9, 0, 0, 0];
        code.extend([0; SIZE]);
        code.extend([0x95, 0, 0, 0, 0, 0, 0, 0]);
        let list: Vec<_> = listed(&code).iter().map(|(at, insn)| format!("{at} {insn}")).collect();
        if cfg!(target_endian = "little") {
            assert_eq!(list, ["0 r1 = 9 ll", "2 exit"]);
        }
        assert!(listed(&code[..7]).is_empty());
    }
}
