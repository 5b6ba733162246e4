//! The walk back from a value to its origin, instruction by instruction.

use super::{
    op::{Callee, Memory, Op, Operand},
    origin::{Begin, Link, Origin, plural, span},
    path::Path,
    value::Value,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Register(u8),
    Slot(i64),
}

/// One walk back along a path.
pub(super) struct Trace<'p, 'a> {
    path: &'p Path<'a>,
    target: Target,
    depth: u32,
    /// From the end to the beginning.
    pub(super) links: Vec<Link>,
    pub(super) added: Vec<(u8, usize)>,
    pub(super) scaled: bool,
}

impl<'p, 'a> Trace<'p, 'a> {
    pub(super) fn new(path: &'p Path<'a>, register: u8, depth: u32) -> Self {
        let target = Target::Register(register);
        Self { path, target, depth, links: Vec::new(), added: Vec::new(), scaled: false }
    }

    fn link(&mut self, at: usize, what: impl Into<String>) {
        self.links.push(Link { at, what: what.into() });
    }

    /// Goes back from the instruction at `end` to where the value began to be.
    pub(super) fn run(&mut self, end: usize) -> Begin<'a> {
        if self.target == Target::Register(10) {
            return Begin::Parameter(10);
        }
        for at in (0..end.min(self.path.walks.len())).rev() {
            let walk = self.path.walks[at];
            let found = match self.target {
                _ if walk.depth > self.depth => self.inside(at),
                _ if walk.depth < self.depth => self.outside(at),
                Target::Register(register) => self.register(at, register),
                Target::Slot(offset) => self.slot(at, offset),
            };
            if let Some(begin) = found {
                return begin;
            }
        }
        match self.target {
            _ if !self.path.whole => Begin::Unknown,
            Target::Register(register @ 1..=5) => Begin::Parameter(register),
            _ => Begin::Unset,
        }
    }

    /// In a function that was called and has returned: its result comes from its r0.
    fn inside(&mut self, at: usize) -> Option<Begin<'a>> {
        let walk = self.path.walks[at];
        let returns = walk.op == Op::Exit && walk.depth == self.depth + 1;
        match self.target {
            Target::Register(0) if returns => {
                let caller =
                    self.path.walks.get(at + 1).is_some_and(|next| next.depth == self.depth);
                if !caller {
                    return Some(Begin::Unknown);
                }
                self.link(at, "the function returns it");
                self.depth += 1;
                None
            }
            // What a function writes through a pointer to this stack is not followed.
            Target::Slot(_) => Some(Begin::Unknown),
            Target::Register(_) => None,
        }
    }

    /// In the function that called this one: a parameter comes from there.
    fn outside(&mut self, at: usize) -> Option<Begin<'a>> {
        let walk = self.path.walks[at];
        match (self.target, walk.op) {
            (Target::Register(register @ 1..=5), Op::Call(Callee::Local(_))) => {
                self.link(at, format!("r{register} is passed to the function here"));
                self.depth = walk.depth;
                None
            }
            (Target::Register(register @ 1..=5), Op::Call(Callee::Named(_))) => {
                Some(Begin::Parameter(register))
            }
            _ => Some(Begin::Unset),
        }
    }

    fn register(&mut self, at: usize, register: u8) -> Option<Begin<'a>> {
        let walk = self.path.walks[at];
        if let Op::Branch { left, operator, right, wide, .. } = walk.op
            && (left == register || right == Operand::Register(register))
        {
            self.branch(
                at,
                (register, wide),
                operator,
                if left == register { right } else { Operand::Register(left) },
            );
            return None;
        }
        if !walk.op.sets(register) {
            return None;
        }
        match walk.op {
            Op::Move { from: Operand::Register(10), .. } => {
                self.link(at, format!("r{register} points to the stack"));
                Some(Begin::Address { at })
            }
            Op::Move { from: Operand::Register(from), wide, .. } => {
                let part = if wide { "" } else { " (its lower 32 bits)" };
                self.link(at, format!("r{register} is a copy of r{from}{part}"));
                self.target = Target::Register(from);
                None
            }
            Op::Move { from: Operand::Constant(value), .. } => {
                let pointer = self.after(at, register).filter(|value| !value.is_scalar());
                if pointer.is_some() || walk.loads_address() {
                    let what = pointer.map_or("an address from the loader".into(), |v| v.words());
                    self.link(at, format!("r{register} is {what}"));
                    return Some(Begin::Address { at });
                }
                self.link(at, format!("r{register} is set to {value}"));
                Some(Begin::Constant { at })
            }
            Op::Change { operator, by, .. } => {
                self.change(at, register, operator, by);
                None
            }
            Op::Load { memory, .. } => self.load(at, register, memory),
            Op::Atomic { .. } | Op::Other { .. } => {
                self.link(at, format!("r{register} is calculated here"));
                Some(Begin::Computed { at })
            }
            Op::Call(callee) => Some(self.call(at, register, callee)),
            _ => Some(Begin::Unknown),
        }
    }

    fn call(&mut self, at: usize, register: u8, callee: Callee<'a>) -> Begin<'a> {
        let by = match callee {
            Callee::Named(name) => name,
            Callee::Local(_) => "a function of the program",
        };
        if register == 0 {
            let what = match self.after(at, 0) {
                Some(value) => format!("r0 is what {by} returns: {}", value.words()),
                None => format!("r0 is what {by} returns"),
            };
            self.link(at, what);
            Begin::Returned { by, at }
        } else {
            self.link(at, format!("the call of {by} ends the value of r{register}"));
            Begin::Clobbered { by, at }
        }
    }

    fn load(&mut self, at: usize, register: u8, memory: Memory) -> Option<Begin<'a>> {
        if let Some(base) = self.path.stack_offset(at, memory.base) {
            let offset = base.saturating_add(memory.offset);
            self.link(at, format!("r{register} is read back from the stack at {offset}"));
            self.target = Target::Slot(offset);
            return None;
        }
        let through = self.path.value(at, memory.base).or_else(|| {
            // Before 5.16 states are rare; but what r1 is at the beginning is certain.
            let main = self.path.walks[0].insn == 0 && self.depth == 0;
            let begin = Origin::of(self.path, at, memory.base).begin;
            (main && begin == Begin::Parameter(1)).then(|| Value::parse("ctx"))
        });
        let from = through.map_or("memory".into(), |value| value.words());
        let Memory { offset, size, .. } = memory;
        let bytes = plural(i64::from(size), "byte");
        let held = self.after(at, register).filter(|value| !value.is_scalar());
        let held = held.map_or(String::new(), |value| format!(": it is {}", value.words()));
        self.link(at, format!("r{register} is read from {from}, offset {offset}, {bytes}{held}"));
        Some(Begin::Read { memory, through, at })
    }

    fn change(&mut self, at: usize, register: u8, operator: &str, by: Operand) {
        let before = self.path.value(at, register);
        let pointer = before.is_some_and(|value| !value.is_scalar());
        let after = self.after(at, register).filter(Value::is_scalar);
        // A mask keeps the number, shifts by 32 only cut or extend it, and a counter goes by one.
        self.scaled |= !matches!(
            (operator, by),
            ("&", _)
                | ("<<" | ">>" | "s>>", Operand::Constant(32))
                | ("+", Operand::Constant(-1..=1))
        );
        let what = match by {
            Operand::Register(by) if operator == "+" || operator == "-" => {
                self.added.push((by, at));
                let added = self.path.value(at, by);
                let added = added.map_or(String::new(), |value| format!(" ({})", value.words()));
                let verb = if operator == "+" { "added to" } else { "subtracted from" };
                format!("r{by}{added} is {verb} r{register}")
            }
            Operand::Constant(by) if operator == "+" && pointer => {
                format!("{by} is added to the pointer in r{register}")
            }
            Operand::Constant(by) if operator == "+" => format!("{by} is added to r{register}"),
            _ => match after {
                Some(value) => format!("after this, r{register} is {}", value.words()),
                None => format!("r{register} is changed by `{operator}=`"),
            },
        };
        self.link(at, what);
    }

    fn branch(&mut self, at: usize, (register, wide): (u8, bool), operator: &str, right: Operand) {
        let Some(taken) = self.path.taken(at) else { return };
        let null_test = right == Operand::Constant(0) && matches!(operator, "==" | "!=");
        let before = self.path.value(at, register);
        let pointer = before.is_some_and(|value| !value.is_scalar());
        if null_test && pointer {
            let null = (operator == "==") == taken;
            let what = if null { "is NULL" } else { "is not NULL" };
            self.link(at, format!("tested here: from here on r{register} {what}"));
            return;
        }
        let after = self.path.value(at + 1, register).filter(Value::is_scalar);
        let range = after.and_then(|value| value.range().or(value.range32().filter(|_| !wide)));
        if let Some(range) = range {
            let name = if wide { 'r' } else { 'w' };
            self.link(at, format!("tested here: from here on {name}{register} is {}", span(range)));
        }
    }

    /// Back in the stack: who wrote this slot last?
    fn slot(&mut self, at: usize, offset: i64) -> Option<Begin<'a>> {
        let walk = self.path.walks[at];
        match walk.op {
            Op::Store { memory, value } => {
                let base = self.path.stack_offset(at, memory.base)?.saturating_add(memory.offset);
                let covers = base <= offset && offset < base.saturating_add(i64::from(memory.size));
                if !covers {
                    return None;
                }
                match value {
                    Operand::Register(from) if base == offset => {
                        self.link(at, format!("r{from} is kept on the stack at {offset}"));
                        self.target = Target::Register(from);
                        None
                    }
                    Operand::Constant(value) => {
                        self.link(at, format!("{value} is written to the stack at {offset}"));
                        Some(Begin::Constant { at })
                    }
                    Operand::Register(_) => Some(Begin::Computed { at }),
                }
            }
            Op::Call(Callee::Named(name)) => {
                let writes = (1..=5).any(|register| {
                    let start = self.path.stack_offset(at, register);
                    start.is_some_and(|start| start <= offset)
                });
                writes.then(|| {
                    self.link(at, format!("{name} may write to the stack at {offset}"));
                    Begin::Returned { by: name, at }
                })
            }
            Op::Atomic { .. } => Some(Begin::Unknown),
            _ => None,
        }
    }

    fn after(&self, at: usize, register: u8) -> Option<Value<'a>> {
        self.path.value(at + 1, register)
    }
}
