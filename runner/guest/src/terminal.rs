//! Pseudo-terminals, see pty(7).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::{ffi::OsStr, path::Path};

use labrunner_guest::protocol::Size;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Both ends of a terminal.
pub(crate) struct Terminal {
    /// The end that stands for the person.
    pub(crate) near: File,
    /// The end that a program has as its standard streams.
    pub(crate) far: File,
}

/// Makes a terminal of this size.
pub(crate) fn open(size: Size) -> io::Result<Terminal> {
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&near)?;
    unlockpt(&near)?;
    let name = ptsname(&near, Vec::new())?;
    let far = Path::new(OsStr::from_bytes(name.as_bytes()));
    let far = OpenOptions::new().read(true).write(true).open(far)?;
    resize(&near, size)?;
    Ok(Terminal { near: File::from(near), far })
}

/// Gives the terminal another size; the program that runs in it is told by a signal.
pub(crate) fn resize(near: impl AsFd, size: Size) -> io::Result<()> {
    let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(near, size)?)
}
