//! Many submissions of a class: what is graded of them, and what came of it.
//!
//! A [`submission`] is a learner's folder. Of it, only files with the names that the course knows are read,
//! and with care ([`files`], [`handed_in`]). A [`task`] is a lab or an exercise; an [`assignment`] is several, with
//! points. [`grader`] does one task of one submission: clang behind walls (see [`crate::confine`]), then a
//! machine of its own. Each result is a [`row`], written down in the [`journal`] at once, so that an
//! interrupted run goes on where it was; [`output`] writes the files of results, which [`csv`], [`json`],
//! [`junit`] and [`handout`] render without I/O.

pub mod assignment;
pub mod csv;
pub mod files;
pub mod grader;
pub mod handed_in;
pub mod handout;
pub mod journal;
pub mod json;
pub mod junit;
pub mod key;
pub mod output;
pub mod row;
pub mod shard;
pub mod submission;
pub mod task;
