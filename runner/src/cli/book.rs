//! The arguments of `labrunner book`.

use std::path::PathBuf;

use clap::Args;

/// How to show the book.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BookArgs {
    /// Serve on this port of 127.0.0.1; 0 is any that is free. Without it, the first free one from
    /// 3000 on.
    #[arg(long, value_name = "PORT", conflicts_with = "build")]
    pub port: Option<u16>,

    /// Open no browser; the address is said in any case.
    #[arg(long, conflicts_with = "build")]
    pub no_open: bool,

    /// Build it, and do not serve it.
    #[arg(long)]
    pub build: bool,

    /// Where to build it, instead of `target/book`.
    #[arg(long, value_name = "DIR")]
    pub dest: Option<PathBuf>,
}
