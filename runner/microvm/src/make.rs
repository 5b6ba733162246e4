//! Makes a saved machine: boots it and writes it down, under one accelerator or under two that race.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::accelerator::Accelerator;
use crate::blueprint::{Made, Progress};
use crate::console::crash_line;
use crate::error::MachineError;
use crate::machine::{Booted, Machine};
use crate::qemu::{Hardware, Qemu, Start};
use crate::qmp::Qmp;
use crate::saved::{Folder, packer, restore};
use crate::trouble::Trouble;

/// A boot takes 2 to 4 s on a quiet host. One that takes this long is given up and tried again: on
/// busy hosts a few of a hundred hang for good. The later ones are for hosts that are just slow.
const BOOTS: [Duration; 3] =
    [Duration::from_secs(10), Duration::from_secs(20), Duration::from_secs(40)];

/// How long writing a machine of a few hundred MB may take on a slow disk.
const SAVE: Duration = Duration::from_secs(60);

/// How long a trial restore may take. One that works takes a tenth of this.
const TRIAL: Duration = Duration::from_secs(2);

/// How often it is looked whether the race is over.
const LOOK: Duration = Duration::from_millis(20);

/// What a machine is made of, ready to be started.
pub(crate) struct Parts<'a> {
    pub(crate) start: Start<'a>,
    pub(crate) memory_mib: u32,
    pub(crate) folder: &'a Folder,
}

/// The end of a race, and why it ended so.
pub(crate) struct Winner {
    pub(crate) accelerator: Accelerator,
    pub(crate) state: File,
    pub(crate) made: Made,
    pub(crate) because: String,
}

impl Parts<'_> {
    /// Makes the machine under one accelerator. The file that holds it has no name yet.
    pub(crate) fn make(
        &self,
        accelerator: Accelerator,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(File, Made), MachineError> {
        self.run(accelerator, &BOOTS, &AtomicBool::new(false), progress).map_err(Stopped::reason)
    }

    /// Makes the machine with and without KVM at once; KVM has won only if a restore under it has
    /// worked too before the other is done. Takes as long as the faster one.
    pub(crate) fn race(&self, progress: &mut dyn FnMut(Progress)) -> Result<Winner, MachineError> {
        let over = AtomicBool::new(false);
        let finish =
            |done| if over.swap(true, Ordering::SeqCst) { Err(Stopped::Lost) } else { Ok(done) };
        let start = Instant::now();
        let kvm = || {
            let (state, made) = self.run(Accelerator::Kvm, &BOOTS[..1], &over, &mut |_| ())?;
            let hardware = self.hardware(Accelerator::Kvm);
            restore(&state, self.folder.path(), hardware)?.ready(TRIAL)?;
            finish((state, made))
        };
        let (tcg, kvm) = thread::scope(|scope| {
            // Its machines end with this thread, see `Qemu::start`.
            let kvm = scope.spawn(kvm);
            let tcg = self.run(Accelerator::Tcg, &BOOTS, &over, progress).and_then(finish);
            over.store(true, Ordering::SeqCst);
            (tcg, kvm.join().unwrap_or(Err(Stopped::Lost)))
        });
        let took = start.elapsed().as_secs_f64();
        let (accelerator, (state, made), because) = match kvm {
            Ok(won) => {
                let because = format!("booted, saved and restored a machine first, in {took:.1} s");
                (Accelerator::Kvm, won, because)
            }
            Err(why) => {
                let why = match why {
                    Stopped::Failed(error) => error.to_string(),
                    Stopped::Lost => "it was not done by then".into(),
                };
                let because = format!("without KVM, it took {took:.1} s; with it: {why}");
                (Accelerator::Tcg, tcg.map_err(Stopped::reason)?, because)
            }
        };
        Ok(Winner { accelerator, state, made, because })
    }

    fn hardware(&self, accelerator: Accelerator) -> Hardware {
        Hardware { memory_mib: self.memory_mib, accelerator }
    }

    /// Boots and saves, unless it is over before.
    fn run(
        &self,
        accelerator: Accelerator,
        boots: &[Duration],
        over: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(File, Made), Stopped> {
        let state = self.folder.nameless()?;
        let mut boots = boots.iter().enumerate().peekable();
        while let Some((number, &within)) = boots.next() {
            progress(Progress::Booting { attempt: number + 1 });
            let start = Instant::now();
            let qemu = Qemu::start(self.hardware(accelerator), &self.start)?;
            let mut machine = Machine::new(qemu, "booting", None)?;
            let booted = match booted(&mut machine, within, over) {
                Err(Stopped::Failed(MachineError::Deadline { .. })) if boots.peek().is_some() => {
                    continue;
                }
                booted => booted?,
            };
            let boot = start.elapsed();
            progress(Progress::Saving);
            let start = Instant::now();
            let warnings = warnings(booted, &machine);
            save(machine, &state)?;
            return Ok((state, Made { boot, save: start.elapsed(), warnings }));
        }
        unreachable!("the last boot returns")
    }
}

/// Why a machine was not made.
enum Stopped {
    Failed(MachineError),
    /// Another was made first.
    Lost,
}

impl Stopped {
    /// For the one whose rival has failed, or who never had one: it cannot have lost.
    fn reason(self) -> MachineError {
        match self {
            Self::Failed(error) => error,
            Self::Lost => unreachable!("nobody else has made the machine"),
        }
    }
}

impl From<MachineError> for Stopped {
    fn from(error: MachineError) -> Self {
        Self::Failed(error)
    }
}

fn booted(machine: &mut Machine, within: Duration, over: &AtomicBool) -> Result<Booted, Stopped> {
    let start = Instant::now();
    loop {
        match machine.booted(LOOK) {
            Err(MachineError::Deadline { doing, console, .. }) => {
                if over.load(Ordering::SeqCst) {
                    return Err(Stopped::Lost);
                }
                if start.elapsed() > within {
                    return Err(MachineError::Deadline { doing, after: within, console }.into());
                }
            }
            answer => return Ok(answer?),
        }
    }
}

/// What the agent warned of, and the kernel.
fn warnings(booted: Booted, machine: &Machine) -> Vec<String> {
    let kernel = Trouble::find(&machine.console()).into_iter().map(|trouble| trouble.line);
    let kernel = kernel.map(|line| format!("while it booted, the kernel reported: {line}"));
    booted.warnings.into_iter().chain(kernel).collect()
}

fn save(machine: Machine, state: &File) -> Result<(), MachineError> {
    let (stream, packing) = packer(state)?;
    let saving = Qmp::connect(machine.qmp()?).and_then(|mut qmp| qmp.save(&stream, SAVE));
    let console = machine.console();
    // The packer sees the end of the stream when QEMU and we have closed it.
    drop((stream, machine));
    packing.join().unwrap_or_else(|_| {
        Err(MachineError::Initramfs("the packing of the machine panicked".into()))
    })?;
    saving.map_err(|error| match (error, crash_line(&console)) {
        (_, Some(reason)) => MachineError::GuestDown { reason, console },
        (MachineError::Deadline { doing, after, .. }, None) => {
            MachineError::Deadline { doing, after, console }
        }
        (error, None) => error,
    })
}
