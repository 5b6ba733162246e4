#![doc = include_str!("../README.md")]

mod category;
mod classify;
pub mod explain;
mod failure;
pub mod framing;
pub mod input;
mod item;
mod line;
mod locate;
mod log;
mod pattern;
mod report;
mod scan;
pub mod source;
mod statistics;

pub use category::{Category, UnknownCategory};
pub use classify::classify;
pub use failure::{Failure, SourceRef};
pub use item::{Branch, Instruction, Item, Kind, ReportLine, Source, State};
pub use log::Log;
pub use pattern::matches;
pub use report::{At, Report, Section};
pub use statistics::{Statistic, Statistics};
