//! gettext's msgmerge: it keeps what is translated, marks as fuzzy what has changed a little, and puts
//! what is gone at the end.

use std::io::{ErrorKind, Write};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::language::Language;

/// The table of this language, brought up to date with the template.
pub(super) fn merged(language: &Language, template: &str) -> Result<String> {
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    file.write_all(template.as_bytes()).context("cannot write a temporary file")?;
    let output = Command::new("msgmerge")
        .args(["--quiet", "--add-location=file", "--output-file=-"])
        .arg(&language.table)
        .arg(file.path())
        .output();
    let output = match output {
        Err(e) if e.kind() == ErrorKind::NotFound => bail!(
            "msgmerge is not installed or not on the PATH. It is a program of gettext:\n  \
             sudo apt-get install gettext"
        ),
        output => output.context("msgmerge does not start")?,
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("msgmerge cannot read {}:\n{}", language.table.display(), said.trim_end());
    }
    String::from_utf8(output.stdout).context("msgmerge gave what is no text")
}
