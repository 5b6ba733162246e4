//! The steps that every lab takes: open, load, attach, observe.

use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use libbpf_rs::{Link, Map, MapCore, Object, ObjectBuilder, OpenObject, ProgramMut};

use crate::args::{Args, Usage};
use crate::libbpf_log;
use crate::wake::Wakeups;

/// Bytes at an address that is a multiple of 8. Made by [`crate::object!`].
#[derive(Debug)]
#[repr(C, align(8))]
pub struct Aligned<T: ?Sized>(pub T);

/// A running lab: its arguments and its object.
#[derive(Debug)]
pub struct Lab {
    usage: &'static Usage,
    args: Args,
    embedded: &'static [u8],
    /// With LAB_STAGES=1, each stage is named on standard error when it begins. The runner asks for it,
    /// to know where a lab stopped and when it is ready for events.
    marks: bool,
}

impl Lab {
    pub(crate) fn new(usage: &'static Usage, args: Args, embedded: &'static [u8]) -> Self {
        let marks = std::env::var_os("LAB_STAGES").is_some_and(|value| value == "1");
        Self { usage, args, embedded, marks }
    }

    /// The value of a flag, or its default.
    ///
    /// # Panics
    /// When the lab's [`Usage`] has no such flag.
    pub fn flag(&self, name: &str) -> &str {
        self.args.get(self.usage, name)
    }

    /// The value of a flag as a number, or whatever else can be parsed.
    ///
    /// # Errors
    /// It cannot.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<T> {
        Ok(self.args.parsed(self.usage, name)?)
    }

    /// Whether a switch is given.
    ///
    /// # Panics
    /// When the lab's [`Usage`] has no such flag.
    pub fn is_on(&self, name: &str) -> bool {
        !self.flag(name).is_empty()
    }

    /// As [`parsed`](Self::parsed), for a flag that may be left out: its default is empty.
    ///
    /// # Errors
    /// As `parsed`.
    pub fn parsed_if_given<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        if self.flag(name).is_empty() { Ok(None) } else { self.parsed(name).map(Some) }
    }

    /// The time between two tables, from `--every`; none when it is 0.
    ///
    /// # Errors
    /// The value is not a whole number of seconds.
    pub fn every(&self) -> Result<Option<Duration>> {
        let seconds = self.parsed("every")?;
        Ok((seconds > 0).then_some(Duration::from_secs(seconds)))
    }

    /// What the user ids of the stimulus begin at: on a kernel that others use too, the runner moves
    /// them far away from those of real users, and user 501 is this number and 501.
    pub fn uid_base(&self) -> u32 {
        let told = std::env::var("LAB_UID_BASE").ok();
        told.and_then(|base| base.parse().ok()).unwrap_or(0)
    }

    /// Parses the object: its programs, maps and types. Nothing is in the kernel after it.
    ///
    /// # Errors
    /// The file is not there, or is no BPF object that libbpf understands.
    pub fn open(&self) -> Result<OpenObject> {
        self.mark("open");
        self.open_unmarked()
    }

    pub(crate) fn open_unmarked(&self) -> Result<OpenObject> {
        // The kernel's names of .data, .bss and .rodata maps begin with the object's, and come up in
        // the verifier's log: so it does not depend on what a file is called.
        let mut builder = ObjectBuilder::default();
        builder.name(self.short_name())?;
        let opened = match &self.args.object {
            Some(file) => builder.open_file(file),
            None => builder.open_memory(self.embedded),
        };
        opened.with_context(|| format!("cannot open {}", self.object_name()))
    }

    /// The object file itself.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn object_bytes(&self) -> Result<Cow<'static, [u8]>> {
        Ok(match &self.args.object {
            Some(file) => {
                let bytes = std::fs::read(file);
                bytes.with_context(|| format!("cannot read {}", self.object_name()))?.into()
            }
            None => self.embedded.into(),
        })
    }

    /// Makes the maps and gives each program to the verifier.
    ///
    /// # Errors
    /// The kernel refuses a map or a program; libbpf has printed the verifier's log then.
    pub fn load(&self, object: OpenObject) -> Result<Object> {
        self.mark("load");
        object.load().with_context(|| format!("cannot load {}", self.object_name()))
    }

    /// Opens and loads the object once more, and prints the verifier's log of each accepted program on
    /// standard error. At level 1 that is a few numbers, at level 2 every instruction with the state of
    /// the registers. The log of a refused program needs no asking: [`load`](Self::load) prints it.
    ///
    /// # Errors
    /// As `open` and `load`.
    pub fn print_logs_of_success(&self, level: u32) -> Result<()> {
        libbpf_log::with_logs_of_success();
        self.load_once_more(level)
    }

    /// As [`print_logs_of_success`](Self::print_logs_of_success), but gives the logs back, in the order
    /// of the programs.
    ///
    /// # Errors
    /// As `open` and `load`.
    pub fn logs_of_success(&self, level: u32) -> Result<Vec<String>> {
        let (loaded, mut messages) = libbpf_log::kept(|| self.load_once_more(level));
        messages.retain(|message| libbpf_log::is_log(message));
        loaded.map(|()| messages)
    }

    fn load_once_more(&self, level: u32) -> Result<()> {
        let mut object = self.open_unmarked()?;
        for mut program in object.progs_mut() {
            program.set_log_level(level);
        }
        object.load().with_context(|| format!("cannot load {}", self.object_name()))?;
        Ok(())
    }

    /// Attaches every program where its section name says. A program is detached when its link is
    /// dropped; and since a link is an open file, at the latest when the lab ends, however it ends.
    ///
    /// # Errors
    /// The event does not exist, or this kernel cannot attach to events of the kind.
    pub fn attach(&self, object: &Object) -> Result<Vec<Link>> {
        self.mark("attach");
        object.progs_mut().map(|program| attached(&program, program.attach())).collect()
    }

    /// As [`attach`](Self::attach), for an object of which some programs were left out of the load.
    ///
    /// # Errors
    /// As `attach`.
    pub fn attach_loaded(&self, object: &Object) -> Result<Vec<Link>> {
        self.mark("attach");
        let loaded = object.progs_mut().filter(|program| program.autoload());
        loaded.map(|program| attached(&program, program.attach())).collect()
    }

    /// Attaches one program in a way that the section name does not tell.
    ///
    /// # Errors
    /// As [`attach`](Self::attach); and the object has no such program.
    pub fn attach_with(
        &self,
        object: &Object,
        program: &str,
        how: impl FnOnce(&ProgramMut<'_>) -> libbpf_rs::Result<Link>,
    ) -> Result<Link> {
        self.mark("attach");
        let program = object
            .progs_mut()
            .find(|candidate| candidate.name() == program)
            .ok_or_else(|| anyhow!("{} has no program {program}", self.object_name()))?;
        attached(&program, how(&program))
    }

    /// Says that something is attached now which libbpf knows nothing of.
    pub fn attaching(&self) {
        self.mark("attach");
    }

    /// Registers a structure of programs (struct_ops) with the kernel.
    ///
    /// # Errors
    /// The kernel refuses it: something is missing in it, or its name is taken.
    pub fn attach_struct_ops(&self, object: &mut Object, name: &str) -> Result<Link> {
        self.mark("attach");
        let mut map = object
            .maps_mut()
            .find(|map| map.name() == name)
            .ok_or_else(|| anyhow!("{} has no structure {name}", self.object_name()))?;
        map.attach_struct_ops().with_context(|| format!("cannot attach {name} (struct_ops)"))
    }

    /// Says that everything is attached, and gives what to wait for from here on.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    pub fn observe(&self) -> Result<Wakeups> {
        let wakeups = Wakeups::new(self.marks).context("cannot wait for signals")?;
        self.mark("observe");
        Ok(wakeups)
    }

    /// A map of the object, by its name in C. A data section is found by the end of its name: `.bss`.
    ///
    /// # Errors
    /// The object has no such map.
    pub fn map<'a>(&self, object: &'a Object, name: &str) -> Result<Map<'a>> {
        object
            .maps()
            .find(|map| {
                let found = map.name().to_string_lossy();
                if name.starts_with('.') { found.ends_with(name) } else { found == name }
            })
            .ok_or_else(|| anyhow!("{} has no map {name}", self.object_name()))
    }

    /// `ch2-hello-map` without the chapter.
    fn short_name(&self) -> &'static str {
        self.usage.name.split_once('-').map_or(self.usage.name, |(_, name)| name)
    }

    fn object_name(&self) -> String {
        match self.args.object.as_ref().and_then(|file| file.file_name()) {
            Some(file) => PathBuf::from(file).display().to_string(),
            None => format!("{}.bpf.o", self.short_name()),
        }
    }

    /// Says that a stage begins. The other functions do that by themselves; this is for labs that load
    /// without libbpf.
    pub fn mark(&self, stage: &str) {
        if self.marks {
            let _ = writeln!(std::io::stderr(), "@{stage}");
        }
    }
}

fn attached(program: &ProgramMut<'_>, link: libbpf_rs::Result<Link>) -> Result<Link> {
    link.with_context(|| {
        let (name, section) = (program.name().display(), program.section().display());
        format!("cannot attach {name} ({section})")
    })
}
