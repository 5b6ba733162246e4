//! Runs the labs of the course in a real kernel and checks what they did.
//!
//! Data flows one way: manifest and BPF C → [`compile`] → [`engine`] and [`conduct`] (a transcript) →
//! [`outcome`] → [`judge`] (a verdict) → [`report`] → [`render`]. No module reaches back.

pub mod archive;
pub mod backup;
pub mod book;
pub mod by_hand;
pub mod cache;
pub mod cancel;
pub mod catalogue;
pub mod check;
pub mod child;
pub mod cli;
pub mod command;
pub mod compare;
pub mod compile;
pub mod complete;
pub mod conduct;
pub mod confine;
pub mod course;
pub mod doctor;
pub mod edit;
pub mod editor;
pub mod engine;
pub mod error;
pub mod expected;
pub mod features;
pub mod grade;
pub mod hint;
pub mod interrupt;
pub mod judge;
pub mod kernels;
pub mod left;
pub mod manifest;
pub mod normalise;
pub mod outcome;
pub mod programs;
pub mod progress;
pub mod record;
pub mod refusal;
pub mod render;
pub mod report;
pub mod run;
pub mod saved;
pub mod settings;
pub mod shell;
pub mod shipped;
pub mod stage;
pub mod subject;
pub mod tools;
pub mod transcript;
pub mod verify;
pub mod versioned;
pub mod watch;
pub mod workspace;
