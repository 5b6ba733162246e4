//! The lines that are printed. `labrunner verify` reads them (`runner/src/verify/answer.rs`).

use serde::Serialize;

/// Of the object.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectLine {
    /// 0 if it can be opened; from 4000 on the numbers are libbpf's own.
    pub(crate) errno: i32,
    /// libbpf's warnings.
    pub(crate) words: Vec<String>,
    /// How many programs it has, and so how many lines follow.
    pub(crate) programs: usize,
}

/// Of a program.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ProgramLine {
    pub(crate) program: String,
    pub(crate) section: String,
    /// The kernel's name of its type: `kprobe`, `sched_cls`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// 0 if it loads.
    pub(crate) errno: i32,
    /// Instructions that the verifier walked, each as often as it did. This and what follows is missing
    /// if the verifier has not been asked, or does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insns: Option<u64>,
    /// States ever kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) states: Option<u64>,
    /// States kept at one time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peak_states: Option<u64>,
    /// As in the log: `16+8` bytes per function, from 7.x on `16+8 max 24`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stack: Option<String>,
    /// Verification time in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) us: Option<u64>,
    /// libbpf's warnings.
    pub(crate) words: Vec<String>,
    /// The verifier's log of a program that is refused.
    pub(crate) log: String,
}
