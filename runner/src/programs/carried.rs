//! The programs that labrunner carries, for a workspace without a compiler.
//!
//! They fit as long as their sources are as they were laid out. Only those of the lab that is run count: a
//! learner who has changed the Rust side of one lab runs the others all the same.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use microvm::find_program;

use super::build::LIBRARIES;
use super::{AGENT, PROGRAMS, SOURCES, names};
use crate::archive::Unpacked;
use crate::error::Error;
use crate::workspace::Workspace;

/// What every run needs besides the lab's own program.
const ALWAYS: [&str; 3] = [AGENT, "probe", "stimulus"];

/// The folder of the carried programs if they are what these programs' sources make; `None` if cargo has to
/// build them. `say` is told what takes more than a moment.
///
/// # Errors
/// This labrunner carries another course, or cargo is needed and not there.
pub(super) fn find(
    workspace: &Workspace,
    wanted: &[String],
    say: &mut dyn FnMut(&str),
) -> Result<Option<PathBuf>, Error> {
    let Some(unpacked) = workspace.carried(say)? else { return Ok(None) };
    let Some(reason) = reason(workspace, &unpacked, wanted)? else {
        return Ok(Some(unpacked.programs()));
    };
    if find_program("cargo").is_none() {
        return Err(no_cargo(&reason));
    }
    Ok(None)
}

/// A source because of which the carried programs do not do for these.
pub(super) fn reason(
    workspace: &Workspace,
    unpacked: &Unpacked,
    wanted: &[String],
) -> Result<Option<PathBuf>, Error> {
    let programs = unpacked.programs();
    let needed: BTreeSet<&str> =
        ALWAYS.into_iter().chain(wanted.iter().map(String::as_str)).collect();
    let shipped = workspace.shipped()?;
    let sources = shipped.iter().filter(|(path, _)| {
        SOURCES.iter().any(|source| path.starts_with(source))
            && program_of(path).is_none_or(|program| needed.contains(program))
    });
    let changed = workspace.changed(sources)?;
    // What is gone changes nothing: the program that was made of it is still there.
    let there = |path: &PathBuf| workspace.root.join(path).symlink_metadata().is_ok();
    if let Some(path) = changed.into_iter().find(there) {
        return Ok(Some(path));
    }
    let added = names(&workspace.root).into_iter().filter(|name| needed.contains(name.as_str()));
    let mut added = added.filter(|name| !programs.join(name).is_file());
    Ok(added.next().map(|name| Path::new(PROGRAMS).join(name)))
}

/// The one program that is made of this source; `None` if several are.
fn program_of(source: &Path) -> Option<&str> {
    let below = source.strip_prefix(PROGRAMS).ok()?;
    let Component::Normal(first) = below.components().next()? else { return None };
    let name = first.to_str()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

fn no_cargo(reason: &Path) -> Error {
    Error::unable(
        format!(
            "{} is not as it was laid out, so the lab's program has to be built, and cargo is not \
             installed or not on the PATH.",
            reason.display()
        ),
        format!(
            "Install Rust from rustup.rs, and what the programs are linked with: sudo apt-get install \
             {LIBRARIES}\nOr have the lab back as it was, which keeps a copy of yours: labrunner reset \
             LAB, or labrunner reset --all"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_of_one_program_or_of_several() {
        for (source, expected) in [
            ("labs/src/bin/ch2-hello.rs", Some("ch2-hello")),
            ("labs/src/bin/probe/feature.rs", Some("probe")),
            ("labs/src/lib.rs", None),
            ("Cargo.lock", None),
        ] {
            assert_eq!(program_of(Path::new(source)), expected, "{source}");
        }
    }
}
