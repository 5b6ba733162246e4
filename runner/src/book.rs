//! The workbook: the program that builds and serves it, its pages, and how a browser comes to them.

pub mod browser;
pub mod meet;
pub mod pages;
pub mod program;
