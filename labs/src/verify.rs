//! Gives one program at a time to the verifier, and tells what it said of it.

use std::fmt;

use anyhow::{Context, Result};
use libbpf_rs::{Object, OpenObject};
use verifier_log::{Category, Log, framing};

use crate::lab::Lab;
use crate::libbpf_log;

/// Log level for the counters and the error message alone: no instructions, so it is fast.
pub const COUNTERS: u32 = 4;

/// Log level for every instruction with the state of the registers, on every path.
pub const EVERYTHING: u32 = 2;

/// What the verifier said of a program.
#[derive(Debug)]
pub struct Answer {
    /// The loaded object, with this one program; `None` when it was refused.
    pub object: Option<Object>,
    /// How many instructions were walked, each as often as it was walked.
    pub walked: Option<u64>,
    /// Why the program was refused; for a program that was accepted, or refused by libbpf, `None`.
    pub refusal: Option<Refusal>,
    /// The verifier's log.
    pub log: String,
    /// All that libbpf said, the log included.
    pub said: String,
}

/// Why a program was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line of the log that decides.
    pub message: String,
    /// The kind of rule that is broken, if it is known.
    pub category: Option<Category>,
}

impl Lab {
    /// Opens the object once more, prepares it, and loads `program` and no other.
    ///
    /// # Errors
    /// The object cannot be opened, or has no such program. That the kernel refuses the program is an
    /// answer, not an error.
    pub fn verify(
        &self,
        program: &str,
        level: u32,
        prepare: impl FnOnce(&mut OpenObject) -> Result<()>,
    ) -> Result<Answer> {
        let mut object = self.only(program)?;
        object.progs_mut().for_each(|mut program| program.set_log_level(level));
        prepare(&mut object)?;
        let (loaded, said) = libbpf_log::kept(|| object.load());
        Ok(Answer::new(loaded.ok(), said.concat()))
    }

    /// Loads `program` and no other; when it is refused, libbpf prints its log as for any other lab.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_only(
        &self,
        program: &str,
        prepare: impl FnOnce(&mut OpenObject) -> Result<()>,
    ) -> Result<Object> {
        let mut object = self.only(program)?;
        prepare(&mut object)?;
        self.load(object)
    }

    fn only(&self, program: &str) -> Result<OpenObject> {
        let mut object = self.open_unmarked()?;
        let mut found = false;
        for mut candidate in object.progs_mut() {
            let wanted = candidate.name() == program;
            candidate.set_autoload(wanted);
            found |= wanted;
        }
        found.then_some(object).with_context(|| format!("the object has no program {program}"))
    }
}

impl Answer {
    fn new(object: Option<Object>, said: String) -> Self {
        let logs = framing::split(&said);
        let text = logs.last().map_or("", |found| found.log).to_owned();
        let log = Log::parse(&text);
        let walked = log.statistics().map(|statistics| statistics.insns);
        let failure = log.failure().filter(|_| object.is_none());
        let refusal = failure.map(|failure| Refusal {
            message: failure.message.to_owned(),
            category: failure.category,
        });
        Self { object, walked, refusal, log: text, said }
    }

    /// Whether the program was accepted.
    pub fn accepted(&self) -> bool {
        self.object.is_some()
    }
}

/// `accepted`, or `refused: ` and the message.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            _ if self.accepted() => f.write_str("accepted"),
            Some(refusal) => write!(f, "refused: {}", refusal.message),
            None => f.write_str("refused without a word"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_and_the_message_are_found_in_what_libbpf_said() {
        let said = "libbpf: prog 'p': BPF program load failed: -EACCES\n\
                    libbpf: prog 'p': -- BEGIN PROG LOAD LOG --\n\
                    R0 !read_ok\n\
                    processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 \
                    peak_states 0 mark_read 0\n\
                    -- END PROG LOAD LOG --\n";
        let answer = Answer::new(None, said.to_owned());
        assert_eq!(answer.walked, Some(7));
        assert_eq!(answer.to_string(), "refused: R0 !read_ok");
        let category = answer.refusal.and_then(|refusal| refusal.category);
        assert_eq!(category, Some(Category::RegisterTypeSafety));
    }
}
