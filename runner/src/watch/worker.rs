//! The thread that runs what is watched, one run after the other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::spare::{IDLE, Spare};
use super::target::Part;
use crate::cancel::Cancel;
use crate::course::{Course, Lab};
use crate::engine::Engine;
use crate::error::Error;
use crate::programs::Programs;
use crate::report::Report;
use crate::run::Request;

/// The name of the thread.
pub const NAME: &str = "runs";

/// How long a run that was called off may take to end. After that it is left alone, and another thread
/// does the work.
const PATIENCE: Duration = Duration::from_secs(2);

/// Nothing can be done about what is gone, and nothing has to be.
const WAITING: &str = "Waiting for it to come back.";

/// Makes the engine, once the programs are there that it needs.
pub type MakeEngine = Arc<dyn Fn(&Programs) -> Box<dyn Engine> + Send + Sync>;

/// What is to be run.
pub struct Job {
    /// The number of the run.
    pub run: u64,
    /// The course.
    pub course: Arc<Course>,
    /// The lab. Its manifest is read again.
    pub lab: Lab,
    /// What of it.
    pub part: Part,
    /// Whether clang's and cargo's messages shall have colours.
    pub color: bool,
    /// By which it can be called off.
    pub cancel: Cancel,
}

/// What the thread tells of a run.
pub enum News {
    /// A sentence about what takes more than a moment.
    Said(String),
    /// It has ended.
    Ended(Box<Ended>),
}

/// A run that has ended.
pub struct Ended {
    /// The lab as it was then; `None` if it is gone.
    pub lab: Option<Lab>,
    /// What of it.
    pub part: Part,
    /// The report on it, or why there is none.
    pub report: Result<Report, Error>,
    /// When the thread came to it: a machine may have had to be freed, or got ready, before.
    pub began: Instant,
    /// How long looking after the Rust side took, before the stages of the report.
    pub programs: Duration,
    /// The programs that the next run is going to want.
    wanted: Vec<PathBuf>,
}

/// Tells of a run by its number; false if nobody listens any more.
pub type Tell = Arc<dyn Fn(u64, News) -> bool + Send + Sync>;

/// The thread, as seen from outside.
pub struct Worker {
    jobs: Sender<Job>,
    engine: MakeEngine,
    tell: Tell,
    /// The run that it was given last, if that has not ended.
    last: Option<(u64, Cancel)>,
    called_off: Option<Instant>,
}

impl Worker {
    /// Starts it.
    pub fn start(engine: MakeEngine, tell: Tell) -> Self {
        let jobs = start(engine.clone(), tell.clone());
        Self { jobs, engine, tell, last: None, called_off: None }
    }

    /// Calls off what runs, and has this run next.
    pub fn run(&mut self, job: Job) {
        self.call_off();
        self.last = Some((job.run, job.cancel.clone()));
        // It is there: it ends only with this sender.
        let _ = self.jobs.send(job);
    }

    /// Calls off what runs.
    pub fn call_off(&mut self) {
        if let Some((_, cancel)) = &self.last {
            cancel.cancel();
            self.called_off.get_or_insert_with(Instant::now);
        }
    }

    /// This run has ended, as was told.
    pub fn ended(&mut self, run: u64) {
        self.called_off = None;
        self.last.take_if(|(last, _)| *last == run);
    }

    /// When [`Worker::replace`] has to be called, unless something is told before.
    pub fn patience(&self) -> Option<Instant> {
        self.called_off.map(|since| since + PATIENCE)
    }

    /// Leaves a thread alone that does not end what was called off: another one takes over, with this job.
    pub fn replace(&mut self, job: Option<Job>) {
        self.jobs = start(self.engine.clone(), self.tell.clone());
        (self.last, self.called_off) = (None, None);
        if let Some(job) = job {
            self.run(job);
        }
    }
}

fn start(engine: MakeEngine, tell: Tell) -> Sender<Job> {
    let (sender, jobs) = channel();
    let thread = thread::Builder::new().name(NAME.into());
    thread.spawn(move || work(&jobs, &engine, &tell)).expect("a thread can be started");
    sender
}

fn work(jobs: &Receiver<Job>, engine: &MakeEngine, tell: &Tell) {
    let mut spare: Option<Spare> = None;
    loop {
        let job = match spare.as_ref().filter(|spare| spare.is_ready()) {
            Some(ready) => match jobs.recv_timeout(IDLE) {
                Err(RecvTimeoutError::Timeout) => {
                    ready.free();
                    continue;
                }
                job => job.ok(),
            },
            None => jobs.recv().ok(),
        };
        let Some(job) = job else { return };
        let ended = catch_unwind(AssertUnwindSafe(|| run(&job, engine, &mut spare, tell)));
        let mut ended = ended.unwrap_or_else(|panic| {
            spare = None;
            Ended::with(&job, Some(job.lab.clone()), Err(defect(&*panic)))
        });
        let finished = ended.report.is_ok() && !job.cancel.is_cancelled();
        let wanted = std::mem::take(&mut ended.wanted);
        if !tell(job.run, News::Ended(Box::new(ended))) {
            return;
        }
        // What is called off is followed by another run at once, which starts its own machine.
        if let Some(spare) = spare.as_ref().filter(|_| finished) {
            spare.prepare(&wanted);
        }
    }
}

fn run(job: &Job, engine: &MakeEngine, spare: &mut Option<Spare>, tell: &Tell) -> Ended {
    let start = Instant::now();
    let lab = match job.course.read_again(&job.lab) {
        Ok(Some(lab)) => lab,
        Ok(None) => return Ended::with(job, None, Err(gone(&job.lab.folder))),
        Err(error) => return Ended::with(job, Some(job.lab.clone()), Err(error)),
    };
    if lab.manifest.object && !job.course.root.join(lab.source()).exists() {
        let error = Error::Usage(format!("{} is gone. {WAITING}", lab.source().display()));
        return Ended::with(job, Some(lab), Err(error));
    }
    let mut say = |sentence: &str| {
        tell(job.run, News::Said(sentence.into()));
    };
    let (mut programs_took, mut wanted) = (Duration::ZERO, Vec::new());
    let mut report = || {
        job.cancel.check()?;
        let subject = job.part.subject(&lab)?;
        let programs =
            Programs::find_quietly(&job.course.root, &[lab.binary()], &mut say, &job.cancel)?;
        programs_took = start.elapsed();
        wanted = ["stimulus", &lab.binary()].map(|name| programs.path(name)).into();
        let spare = spare.get_or_insert_with(|| Spare::new(engine(&programs)));
        spare.set_cancel(&job.cancel);
        let request = Request {
            course: &job.course,
            lab: &lab,
            subject,
            programs: &programs,
            deadline: None,
            color: job.color,
            cancel: job.cancel.clone(),
        };
        request.run(spare, &mut say)
    };
    let report = report();
    Ended { began: start, programs: programs_took, wanted, ..Ended::with(job, Some(lab), report) }
}

impl Ended {
    fn with(job: &Job, lab: Option<Lab>, report: Result<Report, Error>) -> Self {
        let (began, programs) = (Instant::now(), Duration::ZERO);
        Self { lab, part: job.part.clone(), report, began, programs, wanted: Vec::new() }
    }
}

/// The lab's folder, or its manifest, is not there.
fn gone(folder: &Path) -> Error {
    Error::Usage(format!("{} is gone, or its lab.toml is. {WAITING}", folder.display()))
}

fn defect(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let words = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Error::unable(
        format!("labrunner itself failed: {}.", words.unwrap_or("it does not say how")),
        "That is a defect of labrunner, not of the lab.",
    )
}

#[cfg(test)]
impl Ended {
    /// The end of a run of a lab's own program.
    pub(crate) fn of(report: Result<Report, Error>) -> Self {
        let (part, programs) = (Part::Own(None), Duration::from_millis(2));
        let began = Instant::now();
        Self { lab: None, part, report, began, programs, wanted: Vec::new() }
    }
}
