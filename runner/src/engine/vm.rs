//! Labs in a micro-VM: a fresh machine for every run.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use microvm::kernel::KernelError;
use microvm::{Blueprint, Event, Machine, MachineError, ProcessId, Progress, Template, Trouble};

use super::{Engine, Session, qemu};
use crate::cache;
use crate::error::Error;
use crate::kernels;
use crate::tools::Tools;

/// Memory of a machine in MiB.
const MEMORY: u32 = 256;

/// Restoring takes 0.2 s; a machine that needs this long will not come.
const RESTORE: Duration = Duration::from_secs(15);

/// Where programs and objects are in the machine.
const FOLDER: &str = "/lab";

/// The engine that runs labs in micro-VMs.
pub struct Vm {
    series: String,
    agent: PathBuf,
}

impl Vm {
    /// An engine for a kernel series such as `6.1`; `agent` is the static `labrunner-guest`.
    pub fn new(series: &str, agent: PathBuf) -> Self {
        Self { series: series.into(), agent }
    }

    /// What its machines are made of. A kernel that is not in the cache is fetched.
    pub fn blueprint(&self, say: &mut dyn FnMut(&str)) -> Result<Blueprint, Error> {
        let cache = cache::folder()?;
        let store = kernels::store()?;
        let kernel = match store.get(&self.series) {
            Ok(kernel) => kernel,
            Err(KernelError::NotAdded { .. }) => store.add(&self.series, say).map_err(no_kernel)?,
            Err(other) => return Err(no_kernel(other)),
        };
        Ok(Blueprint {
            label: kernel.series,
            kernel: kernel.image,
            modules: Some(kernel.modules),
            agent: self.agent.clone(),
            memory_mib: MEMORY,
            cache: cache.join("machines"),
        })
    }

    /// A fresh machine that is ready for commands.
    pub fn machine(&self, say: &mut dyn FnMut(&str)) -> Result<Machine, Error> {
        let mut session = self.session(say)?;
        session.ready(say)?;
        Ok(session.machine)
    }

    fn session(&self, say: &mut dyn FnMut(&str)) -> Result<VmSession, Error> {
        let blueprint = self.blueprint(say)?;
        let template = template(&blueprint, say)?;
        let machine = template.restore().map_err(unable)?;
        Ok(VmSession { blueprint, template, machine, installed: HashMap::new() })
    }
}

impl Engine for Vm {
    fn name(&self) -> &'static str {
        "vm"
    }

    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(self.session(say)?))
    }
}

fn template(blueprint: &Blueprint, say: &mut dyn FnMut(&str)) -> Result<Template, Error> {
    let template = blueprint
        .template(&mut |progress| {
            let series = &blueprint.label;
            say(&match progress {
                Progress::Waiting => {
                    "Another labrunner prepares the same machine; waiting …".into()
                }
                Progress::WaitingForTrial => {
                    "Another labrunner finds out whether KVM works here; waiting …".into()
                }
                Progress::Booting { attempt: 1 } => format!("Booting Linux {series} once …"),
                Progress::Booting { attempt } => {
                    format!("The machine showed no life; booting again (try {attempt}) …")
                }
                Progress::Saving => "Saving the booted machine …".into(),
            })
        })
        .map_err(unable)?;
    if let Some(made) = template.made() {
        say(&format!(
            "Saved {:.0} MB to {} (boot {:.1} s, save {:.1} s). Every run starts from it.",
            template.file().size() as f64 / 1e6,
            template.file().path().display(),
            made.boot.as_secs_f64(),
            made.save.as_secs_f64(),
        ));
        made.warnings.iter().for_each(|warning| say(warning));
    }
    Ok(template)
}

struct VmSession {
    blueprint: Blueprint,
    template: Template,
    machine: Machine,
    /// The programs that are in the machine, as they were on this one: size, and time of change.
    installed: HashMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Session for VmSession {
    fn ready(&mut self, say: &mut dyn FnMut(&str)) -> Result<String, Error> {
        let problem = match self.machine.ready(RESTORE) {
            Ok(release) => return Ok(release),
            Err(problem) => problem,
        };
        match problem {
            // Damaged, or from a QEMU that has changed since: make it once more.
            MachineError::Damaged { .. } | MachineError::QemuEnded { .. } => {
                say(&format!("{}; making it again.", capital(&problem.to_string())));
                self.template.discard().map_err(unable)?;
                self.template = template(&self.blueprint, say)?;
            }
            MachineError::Deadline { .. } => say("The machine does not answer; once more."),
            other => return Err(unable(other)),
        }
        self.installed.clear();
        self.machine = self.template.restore().map_err(unable)?;
        self.machine.ready(RESTORE).map_err(unable)
    }

    fn install(&mut self, program: &Path) -> Result<String, Error> {
        let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
        let path = format!("{FOLDER}/{name}");
        let state = fs::metadata(program).ok().map(|of| (of.len(), of.modified().ok()));
        if state.is_some() && self.installed.get(program) == state.as_ref() {
            return Ok(path);
        }
        let bytes = fs::read(program).map_err(|e| {
            Error::unable(
                format!("cannot read {}: {e}", program.display()),
                "Have it built: scripts/labrunner list\nIn a workspace, have it unpacked again: labrunner cache --clean",
            )
        })?;
        self.machine.put(&path, 0o755, bytes).map_err(unable)?;
        self.installed.extend(state.map(|state| (program.to_owned(), state)));
        Ok(path)
    }

    fn install_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        let path = format!("{FOLDER}/{name}");
        self.machine.put(&path, 0o755, bytes.to_vec()).map_err(unable)?;
        Ok(path)
    }

    fn provide(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        let path = format!("{FOLDER}/{name}");
        self.machine.put(&path, 0o644, bytes.to_vec()).map_err(unable)?;
        Ok(path)
    }

    fn install_tools(&mut self, names: &[String]) -> Result<(), Error> {
        for (path, contents) in Tools::named(names)?.files {
            self.machine.put(&path, 0o755, contents).map_err(unable)?;
        }
        Ok(())
    }

    fn spawn(&mut self, argv: &[String], env: &[(&str, &str)]) -> Result<ProcessId, Error> {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        self.machine.spawn(&argv, env).map_err(unable)
    }

    fn write_stdin(&mut self, id: ProcessId, data: &[u8]) -> Result<(), Error> {
        self.machine.write_stdin(id, data).map_err(unable)
    }

    fn close_stdin(&mut self, id: ProcessId) -> Result<(), Error> {
        self.machine.close_stdin(id).map_err(unable)
    }

    fn next_event(&mut self, within: Duration) -> Result<Option<Event>, Error> {
        self.machine.next_event(within).map_err(unable)
    }

    fn notes(&self) -> Option<String> {
        Some(fs::read_to_string(self.template.file().notes()).unwrap_or_default())
    }

    fn keep_notes(&self, text: &str) {
        let _ = self.template.file().write_notes(text);
    }

    fn trouble(&self) -> Option<Trouble> {
        self.machine.trouble()
    }

    fn shared(&self) -> bool {
        false
    }
}

/// Says what to do about a machine that does not work.
pub fn unable(error: MachineError) -> Error {
    let fix = match &error {
        MachineError::NoQemu { .. } => {
            "It runs the labs in a micro-VM. Install it: sudo apt-get install qemu-system-x86\n\
             Or run the lab on this machine's own kernel: --on host"
                .into()
        }
        MachineError::GuestDown { console, .. } => format!(
            "The kernel of the micro-VM crashed, not yours; nothing is left of it. Its last words:\n{}",
            indented_end(console)
        ),
        MachineError::NoChannel { .. } => {
            "Give its modules too: labrunner kernel add --image FILE --modules lib/modules/RELEASE \
             --name NAME\nOr use a kernel that has them built in."
                .into()
        }
        MachineError::QemuEnded { stderr, .. } => {
            if let Some(error) = too_old(stderr) {
                return error;
            }
            if stderr.contains("could not open kernel file") {
                return Error::unable(
                    format!("The kernel's image is gone: {}.", capital(&error.to_string())),
                    "Did someone remove the cache folder meanwhile? Try again.",
                );
            }
            format!("What QEMU printed:\n{}", indented_end(stderr))
        }
        MachineError::Deadline { console, .. } if console.is_empty() => {
            "Is this machine very busy? Try again, or run the lab on its own kernel: --on host"
                .into()
        }
        MachineError::Deadline { console, .. } => {
            format!("The last of the machine's console:\n{}", indented_end(console))
        }
        MachineError::Io { source, .. } => storage_advice(source),
        MachineError::Qmp { .. } => {
            "Is the disk of the cache folder full? Look with: labrunner cache; df -h".into()
        }
        MachineError::Damaged { .. } => {
            "Remove what is saved and try again: labrunner cache --clean".into()
        }
        _ => "Try again. If it stays, this is a defect of labrunner.".into(),
    };
    Error::unable(format!("{}.", capital(&error.to_string())), fix)
}

/// A QEMU that refuses what it is started with may never have heard of it.
fn too_old(stderr: &str) -> Option<Error> {
    let (major, minor) = qemu::version().filter(|version| *version < qemu::OLDEST)?;
    let (oldest_major, oldest_minor) = qemu::OLDEST;
    Some(Error::unable(
        format!(
            "QEMU {major}.{minor} is too old: micro-VMs need {oldest_major}.{oldest_minor} or newer."
        ),
        format!(
            "Put a newer {} first on the PATH, or run the lab on this machine's own kernel: --on host\n\
             What QEMU printed:\n{}",
            microvm::program(),
            indented_end(stderr)
        ),
    ))
}

/// What to do about a cache folder that cannot be used.
pub fn storage_advice(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "The disk of the cache folder is full. Free some room there, or name another folder \
             with LABRUNNER_CACHE=/path."
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "The cache folder cannot be written. Name another one with LABRUNNER_CACHE=/path."
        }
        std::io::ErrorKind::Unsupported => {
            "The file system of the cache folder lacks what is needed (O_TMPFILE). Name a folder on \
             a local disk with LABRUNNER_CACHE=/path."
        }
        std::io::ErrorKind::NotFound if microvm::find_program("setpriv").is_some() => {
            "Did someone remove the cache folder meanwhile? Try again."
        }
        std::io::ErrorKind::NotFound => {
            "Is util-linux installed, whose setpriv starts QEMU? sudo apt-get install util-linux"
        }
        _ => "Try again; if it stays, name another folder with LABRUNNER_CACHE=/path.",
    }
    .into()
}

fn indented_end(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = lines.len().saturating_sub(12);
    lines[end..].iter().map(|line| format!("  {line}\n")).collect::<String>().trim_end().into()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Says what to do about a kernel that cannot be had.
fn no_kernel(error: KernelError) -> Error {
    let fix = match &error {
        KernelError::Io { source, .. } => {
            return Error::unable(
                format!("There is no kernel to run: {error}."),
                storage_advice(source),
            );
        }
        KernelError::Damaged { .. } => {
            "labrunner kernel add SERIES fetches it again; labrunner kernel remove NAME removes it"
        }
        _ => "Or run the lab on this machine's own kernel: --on host",
    };
    Error::unable(format!("There is no kernel to run: {error}."), fix)
}
