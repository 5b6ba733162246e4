//! Messages between the host and the agent, and how they are framed.
//!
//! The carrier is a virtio-serial port: a byte stream that keeps order but has no message boundaries.
//! A frame is
//!
//! ```text
//! offset  size  what
//!      0     4  length of the payload in bytes, little endian
//!      4     4  CRC-32 (IEEE) of the payload, little endian
//!      8     n  payload: one message in postcard encoding
//! ```
//!
//! A frame that is too long, or whose checksum differs, ends the conversation: on this carrier either
//! means a defect, and guessing where the next frame starts would hide it.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Name of the virtio-serial port, as found in `/sys/class/virtio-ports/*/name`.
pub const PORT: &str = "labrunner.agent";

/// What the agent says on the console, before its last breath, of a kernel that has no such port.
pub const NO_PORT: &str = "no virtio-serial port";

/// Changes with every change of the messages below; both sides refuse another one.
pub const VERSION: u32 = 2;

/// Longest payload in bytes. A static lab binary is about 2 MB.
pub const MAX_PAYLOAD: usize = 64 << 20;

/// Longest payload in bytes of what a machine says. Its agent sends output in pieces of 64 KiB; whoever has
/// taken its place could make the host keep much more.
pub const MAX_EVENT: usize = 1 << 20;

/// Number by which the host knows a process that it asked for.
pub type ProcessId = u32;

/// From the host to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// First message to a machine that was restored: the clock stood still and every restored
    /// machine has the same random state. Answered by [`Event::Ready`].
    Wake {
        /// Nanoseconds since 1970-01-01 UTC.
        realtime_ns: u64,
        /// Fresh random bytes for the kernel's pool.
        seed: [u8; 32],
    },
    /// Writes a file, making its folders. Not answered unless it fails.
    Put {
        /// Absolute path in the machine.
        path: String,
        /// Permission bits, such as `0o755`.
        mode: u32,
        /// The whole contents.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// Starts a process as root, in a process group of its own, with pipes for its standard streams.
    Spawn {
        /// Number for the later messages about this process; must be new.
        id: ProcessId,
        /// Program path and arguments.
        argv: Vec<String>,
        /// Environment variables; nothing else is in the environment but `PATH`.
        env: Vec<(String, String)>,
        /// With a size, the standard streams are a terminal of that size instead of pipes, and all
        /// output counts as standard output. The program makes itself the leader of a session.
        terminal: Option<Size>,
    },
    /// The terminal of a process has another size.
    Resize {
        /// Which process.
        id: ProcessId,
        /// Its new size.
        size: Size,
    },
    /// Bytes for the standard input of a process.
    Stdin {
        /// Which process.
        id: ProcessId,
        /// The bytes.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// Ends the standard input of a process, which is how a lab is asked to finish.
    CloseStdin {
        /// Which process.
        id: ProcessId,
    },
    /// Sends a signal to the process group of a process; one that has ended is left alone.
    Signal {
        /// Which process.
        id: ProcessId,
        /// Signal number.
        signal: i32,
    },
    /// Switches the machine off.
    PowerOff,
}

/// From the agent to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The machine has booted and is ready to be saved, or to be used as it is.
    Booted {
        /// [`VERSION`] of the agent.
        version: u32,
        /// Kernel release, as `uname -r` prints it.
        release: String,
        /// What did not work on the way and is not fatal (a module that does not load, say).
        warnings: Vec<String>,
    },
    /// Answer to [`Request::Wake`].
    Ready {
        /// Kernel release, as `uname -r` prints it.
        release: String,
    },
    /// A process was started.
    Started {
        /// Which process.
        id: ProcessId,
        /// Its process number in the machine.
        pid: u32,
    },
    /// A process wrote something.
    Output {
        /// Which process.
        id: ProcessId,
        /// Where it wrote.
        stream: Stream,
        /// What it wrote.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
    /// A process has ended and all that it wrote was sent.
    Exited {
        /// Which process.
        id: ProcessId,
        /// How it ended.
        status: ExitStatus,
    },
    /// A request could not be carried out.
    Failed {
        /// The process that the request was about, if any.
        id: Option<ProcessId>,
        /// A sentence: what failed, on what.
        message: String,
    },
}

/// The size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// A standard stream that a process writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// File descriptor 1.
    Stdout,
    /// File descriptor 2.
    Stderr,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// It exited with this status.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
}

impl ExitStatus {
    /// Whether the process exited with status 0.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

impl std::fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

impl From<std::process::ExitStatus> for ExitStatus {
    fn from(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match status.code() {
            Some(code) => Self::Code(code),
            None => Self::Signal(status.signal().unwrap_or(0)),
        }
    }
}

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone; between two frames, this is the ordinary end.
    #[error("the other side closed the channel")]
    Closed,
    /// The length field exceeds [`MAX_PAYLOAD`], or [`MAX_EVENT`] from a machine.
    #[error("a frame of {0} bytes was announced, which is more than is allowed")]
    TooLong(usize),
    /// The payload is not what was sent.
    #[error("a frame arrived damaged (checksum {found:08x}, expected {expected:08x})")]
    Checksum {
        /// Checksum of what arrived.
        found: u32,
        /// Checksum that was announced.
        expected: u32,
    },
    /// The payload is no message of this [`VERSION`].
    #[error("a frame holds no message that this version knows: {0}")]
    Message(#[from] postcard::Error),
    /// The carrier failed.
    #[error("the channel failed: {0}")]
    Io(#[from] io::Error),
}

/// Writes one message as one frame, in a single write so that frames of several threads that share a
/// lock do not mix.
pub fn write_frame(to: &mut impl Write, message: &impl Serialize) -> Result<(), FrameError> {
    let mut frame = vec![0; 8];
    frame = postcard::to_extend(message, frame)?;
    let payload = &frame[8..];
    if payload.len() > MAX_PAYLOAD {
        return Err(FrameError::TooLong(payload.len()));
    }
    let (length, checksum) = (payload.len() as u32, crc32fast::hash(payload));
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
    to.write_all(&frame)?;
    to.flush()?;
    Ok(())
}

/// Reads one frame. [`FrameError::Closed`] means that the other side ended between two frames.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, FrameError> {
    read_short_frame(from, MAX_PAYLOAD)
}

/// The same, of a side that has no reason to send more than this number of bytes at a time.
pub fn read_short_frame<T: DeserializeOwned>(
    from: &mut impl Read,
    most: usize,
) -> Result<T, FrameError> {
    let mut header = [0; 8];
    read_all(from, &mut header)?;
    let field = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"));
    let (length, expected) = (field(0) as usize, field(4));
    if length > most {
        return Err(FrameError::TooLong(length));
    }
    let mut payload = vec![0; length];
    read_all(from, &mut payload)?;
    let found = crc32fast::hash(&payload);
    if found != expected {
        return Err(FrameError::Checksum { found, expected });
    }
    Ok(postcard::from_bytes(&payload)?)
}

fn read_all(from: &mut impl Read, buffer: &mut [u8]) -> Result<(), FrameError> {
    from.read_exact(buffer).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => FrameError::Closed,
        _ => FrameError::Io(e),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(message: &Request) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, message).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read_back() {
        let messages = [
            Request::Wake { realtime_ns: 1 << 60, seed: [7; 32] },
            Request::Put { path: "/lab/x".into(), mode: 0o755, data: vec![0; 100_000] },
            Request::Signal { id: 3, signal: 2 },
        ];
        let stream: Vec<u8> = messages.iter().flat_map(frame).collect();
        let mut stream = stream.as_slice();
        for message in &messages {
            assert_eq!(&read_frame::<Request>(&mut stream).unwrap(), message);
        }
        assert!(matches!(read_frame::<Request>(&mut stream), Err(FrameError::Closed)));
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let good = frame(&Request::Stdin { id: 1, data: b"go\n".to_vec() });
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            assert!(read_frame::<Request>(&mut bad.as_slice()).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_machine_may_not_send_as_much_as_the_host() {
        let request = Request::Put { path: "/x".into(), mode: 0o644, data: vec![0; MAX_EVENT] };
        let bytes = frame(&request);
        let result = read_short_frame::<Request>(&mut bytes.as_slice(), MAX_EVENT);
        assert!(matches!(result, Err(FrameError::TooLong(_))));
        assert_eq!(read_frame::<Request>(&mut bytes.as_slice()).unwrap(), request);
    }

    #[test]
    fn a_length_out_of_bounds_allocates_nothing() {
        let bytes = [0xff; 8];
        let result = read_frame::<Request>(&mut bytes.as_slice());
        assert!(matches!(result, Err(FrameError::TooLong(0xffff_ffff))));
    }
}
