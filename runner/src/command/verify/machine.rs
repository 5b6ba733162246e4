//! One kernel: a fresh machine, in which the program `verify` tries the objects.

use std::fs;
use std::time::{Duration, Instant};

use microvm::{Event, ProcessId, Stream, Trouble, TroubleKind};

use super::input::Input;
use crate::engine::vm::Vm;
use crate::engine::{Engine, Session};
use crate::error::{Error, Unable};
use crate::kernels;
use crate::programs::Programs;
use crate::verify::answer::{Answer, NoAnswer, read};
use crate::verify::{Column, side_by_side};

/// Most that is read of what is told about an object, in bytes: several of the longest logs.
const MOST: usize = 128 << 20;

/// `ENOMEM`
const NO_MEMORY: i32 = 12;

/// What is tried on each kernel.
pub(super) struct Trial<'a> {
    /// The programs that the course has built.
    pub(super) programs: &'a Programs,
    pub(super) object: &'a Input,
    /// The object that it is compared with.
    pub(super) before: Option<&'a Input>,
    /// How long a program may take.
    pub(super) deadline: Duration,
}

impl Trial<'_> {
    /// What came of it. What the machine lacks is part of that.
    ///
    /// # Errors
    /// Nothing of it is the kernel's doing: an object is none, or the command line is wrong.
    pub(super) fn on(&self, series: &str, say: &mut dyn FnMut(&str)) -> Result<Column, Error> {
        let mut column = Column { series: series.into(), release: None, programs: Ok(Vec::new()) };
        match self.fill(&mut column, say) {
            Err(Error::Environment(unable)) => column.programs = Err(unable),
            done => done?,
        }
        Ok(column)
    }

    fn fill(&self, column: &mut Column, say: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let vm = Vm::new(&column.series, self.programs.path("labrunner-guest"));
        let mut session = vm.start(say)?;
        column.release = Some(session.ready(say)?);
        let verify = session.install(&self.programs.path("verify"))?;
        self.provide_configuration(&mut *session, column)?;
        let now = self.ask(&mut *session, &verify, "now", self.object)?;
        let before = self.before.map(|before| self.ask(&mut *session, &verify, "before", before));
        let programs = side_by_side(now, before.transpose()?);
        // A refusal holds beside a warning; that a program loads is what the kernel must be sound for.
        let claims = |program: &crate::verify::Program| {
            program.now.as_ref().is_some_and(|attempt| attempt.loads())
        };
        match session.trouble().filter(|trouble| trouble.kind != TroubleKind::OutOfMemory) {
            Some(trouble)
                if trouble.kind != TroubleKind::Warning || programs.iter().any(claims) =>
            {
                Err(unsound(&trouble))
            }
            _ => {
                column.programs = Ok(programs);
                Ok(())
            }
        }
    }

    /// Puts the kernel's configuration where libbpf looks for it, for objects with `__kconfig` variables.
    /// A machine has none of its own.
    fn provide_configuration(
        &self,
        session: &mut dyn Session,
        column: &Column,
    ) -> Result<(), Error> {
        let asks = |input: &Input| input.bytes.windows(8).any(|bytes| bytes == b".kconfig");
        if !asks(self.object) && !self.before.is_some_and(asks) {
            return Ok(());
        }
        let kernel = kernels::store()?.get(&column.series).map_err(kernels::unable)?;
        let (Some(file), Some(release)) = (kernel.config, &column.release) else { return Ok(()) };
        let contents = fs::read(&file).map_err(|e| {
            Error::unable(
                format!("cannot read {}: {e}.", file.display()),
                format!("Fetch it again: labrunner kernel refresh {}", column.series),
            )
        })?;
        // `provide` begins in a folder of its own.
        session.provide(&format!("../boot/config-{release}"), &contents).map(drop)
    }

    /// Runs `verify` on an object to its end.
    fn ask(
        &self,
        session: &mut dyn Session,
        verify: &str,
        folder: &str,
        object: &Input,
    ) -> Result<Vec<Answer>, Error> {
        let path = session.provide(&format!("{folder}/{}", object.name), &object.bytes)?;
        let id = session.spawn(&[verify.into(), path], &[])?;
        let told = self.listen(session, id)?;
        let shown = &object.shown;
        let answers = read(&told.answers, &object.bytes).map_err(|why| match why {
            NoAnswer::Unopened(words) => Error::Usage(unopened(shown, &words)),
            NoAnswer::NoPrograms => Error::Usage(format!(
                "`{shown}` has no BPF programs: a program is a function with SEC(\"…\")."
            )),
            NoAnswer::BrokenOff(at) => told.broken_off(shown, at, self.deadline),
        })?;
        let starved = |answer: &&Answer| {
            answer.attempt.errno == NO_MEMORY && answer.attempt.refusal.is_none()
        };
        match answers.iter().find(starved) {
            Some(Answer { name, attempt, .. }) => Err(Error::unable(
                format!("The memory of the micro-VM is not enough for {name}: {}.", attempt.reason),
                "It has 256 MB. Give the maps of the object fewer entries.",
            )),
            None => Ok(answers),
        }
    }

    /// What it prints. Each line gets a time of its own.
    fn listen(&self, session: &mut dyn Session, id: ProcessId) -> Result<Told, Error> {
        let mut told = Told::default();
        let mut deadline = Instant::now() + self.deadline;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match session.next_event(left)? {
                Some(Event::Output { id: of, stream, data }) if of == id => match stream {
                    Stream::Stdout if told.answers.len() + data.len() > MOST => return Ok(told),
                    Stream::Stdout => {
                        if data.contains(&b'\n') {
                            deadline = Instant::now() + self.deadline;
                        }
                        told.answers.extend(data);
                    }
                    Stream::Stderr => told.words.push_str(&String::from_utf8_lossy(&data)),
                },
                Some(Event::Exited { id: of, status }) if of == id => {
                    told.end = Some(status.to_string());
                    return Ok(told);
                }
                Some(Event::Failed { message, .. }) => {
                    return Err(defect(&format!("it {message}")));
                }
                Some(_) => {}
                None => {
                    told.late = true;
                    return Ok(told);
                }
            }
        }
    }
}

/// What `verify` printed, and how that ended.
#[derive(Default)]
struct Told {
    answers: Vec<u8>,
    words: String,
    /// How it ended; `None` if it had to be left.
    end: Option<String>,
    /// Whether time was up.
    late: bool,
}

impl Told {
    /// What answers that are not whole mean.
    fn broken_off(&self, shown: &str, at: Option<usize>, deadline: Duration) -> Error {
        let place = match at {
            Some(at) => format!("Program {at} of `{shown}`"),
            None => format!("`{shown}`"),
        };
        match (&self.end, self.late) {
            (_, true) => Error::unable(
                format!("{place} was still with the verifier after {} s.", deadline.as_secs_f64()),
                "Without KVM a large program may take minutes: --deadline SECONDS gives it more.",
            ),
            (Some(end), _) if end.contains("signal 9") => Error::unable(
                format!("The memory of the micro-VM was not enough. {place} was tried."),
                "It has 256 MB, for the object, its maps, and the verifier's log.",
            ),
            (Some(end), _) => {
                defect(&format!("it ended with {end} and said: {}", self.words.trim()))
            }
            (None, _) => Error::unable(
                format!("The verifier's logs of `{shown}` have more than {} MB.", MOST >> 20),
                "Verify fewer programs at a time.",
            ),
        }
    }
}

fn unopened(shown: &str, words: &str) -> String {
    let advice = match words.contains("BTF is required") {
        true => "\nIt describes the maps; clang writes it with -g.",
        false => "",
    };
    format!("`{shown}` is no object that libbpf can open: {words}{advice}")
}

fn unsound(trouble: &Trouble) -> Error {
    Error::Environment(Unable {
        problem: format!("The micro-VM's kernel got into trouble: {}.", trouble.line),
        fix: "So nothing that came of this kernel counts. It is a defect of that kernel, which the object \
              may have met. Try again."
            .into(),
    })
}

fn defect(how: &str) -> Error {
    Error::unable(
        format!("The program that loads the object failed: {how}"),
        "This is a defect of the course or of the machine, not of your program.",
    )
}
