//! What the verifier counts while it works.

use crate::{item::Kind, log::Log, scan};

/// One line of the statistics that end a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// `processed 23 insns (limit 1000000) max_states_per_insn 0 total_states 1 …`
    Processed {
        /// Instructions walked, each as often as it was walked.
        insns: u64,
        /// The most that the kernel walks before it gives up.
        limit: u64,
        /// States kept at the instruction that has most of them.
        max_states_per_insn: u64,
        /// States ever kept.
        total_states: u64,
        /// States kept at one time.
        peak_states: u64,
        /// Longest walk back to mark a value as read.
        mark_read: u64,
    },
    /// `verification time 138 usec` (log level 4)
    Time {
        /// Microseconds.
        usec: u64,
    },
    /// `stack depth 16+0`, from 7.x on `stack depth 16+0 max 16` or `stack depth max 16` (log level 4)
    StackDepth,
    /// `subprog 1 (sum_of) global insns_self 1 …` (log level 4, from 7.x on)
    Subprogram,
}

impl Statistic {
    /// Reads one line, or says that it is not of this kind.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("processed ") {
            return Self::processed(rest);
        }
        if let Some(rest) = line.strip_prefix("verification time ") {
            let (usec, rest) = scan::number(rest)?;
            return (rest == " usec").then_some(Self::Time { usec });
        }
        if let Some(rest) = line.strip_prefix("stack depth ") {
            let rest = rest.strip_prefix("max ").unwrap_or(rest);
            return scan::number(rest).map(|_| Self::StackDepth);
        }
        let (_, rest) = scan::number(line.strip_prefix("subprog ")?)?;
        (rest.starts_with(" (") && rest.contains(" insns_self ")).then_some(Self::Subprogram)
    }

    fn processed(rest: &str) -> Option<Self> {
        let (insns, rest) = scan::number(rest)?;
        let (limit, rest) = scan::number(rest.strip_prefix(" insns (limit ")?)?;
        let after = |key: &str| {
            rest.split_once(key).and_then(|(_, rest)| scan::number(rest)).map_or(0, |(n, _)| n)
        };
        Some(Self::Processed {
            insns,
            limit,
            max_states_per_insn: after("max_states_per_insn "),
            total_states: after("total_states "),
            peak_states: after("peak_states "),
            mark_read: after("mark_read "),
        })
    }
}

/// Where in `line` the statistics begin when an error text shares the line with them.
pub(crate) fn glued_start(line: &str) -> Option<usize> {
    // Cheaper than a search for the text: few lines have a `p` that an `r` follows.
    let bytes = line.as_bytes();
    let places = (1..bytes.len()).filter(|&at| bytes[at..].starts_with(b"processed "));
    places.into_iter().find(|&at| {
        let rest = scan::number(&line[at + "processed ".len()..]).map(|(_, rest)| rest);
        at > 0 && rest.is_some_and(|rest| rest.starts_with(" insns (limit "))
    })
}

/// The statistics of a whole log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Instructions walked.
    pub insns: u64,
    /// The most that the kernel walks.
    pub limit: u64,
    /// States kept at the busiest instruction.
    pub max_states_per_insn: u64,
    /// States ever kept.
    pub total_states: u64,
    /// States kept at one time.
    pub peak_states: u64,
    /// Longest walk back to mark a value as read.
    pub mark_read: u64,
    /// Microseconds, where the log tells them (log level 4).
    pub usec: Option<u64>,
    /// Bytes of stack per function, where the log tells them (log level 4).
    pub stack_depth: Vec<u32>,
}

impl Statistics {
    pub(crate) fn of(log: &Log<'_>) -> Option<Self> {
        let mut all = Self::default();
        let mut found = false;
        for item in log.items() {
            let Kind::Statistics(statistic) = item.kind else { continue };
            match statistic {
                Statistic::Processed {
                    insns,
                    limit,
                    max_states_per_insn,
                    total_states,
                    peak_states,
                    mark_read,
                } => {
                    found = true;
                    all = Self {
                        insns,
                        limit,
                        max_states_per_insn,
                        total_states,
                        peak_states,
                        mark_read,
                        ..all
                    };
                }
                Statistic::Time { usec } => all.usec = Some(usec),
                Statistic::StackDepth => {
                    let depths = item.raw.trim().strip_prefix("stack depth ").unwrap_or_default();
                    all.stack_depth = depths_of(depths);
                }
                Statistic::Subprogram => {}
            }
        }
        found.then_some(all)
    }
}

/// The functions' parts of `16+0`, `16+0 max 16` and `max 16`; none in the last.
fn depths_of(text: &str) -> Vec<u32> {
    let parts = text.split(' ').next().unwrap_or_default();
    parts.split('+').filter_map(|depth| depth.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::depths_of;

    #[test]
    fn the_depth_of_each_function_is_read_on_every_kernel() {
        for (text, expected) in
            [("16+0", &[16, 0][..]), ("8 max 0", &[8]), ("16+8 max 24", &[16, 8]), ("max 16", &[])]
        {
            assert_eq!(depths_of(text), expected, "{text}");
        }
    }
}
