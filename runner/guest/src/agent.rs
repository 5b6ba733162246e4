//! Serves the host's requests until the host goes away.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex};

use labrunner_guest::protocol::{
    Event, FrameError, ProcessId, Request, VERSION, read_frame, write_frame,
};
use rustix::time::{ClockId, Timespec, clock_settime};

use crate::process::Process;

/// The sending half of the port, shared by the threads that report on processes.
#[derive(Clone)]
pub(crate) struct Reports(Arc<Mutex<File>>);

impl Reports {
    /// Sends one event. When that fails the host is gone, which the reading side notices too.
    pub(crate) fn send(&self, event: &Event) {
        let mut port = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = write_frame(&mut *port, event);
    }
}

/// Reads requests from the port and carries them out, one after the other.
pub(crate) fn serve(mut port: File, warnings: Vec<String>) -> io::Result<()> {
    let reports = Reports(Arc::new(Mutex::new(port.try_clone()?)));
    reports.send(&Event::Booted { version: VERSION, release: release(), warnings });

    let mut processes = HashMap::new();
    loop {
        match read_frame(&mut port) {
            Ok(Request::PowerOff) | Err(FrameError::Closed) => return Ok(()),
            Ok(request) => carry_out(request, &mut processes, &reports),
            Err(e) => return Err(io::Error::other(e)),
        }
    }
}

fn carry_out(request: Request, processes: &mut HashMap<ProcessId, Process>, reports: &Reports) {
    let (id, what, done) = match request {
        Request::Wake { realtime_ns, seed } => {
            let done = wake(realtime_ns, &seed);
            reports.send(&Event::Ready { release: release() });
            (None, "set the clock".to_string(), done)
        }
        Request::Put { path, mode, data } => {
            let done = put(Path::new(&path), mode, &data);
            (None, format!("write {path}"), done)
        }
        Request::Spawn { id, argv, env, terminal } => {
            let what = format!("start {}", argv.first().map_or("nothing", String::as_str));
            let done = Process::spawn(id, &argv, &env, terminal, reports.clone())
                .map(|process| drop(processes.insert(id, process)));
            (Some(id), what, done)
        }
        Request::Stdin { id, data } => {
            let done = with(processes, id, |p| p.write(&data));
            (Some(id), "write to the standard input".to_string(), done)
        }
        Request::CloseStdin { id } => {
            let done = with(processes, id, |p| {
                p.close_stdin();
                Ok(())
            });
            (Some(id), "close the standard input".to_string(), done)
        }
        Request::Resize { id, size } => {
            let done = with(processes, id, |p| p.resize(size));
            (Some(id), "resize the terminal".to_string(), done)
        }
        Request::Signal { id, signal } => {
            let done = with(processes, id, |p| p.signal(signal));
            (Some(id), format!("send signal {signal}"), done)
        }
        Request::PowerOff => unreachable!("ends the loop of the caller"),
    };
    if let Err(e) = done {
        reports.send(&Event::Failed { id, message: format!("cannot {what}: {e}") });
    }
}

fn with(
    processes: &mut HashMap<ProcessId, Process>,
    id: ProcessId,
    act: impl FnOnce(&mut Process) -> io::Result<()>,
) -> io::Result<()> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no process {id}"));
    act(processes.get_mut(&id).ok_or_else(missing)?)
}

fn release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

fn wake(realtime_ns: u64, seed: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open("/dev/urandom")?.write_all(seed)?;
    let time = Timespec {
        tv_sec: (realtime_ns / 1_000_000_000) as i64,
        tv_nsec: (realtime_ns % 1_000_000_000) as i64,
    };
    Ok(clock_settime(ClockId::Realtime, time)?)
}

fn put(path: &Path, mode: u32, data: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(data)?;
    file.set_permissions(fs::Permissions::from_mode(mode))
}
