//! What a lab did, as it happened.

use std::time::{Duration, Instant};

use microvm::ExitStatus;

use crate::stage::{Stage, Timing};

/// Everything that was seen of one run.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// What the lab printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error, without the stage marks.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub end: End,
    /// The stage in which it ended.
    pub reached: Stage,
    /// How long each stage took.
    pub stages: Vec<Timing>,
    /// What came of those events that are to be shown, one line each.
    pub events: Vec<String>,
    /// Process numbers that made the events of the stimulus.
    pub stimulus: Vec<u32>,
    /// What the engine's stimulus added to user ids.
    pub uid_base: u32,
    /// Whether others used the same kernel.
    pub shared: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The lab's process ended.
    Exited(ExitStatus),
    /// It was still running after this time and was ended.
    TimedOut(Duration),
    /// The stimulus could not make its events while the program was attached; what it said.
    Disturbed(String),
    /// It printed more than this number of bytes and was ended.
    TooMuchOutput(usize),
}

/// A stop watch that knows the stages.
#[derive(Debug)]
pub struct Watch {
    stage: Stage,
    since: Instant,
    done: Vec<Timing>,
}

impl Watch {
    /// Starts in a stage.
    pub fn start(stage: Stage) -> Self {
        Self { stage, since: Instant::now(), done: Vec::new() }
    }

    /// The stage that runs.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The next stage begins; going back, or staying, changes nothing.
    pub fn enter(&mut self, stage: Stage) {
        if stage > self.stage {
            self.done.push(Timing { stage: self.stage, took: self.since.elapsed() });
            (self.stage, self.since) = (stage, Instant::now());
        }
    }

    /// All stages, the last one ended now.
    pub fn finish(mut self) -> Vec<Timing> {
        self.done.push(Timing { stage: self.stage, took: self.since.elapsed() });
        self.done
    }
}
