//! Reports as text for people and as JSON for programs.

pub mod diff;
pub mod doctor;
pub mod explain;
pub mod json;
pub mod kernels;
pub mod list;
pub mod listing;
pub mod notes;
pub mod page;
pub mod text;
pub mod verify;
pub mod watch;
