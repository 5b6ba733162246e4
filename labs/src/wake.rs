//! What a lab waits for while its programs are attached: a signal, Enter, the next tick.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Why [`Wakeups::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// SIGINT or SIGTERM came, or the runner closed standard input: print what is pending, then end.
    End,
    /// A line came on standard input.
    Enter,
    /// Neither came in the time given.
    Tick,
}

/// The events that a lab waits for. A signal that has come is reported from then on, so the end is
/// never missed.
#[derive(Debug)]
pub struct Wakeups {
    /// Readable as soon as a signal has come: the handler writes a byte to the other end. It is never
    /// read, so it stays readable.
    signals: UnixStream,
    /// Lines that were read, but not reported yet.
    lines: usize,
    /// False after the end of standard input.
    stdin: bool,
    /// Whether the end of standard input is the end of the lab: so for the runner, whose pipe closes
    /// however it ends; not for a learner who gives a lab no input.
    ends_with_input: bool,
}

impl Wakeups {
    /// Takes over SIGINT and SIGTERM.
    ///
    /// # Errors
    /// The system has no file descriptors left.
    pub fn new(ends_with_input: bool) -> io::Result<Self> {
        let (signals, handler) = UnixStream::pair()?;
        signal_hook::low_level::pipe::register(SIGINT, handler.try_clone()?)?;
        signal_hook::low_level::pipe::register(SIGTERM, handler)?;
        Ok(Self { signals, lines: 0, stdin: true, ends_with_input })
    }

    /// Waits for the next event, for `timeout` at most; without one, for as long as it takes.
    ///
    /// # Errors
    /// Standard input cannot be read.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Wake> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let (end, input) =
                self.poll(if self.lines > 0 { Some(Duration::ZERO) } else { left })?;
            if end {
                return Ok(Wake::End);
            }
            if input {
                self.read_lines()?;
            }
            if self.lines > 0 {
                self.lines -= 1;
                return Ok(Wake::Enter);
            }
            if self.ends_with_input && !self.stdin {
                return Ok(Wake::End);
            }
            if left == Some(Duration::ZERO) {
                return Ok(Wake::Tick);
            }
        }
    }

    /// Whether it is time to end, and whether standard input can be read.
    fn poll(&self, timeout: Option<Duration>) -> io::Result<(bool, bool)> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let mut fds = vec![
            PollFd::new(&self.signals, PollFlags::IN),
            // Nothing is asked of it, but a pipe without a reader is always reported.
            PollFd::new(&stdout, PollFlags::empty()),
        ];
        if self.stdin {
            fds.push(PollFd::new(&stdin, PollFlags::IN));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {} // the handler has written its byte: the next round sees it
            Err(error) => return Err(error.into()),
        }
        let ready = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
        Ok((ready(0) || ready(1), ready(2)))
    }

    fn read_lines(&mut self) -> io::Result<()> {
        let mut bytes = [0; 256];
        match rustix::io::read(io::stdin(), &mut bytes) {
            Ok(0) => self.stdin = false,
            Ok(length) => {
                self.lines += bytes[..length].iter().filter(|&&byte| byte == b'\n').count();
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            // A daemon's closed input, a terminal that is gone: as good as its end.
            Err(Errno::IO | Errno::BADF) => self.stdin = false,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
