//! Starts QEMU, holds its ends of the channels, and makes sure that it ends.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use labrunner_guest::protocol::PORT;

use crate::accelerator::Accelerator;
use crate::console::Console;
use crate::error::MachineError;
use crate::memory::path_of;

/// What every machine has, whichever kernel it runs. Part of the key of a saved machine.
pub(crate) const DEVICES: [&str; 11] = [
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
    "-serial",
    "chardev:console",
    "-device",
    "virtio-serial-pci",
    "-mon",
    "chardev=qmp,mode=control",
];

/// `no_timer_check`: with busy host cores the timer test of a cold boot can hang for good.
/// `init_on_free=1`: freed pages are zero, and zero pages take no room in a saved machine.
/// `panic=-1` with `-no-reboot`: a panic ends QEMU at once.
/// `loglevel=5`: warnings are printed, `WARN()` is one; a boot has one or two lines of that level.
/// `printk.time=1`: tells the kernel's lines from what programs write to the console.
/// `lsm=`: with `bpf` at the end, which 5.10 leaves out of its own list; the rest is what distributions have
/// active, and a kernel passes over those that it was built without.
pub(crate) const KERNEL_COMMAND_LINE: &str = "console=ttyS0 quiet loglevel=5 printk.time=1 panic=-1 \
     no_timer_check init_on_free=1 audit=0 nmi_watchdog=0 \
     lsm=landlock,lockdown,yama,integrity,apparmor,bpf";

/// A parent that ended before setpriv asked to be told of it is never told of: then there is another
/// parent by now, and QEMU must not start.
const UNLESS_ORPHANED: &str = r#"[ "$PPID" = "$0" ] && exec "$@""#;

/// File descriptors that QEMU inherits, by number.
const AGENT_FD: i32 = 3;
const QMP_FD: i32 = 4;
/// Where a saved machine is read from.
const STATE_FD: i32 = 5;

/// How long a QEMU that closed its channels may take to end.
const END: Duration = Duration::from_secs(2);

/// Name of the QEMU program for this machine's architecture.
pub fn program() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "qemu-system-aarch64",
        _ => "qemu-system-x86_64",
    }
}

/// Looks a program up as a shell does.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What can differ between the machines of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hardware {
    /// In MiB.
    pub(crate) memory_mib: u32,
    /// What executes its instructions.
    pub(crate) accelerator: Accelerator,
}

/// How a machine starts.
pub(crate) enum Start<'a> {
    /// Cold, with this initramfs.
    Boot { kernel: &'a Path, initramfs: &'a File },
    /// From a saved machine.
    Restore { state: &'a File },
}

/// A running QEMU. Dropping it ends the process.
pub(crate) struct Qemu {
    child: Child,
    /// The channel to the agent.
    pub(crate) agent: UnixStream,
    /// The control channel.
    pub(crate) qmp: UnixStream,
    /// What QEMU and the machine's console print.
    pub(crate) console: Console,
    console_thread: JoinHandle<()>,
}

impl Qemu {
    /// Starts QEMU. It is killed when the calling *thread* ends, however that happens: see
    /// `PR_SET_PDEATHSIG` in prctl(2), which setpriv(1) sets. So call this from a thread that
    /// lives as long as the machine.
    pub(crate) fn start(hardware: Hardware, start: &Start<'_>) -> Result<Self, MachineError> {
        if find_program(program()).is_none() {
            return Err(MachineError::NoQemu { program: program().into() });
        }
        let pair = || UnixStream::pair().map_err(MachineError::io("make a socket pair"));
        let ((agent, agent_far), (qmp, qmp_far)) = (pair()?, pair()?);
        let mut files = vec![
            FdMapping { parent_fd: OwnedFd::from(agent_far), child_fd: AGENT_FD },
            FdMapping { parent_fd: OwnedFd::from(qmp_far), child_fd: QMP_FD },
        ];
        if let Start::Restore { state } = start {
            let state = state.try_clone().map_err(MachineError::io("share the state file"))?;
            files.push(FdMapping { parent_fd: OwnedFd::from(state), child_fd: STATE_FD });
        }

        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "sh", "-c", UNLESS_ORPHANED])
            .arg(std::process::id().to_string())
            .args(arguments(hardware, start))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .fd_mappings(files)
            .map_err(|e| MachineError::io("pass channels to QEMU")(io::Error::other(e)))?;
        let mut child = command.spawn().map_err(MachineError::io("start setpriv and QEMU"))?;
        let stderr = child.stderr.take().expect("stderr is piped");
        let (console, console_thread) = Console::read(stderr);
        Ok(Self { child, agent, qmp, console, console_thread })
    }

    /// Waits a moment for a QEMU that is ending by itself. Its exit status, if it did end, and all
    /// that it printed.
    pub(crate) fn last_words(&mut self) -> (Option<std::process::ExitStatus>, String) {
        let mut status = None;
        let deadline = Instant::now() + END;
        // Both, because a process that QEMU has left behind could hold its standard error open.
        while (status.is_none() || !self.console_thread.is_finished()) && Instant::now() < deadline
        {
            status = status.or_else(|| self.child.try_wait().ok().flatten());
            std::thread::sleep(Duration::from_millis(2));
        }
        (status, self.console.text())
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The QEMU command, program first.
fn arguments(hardware: Hardware, start: &Start<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![program().into()];
    arguments.extend(DEVICES.iter().map(OsString::from));
    let mut add = |items: &[&str]| arguments.extend(items.iter().map(OsString::from));
    add(&["-chardev", "file,id=console,path=/dev/fd/2"]);
    add(&["-chardev", &format!("socket,id=qmp,fd={QMP_FD}")]);
    add(&["-chardev", &format!("socket,id=agent,fd={AGENT_FD}")]);
    add(&["-device", &format!("virtserialport,chardev=agent,name={PORT}")]);
    add(&["-machine", &format!("pc,accel={}", hardware.accelerator.name())]);
    add(&["-m", &hardware.memory_mib.to_string()]);
    match start {
        Start::Boot { kernel, initramfs } => {
            add(&["-append", KERNEL_COMMAND_LINE]);
            add(&["-initrd", &path_of(initramfs), "-kernel"]);
            arguments.push((*kernel).into());
        }
        Start::Restore { .. } => add(&["-incoming", &format!("fd:{STATE_FD}")]),
    }
    arguments
}
