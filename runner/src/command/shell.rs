//! `labrunner shell`: look around in a kernel of one's own.

use std::fs;
use std::time::{Duration, Instant};

use microvm::{Event, ExitStatus, Machine};

use super::{course, print, say};
use crate::cli::ShellArgs;
use crate::compile::{Compiled, compile};
use crate::course::{Course, Lab};
use crate::engine::vm::{Vm, unable};
use crate::error::{Error, FAILED};
use crate::kernels;
use crate::programs::Programs;
use crate::shell::{interact, run_command};
use crate::tools::Tools;

/// Where the files of the lab are in the machine.
const FOLDER: &str = "/lab";

/// How long setting the machine up may take.
const SET_UP: Duration = Duration::from_secs(20);

/// Runs a shell, or one command; the exit status is its own.
pub fn run(args: &ShellArgs) -> Result<u8, Error> {
    let course = course()?;
    let lab = match args.chapter.as_deref() {
        Some(chapter) => Some(course.lab(chapter, args.lab.as_deref())?),
        None => None,
    };
    let [series] = &kernels::named(args.kernel.as_deref())?[..] else {
        return Err(Error::Usage("A shell is on one kernel: name one series.".into()));
    };
    let programs = Programs::find(&course.root, lab.map(Lab::binary).as_slice(), &mut say)?;
    let source = lab.filter(|lab| lab.manifest.object);
    let object = match source.map(|lab| compiled(&course, lab)).transpose()? {
        Some(Compiled::Rejected(words)) => {
            print(&words)?;
            return Ok(FAILED);
        }
        Some(Compiled::Object { object, .. }) => Some(object),
        None => None,
    };
    let tools = Tools::collect()?;
    let mut machine = Vm::new(series, programs.path("labrunner-guest")).machine(&mut say)?;
    install_tools(&mut machine, &tools)?;
    if let Some(lab) = lab {
        install_lab(&mut machine, &course, lab, &programs, object)?;
    }
    let command = args.command.as_deref();
    if command.is_none() {
        welcome(series, lab, &tools);
    }
    let status = match command {
        Some(command) => run_command(&mut machine, command)?,
        None => interact(&mut machine)?,
    };
    if let Some(trouble) = machine.trouble() {
        say(&format!("The machine's kernel got into trouble meanwhile: {}", trouble.line));
    }
    Ok(match status {
        ExitStatus::Code(code) => u8::try_from(code).unwrap_or(FAILED),
        ExitStatus::Signal(signal) => u8::try_from(128 + signal).unwrap_or(FAILED),
    })
}

fn compiled(course: &Course, lab: &Lab) -> Result<Compiled, Error> {
    compile(&course.root, &lab.source(), None, colored::control::SHOULD_COLORIZE.should_colorize())
}

fn install_tools(machine: &mut Machine, tools: &Tools) -> Result<(), Error> {
    for (path, contents) in &tools.files {
        machine.put(path, 0o755, contents.clone()).map_err(unable)?;
    }
    // The applets of busybox, where there is no tool of its own.
    done(machine, &["/bin/busybox", "--install", "-s", "/bin"])?;
    done(machine, &["/bin/busybox", "mkdir", "-p", "/root", FOLDER])
}

/// The lab's binary, its object, the stimulus, and the sources.
fn install_lab(
    machine: &mut Machine,
    course: &Course,
    lab: &Lab,
    programs: &Programs,
    object: Option<Vec<u8>>,
) -> Result<(), Error> {
    for name in [lab.binary().as_str(), "stimulus", "probe"] {
        let program = programs.path(name);
        let bytes = fs::read(&program)
            .map_err(|e| Error::Usage(format!("cannot read {}: {e}", program.display())))?;
        machine.put(&format!("{FOLDER}/{name}"), 0o755, bytes).map_err(unable)?;
    }
    let mut arguments = lab.manifest.args.clone();
    if let Some(object) = object {
        let path = format!("{FOLDER}/{}.bpf.o", lab.short_name());
        machine.put(&path, 0o644, object).map_err(unable)?;
        arguments.extend(["--object".into(), path]);
    }
    let folder = course.root.join(&lab.folder);
    let entries = fs::read_dir(&folder)
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", folder.display())))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path)
            .map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))?;
        machine.put(&format!("{FOLDER}/{name}"), 0o644, bytes).map_err(unable)?;
    }
    start_lab(machine, lab, &arguments.join(" "))
}

/// Starts the lab and waits until it is attached, or has ended; then it says why itself.
fn start_lab(machine: &mut Machine, lab: &Lab, arguments: &str) -> Result<(), Error> {
    let script = format!("cd {FOLDER} && exec ./{} {arguments} >output", lab.binary());
    let argv = ["/bin/busybox", "sh", "-c", &script];
    let id = machine.spawn(&argv, &[("LAB_STAGES", "1")]).map_err(unable)?;
    let mut stderr = String::new();
    let deadline = Instant::now() + SET_UP;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        match machine.next_event(left).map_err(unable)? {
            Some(Event::Output { id: of, data, .. }) if of == id => {
                stderr += &String::from_utf8_lossy(&data);
                if stderr.lines().any(|line| line == "@observe") {
                    return Ok(());
                }
            }
            Some(Event::Exited { id: of, .. }) if of == id => break,
            Some(Event::Failed { message, .. }) => return Err(set_up_failed(&message)),
            _ => {}
        }
    }
    stderr.lines().filter(|line| !line.starts_with('@')).for_each(say);
    Ok(())
}

/// Runs a program in the machine to its end.
fn done(machine: &mut Machine, argv: &[&str]) -> Result<(), Error> {
    let id = machine.spawn(argv, &[]).map_err(unable)?;
    let deadline = Instant::now() + SET_UP;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        match machine.next_event(left).map_err(unable)? {
            Some(Event::Exited { id: of, status: ExitStatus::Code(0) }) if of == id => {
                return Ok(());
            }
            Some(Event::Exited { id: of, status }) if of == id => {
                return Err(set_up_failed(&status.to_string()));
            }
            Some(Event::Failed { message, .. }) => return Err(set_up_failed(&message)),
            _ => {}
        }
    }
    Err(set_up_failed("it takes too long"))
}

fn set_up_failed(how: &str) -> Error {
    Error::unable(
        format!("The machine could not be set up for a shell: {how}."),
        "Is this machine very busy? Try again.",
    )
}

fn welcome(series: &str, lab: Option<&Lab>, tools: &Tools) {
    say(&format!(
        "A shell as root in a micro-VM with Linux {series}. Nothing in it outlives it; `exit` or \
         Ctrl-D ends it."
    ));
    if let Some(lab) = lab {
        say(&format!(
            "{} runs here, with its files in {FOLDER}; what it prints is in {FOLDER}/output.",
            lab.title()
        ));
    }
    if !tools.missing.is_empty() {
        say(&format!(
            "Some tools are not on your machine: sudo apt-get install {}",
            tools.missing.join(" ")
        ));
    }
}
