//! The way that the verifier went from the program's beginning to the failing instruction.
//!
//! A log is a walk through a tree: at a jump that can go both ways the verifier puts one path off, and takes
//! it up when the other has ended, with a line `from 9 to 14: …`. So the line above is not always what came
//! before. What was put off last is taken up first.

use super::{
    op::Op,
    tree::{Node, Pending, Since},
    value::Value,
};
use crate::item::{Instruction, Item, Kind, State};

/// An instruction on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    /// Its place among the log's items.
    pub(crate) item: usize,
    pub(crate) insn: u32,
    pub(crate) text: &'a str,
    pub(crate) op: Op<'a>,
    /// Functions around it: 0 in the program itself.
    pub(crate) depth: u32,
    /// Instruction slots that it takes: 2 for a 64-bit load.
    width: u32,
}

impl Walk<'_> {
    /// The instruction behind it.
    pub(super) fn next(&self) -> i64 {
        i64::from(self.insn) + i64::from(self.width)
    }

    /// Whether it loads a kernel address, as the loader puts it in for a map or a function.
    pub(crate) fn loads_address(&self) -> bool {
        self.width == 2 && self.text.contains("= 0xffff")
    }
}

/// All of them in order; the last one is at fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path<'a> {
    items: &'a [Item<'a>],
    pub(crate) walks: Vec<Walk<'a>>,
    /// Whether it begins where the program or a function begins. If not, the log lacks its beginning.
    pub(crate) whole: bool,
}

/// How far back a register's value is looked for.
const NEAR: usize = 20_000;

impl<'a> Path<'a> {
    /// The way to the instruction at `last` among the items.
    pub(crate) fn to(items: &'a [Item<'a>], last: usize) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        let mut pending: Vec<Pending> = Vec::new();
        let mut since = Since::default();
        for (at, item) in items.iter().enumerate().take(last + 1) {
            let Kind::Instruction(instruction) = item.kind else {
                since.note(&item.kind);
                continue;
            };
            let node = since.node(at, &instruction, items, &nodes, &mut pending);
            let walk = walk(items, &node);
            if let (Op::Branch { .. }, Some(jump)) = (walk.op, walk.op.jump()) {
                let target = walk.next() + jump;
                pending.push(Pending { node: nodes.len(), from: walk.insn, target });
            }
            nodes.push(node);
            since = Since::default();
        }
        let mut walks = Vec::new();
        let mut at = nodes.len().checked_sub(1);
        while let Some(node) = at.map(|at| nodes[at]) {
            walks.push(walk(items, &node));
            at = node.parent;
        }
        walks.reverse();
        let whole = walks.first().is_some_and(|first| begins(items, first));
        Self { items, walks, whole }
    }

    /// The instruction at fault.
    pub(crate) fn end(&self) -> Option<usize> {
        self.walks.len().checked_sub(1)
    }

    /// Whether the jump at `at` was taken; `None` at the way's end.
    pub(crate) fn taken(&self, at: usize) -> Option<bool> {
        let next = self.walks.get(at + 1)?;
        Some(i64::from(next.insn) != self.walks[at].next())
    }

    /// What the register holds before the instruction at `at`, as far as the log says.
    pub(crate) fn value(&self, at: usize, register: u8) -> Option<Value<'a>> {
        let depth = self.walks.get(at)?.depth;
        let name = ["R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10"]
            .get(usize::from(register))?;
        if let Some(value) = self.dumped(at, depth, name) {
            return Some(Value::parse(value));
        }
        for at in (at.saturating_sub(NEAR)..=at).rev() {
            if let Some(value) = self.before(at, depth, name) {
                return Some(Value::parse(value));
            }
            let earlier = self.walks.get(at.checked_sub(1)?)?;
            if earlier.depth != depth {
                continue;
            }
            if let Some(value) = self.after(at - 1, name) {
                return Some(Value::parse(value));
            }
            if earlier.op.sets(register) {
                return None;
            }
        }
        None
    }

    /// The offset from the frame pointer that the register has before the instruction at `at`.
    pub(crate) fn stack_offset(&self, at: usize, register: u8) -> Option<i64> {
        let depth = self.walks.get(at)?.depth;
        let (mut register, mut offset) = (register, 0);
        for walk in self.walks[at.saturating_sub(NEAR)..at].iter().rev() {
            if register == 10 {
                return Some(offset);
            }
            if walk.depth != depth || !walk.op.sets(register) {
                continue;
            }
            use super::op::Operand::{Constant, Register};
            match walk.op {
                Op::Move { from: Register(from), wide: true, .. } => register = from,
                Op::Change { operator: "+", by: Constant(by), .. } => {
                    offset = offset.saturating_add(by)
                }
                _ => return None,
            }
        }
        (register == 10).then_some(offset)
    }

    /// A state printed for the instruction itself, before it.
    fn before(&self, at: usize, depth: u32, name: &str) -> Option<&'a str> {
        let walk = self.walks[at];
        let above = self.items[..walk.item].iter().rev();
        above.take_while(|item| !matches!(item.kind, Kind::Instruction(_))).find_map(|item| {
            let state = match item.kind {
                Kind::Branch(branch) if branch.to == walk.insn => branch.state?,
                Kind::State(state) if state.insn == Some(walk.insn) => state,
                _ => return None,
            };
            (state.frame == depth).then(|| state.get(name)).flatten()
        })
    }

    /// The state printed behind an instruction, or, before 5.16, below a jump.
    fn after(&self, at: usize, name: &str) -> Option<&'a str> {
        let walk = self.walks[at];
        if let Kind::Instruction(Instruction { state: Some(state), .. }) =
            self.items[walk.item].kind
            && state.frame == walk.depth
        {
            return state.get(name);
        }
        let jump = matches!(walk.op, Op::Branch { .. }) && self.taken(at) == Some(false);
        jump.then(|| self.below(walk.item, walk.depth)?.get(name)).flatten()
    }

    /// The state that kernels before 5.16 print below an access that they refuse, as it was before.
    fn dumped(&self, at: usize, depth: u32, name: &str) -> Option<&'a str> {
        let walk = self.walks[at];
        let access = matches!(walk.op, Op::Load { .. } | Op::Store { .. } | Op::Atomic { .. });
        access.then(|| self.below(walk.item, depth)?.get(name)).flatten()
    }

    /// The first line below an item, if it is a state that no precision line claims.
    fn below(&self, item: usize, depth: u32) -> Option<State<'a>> {
        match self.items.get(item + 1)?.kind {
            Kind::State(state) if state.insn.is_none() && state.frame == depth => Some(state),
            _ => None,
        }
    }
}

pub(super) fn walk<'a>(items: &[Item<'a>], node: &Node) -> Walk<'a> {
    let Item { kind: Kind::Instruction(instruction), .. } = items[node.item] else {
        unreachable!("nodes are made of instructions")
    };
    let Instruction { index, text, .. } = instruction;
    let (op, width) = (Op::parse(text), instruction.width());
    Walk { item: node.item, insn: index, text, op, depth: node.depth, width }
}

/// Whether nothing came before: the program's first instruction, or a function's that is checked alone.
fn begins(items: &[Item<'_>], first: &Walk<'_>) -> bool {
    let validating = |item: &Item<'_>| match item.kind {
        Kind::Subprogram(text) => text.starts_with("Validating "),
        _ => false,
    };
    first.insn == 0 && first.depth == 0
        || items[..first.item]
            .iter()
            .rev()
            .take_while(|item| !matches!(item.kind, Kind::Instruction(_)))
            .any(validating)
}
