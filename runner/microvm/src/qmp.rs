//! The part of QEMU's control protocol (QMP, qemu-qmp-ref(7)) that saving a machine needs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::MachineError;

/// How often a running migration is asked whether it is done.
const POLL: Duration = Duration::from_millis(10);

/// A connection over which commands are given and answered one at a time.
pub(crate) struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Reads the greeting and leaves the negotiation mode.
    pub(crate) fn connect(stream: UnixStream) -> Result<Self, MachineError> {
        let mut qmp = Self { reader: BufReader::new(stream) };
        qmp.read("greeting")?;
        qmp.run("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Writes the whole machine to an inherited file descriptor and returns when it is written.
    pub(crate) fn save_to_fd(&mut self, fd: i32, within: Duration) -> Result<(), MachineError> {
        let deadline = Instant::now() + within;
        // QEMU throttles a migration by default; this one goes to a file.
        self.run("migrate-set-parameters", json!({ "max-bandwidth": 1u64 << 40 }))?;
        self.run("migrate", json!({ "uri": format!("fd:{fd}") }))?;
        while Instant::now() < deadline {
            let answer = self.run("query-migrate", json!({}))?;
            match answer["status"].as_str() {
                Some("completed") => return Ok(()),
                Some("failed" | "cancelled") => {
                    let reason = answer["error-desc"].as_str().unwrap_or("no reason given");
                    return Err(MachineError::Qmp { command: "migrate", reason: reason.into() });
                }
                _ => std::thread::sleep(POLL),
            }
        }
        let console = String::new();
        Err(MachineError::Deadline { doing: "being saved", after: within, console })
    }

    fn run(&mut self, command: &'static str, arguments: Value) -> Result<Value, MachineError> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.reader.get_mut(), "{request}")
            .map_err(MachineError::io(format!("send `{command}` to QEMU")))?;
        loop {
            let mut answer = self.read(command)?;
            if let Some(error) = answer.get("error") {
                let reason = error["desc"].as_str().unwrap_or("no reason given").into();
                return Err(MachineError::Qmp { command, reason });
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
            // Anything else is an event, such as STOP at the end of a migration.
        }
    }

    fn read(&mut self, command: &'static str) -> Result<Value, MachineError> {
        let mut line = String::new();
        let length = self
            .reader
            .read_line(&mut line)
            .map_err(MachineError::io(format!("read QEMU's answer to `{command}`")))?;
        if length == 0 {
            return Err(MachineError::Qmp { command, reason: "the connection was closed".into() });
        }
        serde_json::from_str(&line)
            .map_err(|e| MachineError::Qmp { command, reason: format!("{e} in {line:?}") })
    }
}
