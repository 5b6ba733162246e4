//! Builds the workbook in all its languages, and serves it.
//!
//! A book is a folder with a `book.toml` and, for each language that it is translated into, a table
//! `po/LANG.po` of gettext. [`build`] makes the site, [`serve`] shows it and follows its changes,
//! [`messages`] writes what there is to translate. Nothing here knows of labs: what a learner has done
//! comes in as notes, each for a page.

mod anchors;
pub mod build;
mod complaints;
mod config;
pub mod language;
mod menu;
pub mod messages;
pub mod serve;
mod site;
