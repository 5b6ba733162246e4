//! Runs apt's programs with a configuration that keeps them away from the machine's own state.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use super::said::{condensed, failure, only_lacks_suites};
use crate::kernel::distribution::Search;
use crate::kernel::process::{self, Output};
use crate::kernel::{Architecture, KernelError, sources};

/// apt with a configuration of ours on top of the machine's.
pub(super) struct Apt {
    pub(super) folder: PathBuf,
    configuration: PathBuf,
}

impl Apt {
    /// apt with the machine's lists, and a cache of its own.
    pub(super) fn with_own_lists(folder: &Path) -> Result<Self, KernelError> {
        Self::with_configuration(folder, "")
    }

    /// apt with lists of its own, to be fetched from these archives.
    pub(super) fn with_lists_of(
        folder: &Path,
        archives: &[Search<'_>],
        architecture: Architecture,
    ) -> Result<Self, KernelError> {
        let name = architecture.name();
        let options = format!(
            "#clear APT::Architectures;\n\
             #clear APT::Default-Release;\n\
             #clear APT::Update::Pre-Invoke;\n\
             #clear APT::Update::Post-Invoke;\n\
             #clear APT::Update::Post-Invoke-Success;\n\
             APT::Architecture \"{name}\";\n\
             Dir::Etc::sourcelist \"{folder}/archives.sources\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\n\
             Dir::State \"{folder}/state\";\n\
             Dir::State::lists \"{folder}/state/lists\";\n\
             Dir::State::status \"{folder}/state/status\";\n",
            folder = quotable(folder)?,
        );
        let apt = Self::with_configuration(folder, &options)?;
        make_folder(&folder.join("state/lists/partial"))?;
        write(&folder.join("state/status"), "")?;
        let stanzas = archives.iter();
        let stanzas = stanzas.map(|one| sources::stanza(one.source, &one.suites, name));
        write(&folder.join("archives.sources"), &stanzas.collect::<String>())?;
        Ok(apt)
    }

    fn with_configuration(folder: &Path, options: &str) -> Result<Self, KernelError> {
        let sandbox = match rustix::process::geteuid().is_root() {
            // apt's own unprivileged user may not write to our folders.
            true => "APT::Sandbox::User \"root\";\n",
            false => "",
        };
        let common = format!(
            "{sandbox}\
             Dir::Cache \"{folder}/cache\";\n\
             Dir::Cache::pkgcache \"pkgcache.bin\";\n\
             Dir::Cache::srcpkgcache \"\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::Retries \"1\";\n\
             Acquire::http::Timeout \"20\";\n\
             Acquire::https::Timeout \"20\";\n",
            folder = quotable(folder)?,
        );
        make_folder(&folder.join("cache/archives/partial"))?;
        let configuration = folder.join("apt.conf");
        write(&configuration, &(common + options))?;
        Ok(Self { folder: folder.to_owned(), configuration })
    }

    pub(super) fn command(&self, program: &'static str) -> Result<Command, KernelError> {
        let mut command = process::command(program)?;
        command.arg("--config-file").arg(&self.configuration).current_dir(&self.folder);
        Ok(command)
    }

    pub(super) fn run(
        &self,
        mut command: Command,
        tick: &mut dyn FnMut(),
    ) -> Result<Output, KernelError> {
        process::run(&mut command, tick)
    }

    /// Fetches the lists. That one of several failed is not an error yet: it is given back, for the
    /// case that what is looked for is not in the others.
    pub(super) fn update(&self) -> Result<Option<KernelError>, KernelError> {
        let mut command = self.command("apt-get")?;
        command.args(["-q", "update"]);
        let output = self.run(command, &mut || {})?;
        if output.status.success() && condensed(&output.stderr).is_none() {
            return Ok(None);
        }
        match failure("apt-get update", None, &self.folder, &output) {
            error @ KernelError::DiskFull(_) => Err(error),
            KernelError::Apt { .. } if only_lacks_suites(&output.stderr) => Ok(None),
            error => Ok(Some(error)),
        }
    }
}

/// The folder as it can stand between quotes in apt's configuration.
fn quotable(folder: &Path) -> Result<&str, KernelError> {
    folder.to_str().filter(|path| !path.contains(['"', '\n'])).ok_or_else(|| {
        let source = io::Error::new(
            io::ErrorKind::InvalidFilename,
            "apt cannot be told of a folder with quotation marks or unreadable letters in its name",
        );
        KernelError::Io { action: "use the folder", path: folder.to_owned(), source }
    })
}

fn make_folder(path: &Path) -> Result<(), KernelError> {
    fs::create_dir_all(path).map_err(KernelError::io("make the folder", path))
}

fn write(path: &Path, text: &str) -> Result<(), KernelError> {
    fs::write(path, text).map_err(KernelError::io("write", path))
}
