//! The way that the verifier went from the program's beginning to the failing instruction.
//!
//! A log is a walk through a tree: at a jump that can go both ways the verifier puts one path off, and takes
//! it up when the other has ended, with a line `from 9 to 14: …`. So the line above is not always what came
//! before. What was put off last is taken up first.

use super::{op::Callee, op::Op, value::Value};
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
    fn next(&self) -> i64 {
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

#[derive(Clone, Copy)]
struct Node {
    item: usize,
    parent: Option<usize>,
    depth: u32,
}

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

fn walk<'a>(items: &[Item<'a>], node: &Node) -> Walk<'a> {
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

/// A jump whose other path may have been put off.
struct Pending {
    node: usize,
    from: u32,
    target: i64,
}

/// What stood between two instructions of a log.
#[derive(Clone, Copy, Default)]
struct Since {
    validating: bool,
    callee: bool,
    branch: Option<u32>,
    /// Where the next instruction is said to be, and in which frame.
    frame: Option<(Option<u32>, u32)>,
}

impl Since {
    fn note(&mut self, kind: &Kind<'_>) {
        match kind {
            Kind::Subprogram(text) => self.validating |= text.starts_with("Validating "),
            Kind::Frame(text) => self.callee |= text.starts_with("callee:"),
            Kind::Branch(branch) => {
                self.branch = Some(branch.from);
                self.frame = branch.state.map(|state| (Some(branch.to), state.frame));
            }
            Kind::State(state) if state.insn.is_some() => {
                self.frame = Some((state.insn, state.frame));
            }
            _ => {}
        }
    }

    fn node<'a>(
        &self,
        item: usize,
        instruction: &Instruction<'a>,
        items: &[Item<'a>],
        nodes: &[Node],
        pending: &mut Vec<Pending>,
    ) -> Node {
        let root = Node { item, parent: None, depth: 0 };
        let Some(last) = nodes.len().checked_sub(1).filter(|_| !self.validating) else {
            pending.clear();
            return root;
        };
        let previous = walk(items, &nodes[last]);
        let insn = instruction.index;
        let parent = self.parent(insn, last, &previous, pending);
        let mut depth = parent.map_or(0, |parent| nodes[parent].depth);
        if let Some(parent) = parent {
            let parent = walk(items, &nodes[parent]);
            let goes_in = match parent.op {
                Op::Call(_) => self.callee || i64::from(insn) != parent.next(),
                _ => false,
            };
            depth = match parent.op {
                Op::Exit => depth.saturating_sub(1),
                _ => depth + u32::from(goes_in),
            };
        }
        if let Some((at, frame)) = self.frame
            && at == Some(insn)
        {
            depth = frame;
        }
        Node { item, parent, depth }
    }

    /// The instruction before this one on its path, which is not always the one above.
    fn parent(
        &self,
        insn: u32,
        last: usize,
        previous: &Walk<'_>,
        pending: &mut Vec<Pending>,
    ) -> Option<usize> {
        let fits: Box<dyn Fn(&Pending) -> bool> = match self.branch {
            Some(from) if from == previous.insn => return Some(last),
            Some(from) => Box::new(move |jump| jump.from == from),
            None if follows(previous, insn) => return Some(last),
            None => Box::new(move |jump| jump.target == i64::from(insn)),
        };
        let at = pending.iter().rposition(fits)?;
        let parent = pending[at].node;
        pending.truncate(at);
        Some(parent)
    }
}

/// Whether `insn` can come right after an instruction.
fn follows(previous: &Walk<'_>, insn: u32) -> bool {
    let insn = i64::from(insn);
    match previous.op {
        Op::Exit => previous.depth > 0,
        Op::Goto(jump) => insn == previous.next() + jump,
        Op::Branch { jump, .. } => insn == previous.next() || insn == previous.next() + jump,
        Op::Call(Callee::Local(offset)) => {
            insn == previous.next() || insn == previous.next() + offset
        }
        Op::Call(Callee::Named(_)) => true, // a callback may be anywhere
        _ => insn == previous.next(),
    }
}
