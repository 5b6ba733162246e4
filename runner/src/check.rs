//! Every lab and every known mistake on every kernel: what to run, running it, and telling of it.
//!
//! A [`plan::Plan`] is rows (labs and their breaks) by columns (kernels). The [`pool`] runs its cells,
//! several at a time, and sends each as it finishes; [`table`], [`tally`] and [`junit`] say what came
//! of it. Those three do no I/O; [`progress`] is the line on the terminal meanwhile.

pub mod jobs;
pub mod junit;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod table;
pub mod tally;
