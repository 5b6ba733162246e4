//! A part of a class, for one of several machines.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of several equal parts: `0/8` is the first of eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 0, as `JOB_COMPLETION_INDEX` counts.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Shard {
    /// Whether it has the nth submission, from 0, of all in their order. They are dealt out one by one, so
    /// that the parts are equal.
    pub fn has(self, nth: usize) -> bool {
        nth % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Some(Self { index: index.parse().ok()?, count: count.parse().ok()? })
        });
        match parts {
            Some(shard) if shard.index < shard.count => Ok(shard),
            Some(Self { count: count @ 1.., .. }) => Err(format!(
                "of {count} parts the first is 0/{count} and the last {}/{count}",
                count - 1
            )),
            _ => Err("a part is INDEX/COUNT, such as 0/8 for the first of eight".into()),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_submission_is_in_one_part() {
        let shards: Vec<Shard> =
            (0..3).map(|index| format!("{index}/3").parse().unwrap()).collect();
        for nth in 0..20 {
            assert_eq!(shards.iter().filter(|shard| shard.has(nth)).count(), 1, "{nth}");
        }
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for (text, expected) in [
            ("3/3", "of 3 parts the first is 0/3 and the last 2/3"),
            ("0/0", "a part is INDEX/COUNT"),
            ("1", "a part is INDEX/COUNT"),
            ("-1/3", "a part is INDEX/COUNT"),
            ("/3", "a part is INDEX/COUNT"),
        ] {
            let error = text.parse::<Shard>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
