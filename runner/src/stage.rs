//! The stages that a lab goes through, in order.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One stage of a lab. The order is the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// clang turns the BPF C into an object.
    Compile,
    /// A fresh machine is restored, or on the host, rights are raised.
    Start,
    /// The lab's process starts and reads the object.
    Open,
    /// The kernel verifies the programs and makes the maps.
    Load,
    /// The programs are attached.
    Attach,
    /// The stimulus makes the events that the lab is about.
    Trigger,
    /// The lab tells what it saw.
    Observe,
    /// What it printed is compared with what is expected.
    Compare,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compile => "compile",
            Self::Start => "start",
            Self::Open => "open",
            Self::Load => "load",
            Self::Attach => "attach",
            Self::Trigger => "trigger",
            Self::Observe => "observe",
            Self::Compare => "compare",
        })
    }
}

/// How long a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Which stage.
    pub stage: Stage,
    /// How long.
    pub took: Duration,
}
