//! From a message to its category.

use crate::{category::Category, pattern::matches};

/// The category of a deciding message, or `None` for a message that is not known here.
///
/// Messages that 7.3's report categorises have the kernel's category here as well, so that the same
/// fault is of the same kind on every kernel. The others follow the kernel's own division of
/// subjects: direct access to maps, packets, contexts and the stack is memory safety, memory and
/// size pairs of calls are call types, licence and attach rules are policy.
///
/// ```
/// use verifier_log::{Category, classify};
/// assert_eq!(classify("R2 !read_ok"), Some(Category::RegisterTypeSafety));
/// assert_eq!(classify("the moon is full"), None);
/// ```
pub fn classify(message: &str) -> Option<Category> {
    let message = message.trim();
    RULES
        .iter()
        .find(|(_, patterns)| patterns.iter().any(|pattern| matches(pattern, message)))
        .map(|(category, _)| *category)
}

/// Whether a line only sums up the one before it.
pub(crate) fn is_afterword(message: &str) -> bool {
    matches("* would lead to reference leak", message)
}

type Rule = (Category, &'static [&'static str]);

/// Looked through in order: the first rule with a fitting pattern decides.
const RULES: &[Rule] = &[
    (Category::VerifierInternalError, INTERNAL),
    (Category::VerifierLimit, LIMIT),
    (Category::Policy, POLICY),
    (Category::ProgramStructure, STRUCTURE),
    (Category::ExecutionContextSafety, CONTEXT),
    (Category::ResourceLifetimeSafety, LIFETIME),
    (Category::CallTypeSafety, CALL),
    (Category::MemorySafety, MEMORY),
    (Category::RegisterTypeSafety, REGISTER),
];

const INTERNAL: &[&str] = &[
    "kernel subsystem misconfigured verifier",
    "verifier internal error*",
    "verifier bug*",
    "BUG*",
];

const LIMIT: &[&str] = &[
    "BPF program is too large*",
    "The sequence of * jumps is too complex*",
    "combined stack size of *",
    "the call stack of *",
    "tail_calls are not allowed when call stack of *",
    "too many subprograms",
    "too many different kernel function calls",
];

const POLICY: &[&str] = &[
    "cannot call GPL-restricted function from non-GPL compatible program",
    "cannot call kernel function from non-GPL compatible program",
    "unknown func *",
    "invalid func unknown#*",
    "program of this type cannot use helper *",
    "calling kernel function * is not allowed",
    "calling invalid kernel function*",
    "kernel function call*not supported*",
    "tracing progs cannot use *",
    "* progs cannot use bpf_*",
    "* is not modifiable",
    "* is not sleepable",
    "attach_btf_id * is not a function",
    "loading/calling other bpf or kernel functions are allowed for*",
    "function calls to other bpf functions are allowed for*",
];

const STRUCTURE: &[&str] = &[
    "unreachable insn *",
    "last insn is not an exit or jmp",
    "jump out of range from insn *",
    "jump into the middle of ldimm64*",
    "recursive call from *",
    "back-edge from insn *",
    "infinite loop detected at insn *",
    "number of funcs in func_info doesn't match number of subprogs",
    "div by zero",
    "invalid shift *",
    "invalid BPF_LD_IMM insn",
    "unknown opcode *",
    "unknown insn class *",
    "invalid bpf_ld_imm64 insn",
    "BPF_* uses reserved fields",
    "invalid call destination*",
    "no program starts at insn *",
    // Texts that libbpf puts in place of the kernel's `invalid func unknown#…`.
    "failed to resolve CO-RE relocation *",
    "BPF map '*' is referenced but wasn't created",
    "kfunc '*' is referenced but wasn't resolved",
];

const CONTEXT: &[&str] = &[
    "* cannot be used inside bpf_*ed region*",
    "* cannot be used inside *_lock-ed region",
    "bpf_spin_unlock is missing",
    "function calls are not allowed while holding a lock",
    "helper call might sleep in a non-sleepable prog",
    "sleepable helper * in *",
    "sleepable helper * within *",
    "kernel func * is sleepable within *",
    "program must be sleepable to call sleepable kfunc *",
    "unmatched rcu read unlock*",
    "unmatched attempt to enable preemption*",
    "global function calls are not allowed while holding a lock*",
];

const LIFETIME: &[&str] = &[
    "Unreleased reference id=*",
    "* would lead to reference leak",
    "Expected an initialized dynptr as *",
    "Expected an initialized *",
    "expected an initialized *",
    "expected uninitialized *",
    "expected an uninitialized *",
    "expected an RCU CS when using *",
    "Dynptr has to be an uninitialized dynptr",
    "reference has not been acquired before",
    "cannot overwrite referenced dynptr",
];

const CALL: &[&str] = &[
    "expected prog array map for tail call*",
    "R? type=* expected=*",
    "R?? type=* expected=*",
    "helper wants pointer to allocated memory",
    "cannot pass map_type * into func *",
    "Possibly NULL pointer passed to *",
    "R? must be a rcu pointer",
    "R? must be referenced*",
    "arg#* must be *",
    "release kernel function * expects *",
    "release kfunc * expects *",
    "R? does not point to a readonly map*",
    "R? min value is negative, either use unsigned or 'var &= const'",
    "R? unbounded memory access, use 'var &= const' or 'if (var < const)'",
    "Caller passes invalid args into func#*",
    "Arg#* in * is not supported yet.",
    "arg#* expect* pointer to *",
    "R? expects pointer to *",
    "R? must be a known constant",
    "R? is not a known constant*",
];

const MEMORY: &[&str] = &[
    "invalid access to *",
    "R* value is outside of the allowed memory range",
    "R* offset is outside of the packet",
    "R* unbounded memory access, make sure to bounds check any such access",
    "invalid variable-offset * stack *",
    "invalid indirect *",
    "invalid read from stack *",
    "invalid write to stack *",
    "invalid stack *",
    "invalid zero-sized *",
    "R? invalid zero-sized *",
    "invalid bpf_context access *",
    "variable ctx access *",
    "func '*' doesn't have *-th argument",
    "misaligned * access *",
    "invalid size of register *",
    "corrupted spill memory",
    "attempt to corrupt spilled pointer on stack",
    "only read is supported",
    "write into map forbidden*",
    "read from map forbidden*",
    "cannot write into *",
    "access beyond struct *",
];

const REGISTER: &[&str] = &[
    "R* invalid mem access '*'",
    "R* !read_ok",
    "R* pointer arithmetic *",
    "R* 32-bit pointer arithmetic prohibited",
    "R* bitwise operator * on pointer prohibited",
    "R* pointer comparison prohibited",
    "R* tried to * from different maps, paths, or prohibited types*",
    "R* has pointer with unsupported alu operation*",
    "value * makes * pointer be out of bounds",
    "* pointer offset * is not allowed",
    "math between * pointer and *",
    "dereference of modified *",
    "negative offset * ptr * off=* disallowed",
    "frame pointer is read only",
    "same insn cannot be used with different pointers",
    "BPF_* stores into R* is not allowed",
    "At program exit the register R0 *",
    "At callback return the register R0 *",
    "At async callback the register R0 *",
    "At subprogram exit the register R0 *",
    "R0 leaks addr as return value",
    "R* leaks addr *",
    "R* partial copy of pointer",
    "R* sign-extension part of pointer",
];
