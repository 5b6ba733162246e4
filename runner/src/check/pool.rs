//! Runs the plan, several machines at a time.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use super::plan::{Column, Plan, without_a_run};
use crate::error::{Error, Unable};
use crate::judge::Verdict;
use crate::report::Report;

/// What the pool tells while it works.
pub enum Event {
    /// A sentence about what takes more than a moment.
    Said(String),
    /// A run has ended.
    Finished(Box<Finished>),
    /// The user wants an end; this process ends when the sender is dropped, and soon in any case.
    Interrupted(Sender<()>),
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Index of its row.
    pub row: usize,
    /// Index of its column.
    pub column: usize,
    /// What came of it.
    pub report: Report,
    /// How long it took, all in all.
    pub took: Duration,
}

/// Starts a kernel of each column once, so that its saved machine is there, undamaged, before many want
/// it; at most `jobs` at a time. Fills in the releases.
///
/// # Errors
/// If none of the kernels runs here, why the first does not.
pub fn prepare(
    columns: &mut [Column],
    jobs: usize,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    let waiting = Mutex::new(columns.iter_mut());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(column) = next() {
                    column.release = start_once(column, say);
                }
            });
        }
    });
    for column in columns.iter() {
        if let Err(unable) = &column.release {
            say(&format!("{}: {unable}", column.name));
        }
    }
    match columns.iter().all(|column| column.release.is_err()) {
        true => columns.first().map_or(Ok(()), |first| first.release.clone().map(drop)),
        false => Ok(()),
    }
    .map_err(Error::Environment)
}

fn start_once(column: &Column, say: &(dyn Fn(&str) + Sync)) -> Result<String, Unable> {
    let mut say = |sentence: &str| say(sentence);
    let release = column.engine.start(&mut say).and_then(|mut session| session.ready(&mut say));
    release.map_err(|error| match error {
        Error::Environment(unable) => unable,
        Error::Usage(problem) | Error::Build(problem) => Unable { problem, fix: String::new() },
    })
}

/// Starts `jobs` workers. Each takes the next run that nobody has taken (`next` counts them) until there
/// is none, or nobody listens any more.
pub fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    plan: &'scope Plan<'_>,
    jobs: usize,
    next: &'scope AtomicUsize,
    events: &Sender<Event>,
) {
    let events = events.clone();
    share_out(scope, jobs.min(plan.len()), next, move |nth| {
        let Some((row, column)) = plan.place(nth) else { return ControlFlow::Break(()) };
        let finished = run(plan, row, column, &events);
        match events.send(Event::Finished(Box::new(finished))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
}

/// Starts `jobs` workers that call `work` with 0, 1, 2 and so on, each number once, until it says that there
/// is no more to do.
///
/// A machine ends with the thread that started it, so a worker sees each of its runs to the end.
pub fn share_out<'scope>(
    scope: &'scope Scope<'scope, '_>,
    jobs: usize,
    next: &'scope AtomicUsize,
    work: impl Fn(usize) -> ControlFlow<()> + Clone + Send + 'scope,
) {
    for _ in 0..jobs {
        let work = work.clone();
        scope.spawn(move || while work(next.fetch_add(1, Ordering::Relaxed)).is_continue() {});
    }
}

fn run(plan: &Plan<'_>, row: usize, column: usize, events: &Sender<Event>) -> Finished {
    let start = Instant::now();
    let mut say = |sentence: &str| {
        let _ = events.send(Event::Said(sentence.into()));
    };
    let (of, on) = (&plan.rows[row], &plan.columns[column]);
    let report = catch_unwind(AssertUnwindSafe(|| plan.run(of, on, &mut say)));
    let report = report.unwrap_or_else(|panic| {
        let unable = Unable {
            problem: format!("labrunner itself failed: {}.", words(&*panic)),
            fix: "That is a defect of labrunner, not of the lab.".into(),
        };
        without_a_run(of, on, Verdict::Environment(unable))
    });
    Finished { row, column, report, took: start.elapsed() }
}

/// What a panic said.
pub(crate) fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it does not say how")
}
