//! The tree of paths that a log walks through.

use super::{
    op::{Callee, Op},
    path::{Walk, walk},
};
use crate::item::{Instruction, Item, Kind};

/// An instruction of the log, and which one came before it on its path.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) item: usize,
    pub(super) parent: Option<usize>,
    pub(super) depth: u32,
}

/// A jump whose other path may have been put off.
pub(super) struct Pending {
    pub(super) node: usize,
    pub(super) from: u32,
    pub(super) target: i64,
}

/// What stood between two instructions of a log.
#[derive(Clone, Copy, Default)]
pub(super) struct Since {
    validating: bool,
    callee: bool,
    branch: Option<u32>,
    /// Where the next instruction is said to be, and in which frame.
    frame: Option<(Option<u32>, u32)>,
}

impl Since {
    /// Takes notice of a line.
    pub(super) fn note(&mut self, kind: &Kind<'_>) {
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

    /// The next instruction's place in the tree.
    pub(super) fn node<'a>(
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
