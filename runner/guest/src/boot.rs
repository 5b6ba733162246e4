//! From the kernel's first process to a machine that labs can use: file systems, modules, loopback.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labrunner_guest::loopback;
use labrunner_guest::protocol::{NO_PORT, PORT};
use rustix::mount::{MountFlags, mount};
use rustix::system::init_module;

/// File systems that labs expect where every distribution has them: type, mount point.
const MOUNTS: [(&str, &str); 11] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("devpts", "/dev/pts"),
    ("tmpfs", "/tmp"),
    ("tmpfs", "/run"),
    ("debugfs", "/sys/kernel/debug"),
    ("tracefs", "/sys/kernel/tracing"),
    ("securityfs", "/sys/kernel/security"),
    ("bpf", "/sys/fs/bpf"),
    ("cgroup2", "/sys/fs/cgroup"),
];

/// Where the initramfs keeps the modules, named in the order in which they are to be loaded.
const MODULES: &str = "/modules";

/// The port appears within milliseconds of the last module.
const PORT_DEADLINE: Duration = Duration::from_secs(5);

/// Prepares the machine and returns what did not work but is not fatal.
pub(crate) fn prepare() -> io::Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (kind, target) in MOUNTS {
        let made = fs::create_dir_all(target)
            .and_then(|()| Ok(mount(kind, target, kind, MountFlags::empty(), None)?));
        if let Err(e) = made {
            // Without proc, sysfs and devtmpfs there is no port; the rest only some labs need.
            warnings.push(format!("cannot mount {kind} on {target}: {e}"));
        }
    }
    load_modules(&mut warnings)?;
    if let Err(e) = loopback::up() {
        warnings.push(format!("cannot bring the loopback interface up: {e}"));
    }
    Ok(warnings)
}

fn load_modules(warnings: &mut Vec<String>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(MODULES) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries.map(|e| Ok(e?.path())).collect::<io::Result<_>>()?;
    files.sort();
    for file in files {
        match init_module(&fs::read(&file)?, c"") {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => warnings.push(format!("cannot load the module {}: {e}", file.display())),
        }
        // The kernel has its copy; what stays in the initramfs would be saved with the machine.
        fs::remove_file(&file)?;
    }
    Ok(())
}

/// Opens the virtio-serial port to the host.
pub(crate) fn open_port() -> io::Result<File> {
    let deadline = Instant::now() + PORT_DEADLINE;
    loop {
        if let Some(device) = find_port()? {
            return OpenOptions::new().read(true).write(true).open(device);
        }
        if Instant::now() > deadline {
            let message = format!("{NO_PORT} named {PORT}");
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn find_port() -> io::Result<Option<PathBuf>> {
    let Ok(ports) = fs::read_dir("/sys/class/virtio-ports") else { return Ok(None) };
    for port in ports {
        let port = port?;
        let name = fs::read_to_string(port.path().join("name")).unwrap_or_default();
        let device = Path::new("/dev").join(port.file_name());
        if name.trim_end() == PORT && device.exists() {
            return Ok(Some(device));
        }
    }
    Ok(None)
}
