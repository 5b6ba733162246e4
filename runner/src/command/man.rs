//! `labrunner man`: the manual pages, made of what `--help` says.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::print;
use crate::cli::{Cli, ManArgs};
use crate::error::{Error, PASSED};

/// Prints labrunner(1), or writes all pages into a folder.
pub fn run(args: &ManArgs) -> Result<u8, Error> {
    let mut command = Cli::command();
    command.build();
    match &args.folder {
        None => print(&page(&command))?,
        Some(folder) => {
            let cannot = |e: std::io::Error| {
                Error::unable(
                    format!("the pages cannot be written to {}: {e}.", folder.display()),
                    "Name a folder that you may write to, such as ~/.local/share/man/man1.",
                )
            };
            fs::create_dir_all(folder).map_err(cannot)?;
            write_all(&command, folder).map_err(cannot)?;
        }
    }
    Ok(PASSED)
}

/// A page for a command, and one for each of those within it that are shown.
fn write_all(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(folder.join(format!("{name}.1")), page(command))?;
    let within = command.get_subcommands().filter(|command| !command.is_hide_set());
    within.filter(|command| command.get_name() != "help").try_for_each(|c| write_all(c, folder))
}

fn page(command: &clap::Command) -> String {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).expect("writing to memory does not fail");
    String::from_utf8_lossy(&page).into_owned()
}
