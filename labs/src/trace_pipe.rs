//! The kernel's trace pipe: where `bpf_printk` of every program on the machine goes.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::tracefs::Tracefs;

/// The trace pipe, opened for reading. What is read from it is gone: there is one for the machine.
#[derive(Debug)]
pub struct TracePipe {
    file: File,
}

impl TracePipe {
    /// How often to look for new lines. The pipe can be polled, but on some kernels becomes readable
    /// only when its buffer is half full (tracefs' `buffer_percent`), which a few lines never do.
    pub const TICK: Duration = Duration::from_millis(50);

    /// Opens the pipe and drops what is in it: lines from before this lab.
    ///
    /// # Errors
    /// We are not root, or, on newer kernels, somebody else reads the pipe.
    pub fn open() -> Result<Self> {
        let file = Tracefs::find()?.trace_pipe()?;
        let mut pipe = Self { file };
        // Others may write faster than we read, so this has an end of its own.
        let deadline = Instant::now() + Duration::from_secs(1);
        while !pipe.read()?.is_empty() && Instant::now() < deadline {}
        Ok(pipe)
    }

    /// Copies to standard output what is in the pipe, as the kernel prints it. Does not wait.
    ///
    /// # Errors
    /// The pipe cannot be read, or nobody reads our output.
    pub fn print(&mut self) -> Result<()> {
        loop {
            let lines = self.read()?;
            if lines.is_empty() {
                return Ok(());
            }
            io::stdout().write_all(&lines)?;
        }
    }

    /// Some whole lines; nothing when the pipe is empty.
    fn read(&mut self) -> Result<Vec<u8>> {
        let mut lines = vec![0; 64 * 1024]; // the kernel gives whole lines to a buffer of a page or more
        loop {
            match self.file.read(&mut lines) {
                Ok(length) => {
                    lines.truncate(length);
                    return Ok(lines);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) => return Err(error).context("cannot read the trace pipe"),
            }
        }
    }
}
