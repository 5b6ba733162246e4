//! pinning: what stays in the kernel when the process that loaded it is gone.

use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use labs::record::u64_at;
use labs::renames::{rename, set_subject};
use labs::{Flag, Lab, Usage, bpffs};
use libbpf_rs::query::MapInfoIter;
use libbpf_rs::{Link, MapCore, MapFlags, MapHandle, Object, Program};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has one process load a program, ends it, and looks at what is left in the kernel.",
    flags: &[
        Flag {
            name: "loader",
            value: "PIN",
            default: "",
            help: "be the process that loads, and pin: nothing, program or link",
        },
        Flag {
            name: "subject",
            value: "PID",
            default: "0",
            help: "for --loader: the process whose renames count",
        },
    ],
};

const PROGRAM: &str = "count_renames";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), |lab| match lab.flag("loader") {
        "" => pinning(lab),
        pin => load_and_wait(lab, pin),
    })
}

fn pinning(lab: &Lab) -> Result<()> {
    bpffs::own()?;
    let object = lab.load(lab.open()?)?; // to see whether it can be
    drop(object);
    lab.observe()?;

    for pin in ["nothing", "program", "link"] {
        bpffs::remove_pins()?;
        say(format_args!("pinned by the loader: {pin}"))?;
        let mut loader = Loader::start(pin)?;
        loader.look("the loader runs")?;
        loader.kill()?;
        loader.look("it is killed")?;
        if !bpffs::pins()?.is_empty() {
            bpffs::remove_pins()?;
            loader.look("the pins are removed")?;
        }
        say(format_args!(""))?;
    }

    say(format_args!("two loaders, one after the other; the number in the map at the end"))?;
    for name in ["first", "second"] {
        let mut loader = Loader::start("nothing")?;
        rename(3)?;
        say(format_args!("the {name} one: {}", loader.count()?.context("the map is gone")?))?;
        loader.kill()?;
        gone_soon(|| loader.has_program());
    }
    Ok(())
}

// ANCHOR: loader
/// What the other process does: loads, attaches, pins, and waits for its end.
fn load_and_wait(lab: &Lab, pin: &str) -> Result<()> {
    let mut opened = lab.open()?;
    set_subject(&mut opened, lab.parsed("subject")?)?;
    let object = lab.load(opened)?;
    let mut link = lab.attach_with(&object, PROGRAM, |program| program.attach())?;
    pin_one(&object, &mut link, pin)?;

    let program = object.progs().find(|program| program.name() == PROGRAM).context("no program")?;
    let program = Program::id_from_fd(program.as_fd())?;
    let map = libbpf_rs::MapInfo::new(lab.map(&object, "renames")?.as_fd())?.info.id;
    say(format_args!("{program} {map}"))?;
    io::copy(&mut io::stdin(), &mut io::sink())?; // its end is our end
    Ok(())
}

fn pin_one(object: &Object, link: &mut Link, pin: &str) -> Result<()> {
    match pin {
        "nothing" => Ok(()),
        "link" => link.pin(place("link")).context("cannot pin the link"),
        "program" => {
            let program = object.progs_mut().find(|program| program.name() == PROGRAM);
            program.context("no program")?.pin(place("program")).context("cannot pin the program")
        }
        other => bail!("--loader cannot be `{other}`"),
    }
}
// ANCHOR_END: loader

/// The other process, and what it has put into the kernel.
struct Loader {
    process: Child,
    runs: bool,
    program: u32,
    map: u32,
}

impl Loader {
    fn start(pin: &str) -> Result<Self> {
        let mut process = Command::new("/proc/self/exe")
            .args(std::env::args_os().skip(1)) // it loads the same object
            .args(["--loader", pin, "--subject", &std::process::id().to_string()])
            .env_remove("LAB_STAGES")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the loader")?;
        let ids = read_ids(process.stdout.take());
        if ids.is_err() {
            let _ = process.kill();
            let _ = process.wait();
        }
        let (program, map) = ids?;
        Ok(Self { process, runs: true, program, map })
    }

    fn kill(&mut self) -> Result<()> {
        self.process.kill().context("cannot end the loader")?;
        self.process.wait()?;
        self.runs = false;
        Ok(())
    }

    /// Prints what is there, and whether the program still does its work.
    fn look(&self, when: &str) -> Result<()> {
        let program = self.runs || !gone_soon(|| self.has_program());
        let map = self.runs || !gone_soon(|| self.has_map());
        let before = self.count()?;
        rename(3)?;
        let counted = match (before, self.count()?) {
            (Some(before), Some(after)) => format!("{} of 3 renames counted", after - before),
            _ => "nothing counts".to_owned(),
        };
        let there = |yes| if yes { "there" } else { "gone" };
        let pins = bpffs::pins()?;
        let pins = if pins.is_empty() { "none".to_owned() } else { pins.join(", ") };
        say(format_args!(
            "{when}: program {}, map {}, {counted}, pins: {pins}",
            there(program),
            there(map)
        ))
    }

    fn has_program(&self) -> bool {
        // A number is given to one program only, until the machine is started again.
        Program::fd_from_id(self.program).is_ok()
    }

    fn has_map(&self) -> bool {
        MapInfoIter::default().any(|map| map.id == self.map)
    }

    /// The number in the map, if it still exists.
    fn count(&self) -> Result<Option<u64>> {
        if !self.has_map() {
            return Ok(None);
        }
        let map = MapHandle::from_map_id(self.map).context("cannot open the map")?;
        let value = map.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
        Ok(value.and_then(|value| u64_at(&value, 0)))
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn read_ids(stdout: Option<ChildStdout>) -> Result<(u32, u32)> {
    let mut line = String::new();
    BufReader::new(stdout.context("no pipe")?).read_line(&mut line)?;
    let ids = line.trim().split_once(' ');
    let (program, map) = ids.context("the loader failed")?;
    Ok((program.parse()?, map.parse()?))
}

/// Waits until something is gone, and says whether it is. What nobody refers to is freed a little
/// later. Where nothing is pinned, it is sure to go; else it may be there to stay.
fn gone_soon(is_there: impl Fn() -> bool) -> bool {
    let patience = if matches!(bpffs::pins(), Ok(pins) if pins.is_empty()) { 3000 } else { 400 };
    let deadline = Instant::now() + Duration::from_millis(patience);
    while is_there() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

fn place(name: &str) -> String {
    format!("{}/{name}", bpffs::PLACE)
}

fn say(line: std::fmt::Arguments<'_>) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
