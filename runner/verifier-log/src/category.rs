//! The kinds of failure that the kernel itself tells apart.

use std::{fmt, str::FromStr};

/// What kind of rule a program broke.
///
/// The nine names are the kernel's own: from 7.3 on its report begins with
/// `Verification failed: CATEGORY: PROBLEM` (`kernel/bpf/diagnostics.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// An access may lie outside its object, or the object does not allow it.
    MemorySafety,
    /// A register holds a value of a type that the instruction cannot take.
    RegisterTypeSafety,
    /// An argument does not fit what the helper, kfunc or function expects.
    CallTypeSafety,
    /// Something acquired is not released, or used before or after its life.
    ResourceLifetimeSafety,
    /// An operation that the surrounding region or program kind rules out.
    ExecutionContextSafety,
    /// The shape of the program: jumps, ends, loops, malformed instructions.
    ProgramStructure,
    /// Permissions: licence, program type, attach target.
    Policy,
    /// The verifier's own bounds: size, stack, depth, complexity.
    VerifierLimit,
    /// The verifier met a state that it holds to be impossible.
    VerifierInternalError,
}

impl Category {
    /// All nine, in the kernel's order.
    pub const ALL: [Self; 9] = [
        Self::MemorySafety,
        Self::RegisterTypeSafety,
        Self::CallTypeSafety,
        Self::ResourceLifetimeSafety,
        Self::ExecutionContextSafety,
        Self::ProgramStructure,
        Self::Policy,
        Self::VerifierLimit,
        Self::VerifierInternalError,
    ];

    /// The kernel's name, for example `Register Type Safety`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MemorySafety => "Memory Safety",
            Self::RegisterTypeSafety => "Register Type Safety",
            Self::CallTypeSafety => "Call Type Safety",
            Self::ResourceLifetimeSafety => "Resource Lifetime Safety",
            Self::ExecutionContextSafety => "Execution Context Safety",
            Self::ProgramStructure => "Program Structure",
            Self::Policy => "Policy",
            Self::VerifierLimit => "Verifier Limit",
            Self::VerifierInternalError => "Verifier Internal Error",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of the nine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the verifier's error categories")]
pub struct UnknownCategory(pub String);

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|category| category.name() == name);
        found.ok_or_else(|| UnknownCategory(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_both_ways() {
        for category in Category::ALL {
            assert_eq!(category.to_string().parse(), Ok(category));
        }
        assert!("Memory".parse::<Category>().is_err());
    }
}
