//! The part of QEMU's control protocol (QMP, qemu-qmp-ref(7)) that saving a machine needs.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use serde_json::{Value, json};

use crate::error::MachineError;

/// How often a running migration is asked whether it is done.
const POLL: Duration = Duration::from_millis(10);

/// How long an answer may take. QEMU answers within milliseconds, whatever else it does.
const ANSWER: Duration = Duration::from_secs(10);

/// Longest line that is read, in bytes; QEMU's greeting has a few hundred.
const LINE: u64 = 1 << 20;

/// The name under which QEMU knows the file that a machine is saved to.
const STATE: &str = "state";

/// A connection over which commands are given and answered one at a time.
pub(crate) struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Reads the greeting and leaves the negotiation mode.
    pub(crate) fn connect(stream: UnixStream) -> Result<Self, MachineError> {
        stream
            .set_read_timeout(Some(ANSWER))
            .and_then(|()| stream.set_write_timeout(Some(ANSWER)))
            .map_err(MachineError::io("set a deadline for QEMU's answers"))?;
        let mut qmp = Self { reader: BufReader::new(stream) };
        qmp.read("greeting")?;
        qmp.run("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Writes the whole machine to a file and returns when it is written.
    pub(crate) fn save(&mut self, file: &File, within: Duration) -> Result<(), MachineError> {
        let deadline = Instant::now() + within;
        self.pass(file)?;
        // QEMU throttles a migration by default; this one goes to a file.
        self.run("migrate-set-parameters", json!({ "max-bandwidth": 1u64 << 40 }))?;
        self.run("migrate", json!({ "uri": format!("fd:{STATE}") }))?;
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

    /// Gives QEMU an open file, which it then knows as [`STATE`].
    fn pass(&mut self, file: &File) -> Result<(), MachineError> {
        let command = "getfd";
        let request =
            format!("{}\n", json!({ "execute": command, "arguments": { "fdname": STATE } }));
        let files = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&files));
        let data = [IoSlice::new(request.as_bytes())];
        rustix::net::sendmsg(self.reader.get_ref(), &data, &mut ancillary, SendFlags::empty())
            .map_err(|e| MachineError::io("pass a file to QEMU")(e.into()))?;
        self.answer(command).map(drop)
    }

    fn run(&mut self, command: &'static str, arguments: Value) -> Result<Value, MachineError> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.reader.get_mut(), "{request}")
            .map_err(MachineError::io(format!("send `{command}` to QEMU")))?;
        self.answer(command)
    }

    fn answer(&mut self, command: &'static str) -> Result<Value, MachineError> {
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
        let read = (&mut self.reader).take(LINE).read_line(&mut line);
        let length = read.map_err(|e| match e.kind() {
            ErrorKind::WouldBlock => MachineError::Deadline {
                doing: "being saved",
                after: ANSWER,
                console: String::new(),
            },
            ErrorKind::InvalidData => {
                MachineError::Qmp { command, reason: format!("the answer is no text: {e}") }
            }
            _ => MachineError::io(format!("read QEMU's answer to `{command}`"))(e),
        })?;
        if length == 0 {
            return Err(MachineError::Qmp { command, reason: "the connection was closed".into() });
        }
        serde_json::from_str(&line)
            .map_err(|e| MachineError::Qmp { command, reason: format!("{e} in {:.200?}", line) })
    }
}
