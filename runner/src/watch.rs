//! `labrunner watch`: a verdict after each save.
//!
//! One thread sees everything that happens ([`session`]): changes of files ([`events`], [`files`]), keys, and
//! what came of a run. A second one runs ([`worker`]): machines end with the thread that started them, so
//! it lives as long as the watch does. Each run has a number; what comes of any but the last is dropped,
//! and a verdict is shown only if the files are still what they were when its run began.
//!
//! In front of that there are two: [`interactive`] with a [`screen`] and [`keys`] in a [`terminal`], and
//! [`headless`].

pub mod debounce;
pub mod editor;
pub mod events;
pub mod files;
pub mod guard;
pub mod headless;
pub mod interactive;
pub mod keys;
pub mod menu;
pub mod screen;
pub mod session;
pub mod spare;
pub mod target;
pub mod terminal;
pub mod worker;
