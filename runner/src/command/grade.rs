//! `labrunner grade`: the submissions of a class.

mod merge;
mod reporter;

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::{course, say};
use crate::check::jobs;
use crate::check::plan::Column;
use crate::check::pool::{self, words};
use crate::cli::{Format, GradeAction, GradeArgs, GradeRunArgs};
use crate::confine::Confined;
use crate::course::Course;
use crate::engine::vm::Vm;
use crate::error::Error;
use crate::grade::assignment::{Assignment, once};
use crate::grade::grader::{Cell, Grader};
use crate::grade::handed_in;
use crate::grade::journal::{Header, VERSION};
use crate::grade::key;
use crate::grade::output::{Before, Output};
use crate::grade::row::{Entry, Mark};
use crate::grade::submission::{self, Submission};
use crate::grade::task::{Aim, Task};
use crate::interrupt;
use crate::kernels;
use crate::programs::Programs;
use reporter::Reporter;

/// What the workers tell.
enum Event {
    /// A sentence about what takes more than a moment.
    Said(String),
    /// A result, and whether it was there already.
    Graded(Box<Entry>, bool),
    /// The user wants an end; this process ends when the sender is dropped, and soon in any case.
    Interrupted(Sender<()>),
}

/// Grades, or merges; the exit status tells whether everything could be graded.
pub fn run(args: &GradeArgs, format: Format) -> Result<u8, Error> {
    colored::control::set_override(false); // what learners would have seen goes to files
    match &args.action {
        Some(GradeAction::Merge(args)) => merge::run(args, format),
        None => grade(&args.run, format),
    }
}

fn grade(args: &GradeRunArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    let assignment = args.assignment.as_deref().map(Assignment::read).transpose()?;
    let aim = aim(args, assignment.as_ref(), &course)?;
    let kernel = kernel(args, assignment.as_ref())?;
    let not = args.out.canonicalize().unwrap_or_else(|_| args.out.clone());
    let class = submission::find(&args.folders, &not)?;
    let submissions: Vec<&Submission> = class
        .iter()
        .enumerate()
        .filter(|(nth, _)| args.shard.is_none_or(|shard| shard.has(*nth)))
        .map(|(_, submission)| submission)
        .collect();
    let before = match (args.resume, args.overwrite) {
        (true, _) => Before::Resume,
        (_, true) => Before::Overwrite,
        _ => Before::None,
    };
    let (output, journal) = Output::open(&args.out, before)?;

    let cells = cells(&course, &submissions, &aim)?;
    let programs = Programs::find(&course.root, &binaries(&cells), &mut say)?;
    let confined = Confined::new(&course.root)?;
    if !confined.has_landlock() {
        say(
            "This machine's kernel has no Landlock: clang is confined by its own view of files alone.",
        );
    }
    let jobs = args.jobs.map_or_else(jobs::suitable_for_strangers, usize::from);
    let engine = Box::new(Vm::new(&kernel, programs.path("labrunner-guest")));
    let mut column = [Column { name: kernel.clone(), engine, release: Ok(String::new()) }];
    pool::prepare(&mut column, jobs, &say)?;
    let header = Header {
        journal: VERSION,
        title: assignment.and_then(|assignment| assignment.title),
        tasks: match &aim {
            Aim::Named(tasks) => Some(tasks.iter().map(Task::label).collect()),
            Aim::Changed { .. } => None,
        },
        kernel,
        shard: args.shard,
        class: class.len(),
    };
    let known = journal.map(|journal| journal.entries).unwrap_or_default();
    let grader = Grader {
        course: &course,
        programs: &programs,
        confined: &confined,
        kernel: &column[0],
        deadline: args.deadline,
        labs: key::Labs::default(),
    };
    let writer = output.journal(&header, &known)?;
    let reporter = Reporter::new(&output, writer, header, &cells, format);
    grade_all(&grader, &cells, &known, jobs, reporter)
}

/// Grades all, several at a time, and tells the reporter.
fn grade_all(
    grader: &Grader<'_>,
    cells: &[Cell<'_>],
    known: &[Entry],
    jobs: usize,
    reporter: Reporter<'_>,
) -> Result<u8, Error> {
    let graded =
        known.iter().filter(|entry| entry.row.verdict.is_graded() && !entry.key.is_empty());
    let known: HashMap<(&str, &str, &str), &Entry> = graded
        .map(|entry| {
            ((entry.row.submission.as_str(), entry.cell.as_str(), entry.key.as_str()), entry)
        })
        .collect();
    let (sender, events) = channel();
    let interrupted = sender.clone();
    interrupt::before_the_end(move || {
        let (shown, wait) = channel();
        if interrupted.send(Event::Interrupted(shown)).is_ok() {
            let _ = wait.recv_timeout(reporter::LAST_WORD);
        }
    });
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (known, sender) = (&known, sender);
        pool::share_out(scope, jobs.min(cells.len()), &next, move |nth| {
            let Some(cell) = cells.get(nth) else { return ControlFlow::Break(()) };
            let mut say = |sentence: &str| {
                let _ = sender.send(Event::Said(sentence.into()));
            };
            let (entry, reused) = one(grader, cell, known, &mut say);
            match sender.send(Event::Graded(Box::new(entry), reused)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        reporter.follow(events)
    })
}

/// Grades one, whatever happens. Whether it was known already.
fn one(
    grader: &Grader<'_>,
    cell: &Cell<'_>,
    known: &HashMap<(&str, &str, &str), &Entry>,
    say: &mut dyn FnMut(&str),
) -> (Entry, bool) {
    let reused = std::cell::Cell::new(false);
    let lookup = |name: &str, key: &str| {
        let found = known.get(&(cell.submission.name.as_str(), name, key));
        reused.set(found.is_some());
        found.map(|entry| (*entry).clone())
    };
    let entry = catch_unwind(AssertUnwindSafe(|| grader.grade(cell, lookup, say)));
    let entry = entry.unwrap_or_else(|panic| {
        let problem = format!("labrunner itself failed: {}.", words(&*panic));
        cell.without_a_run(Mark::Environment, &problem)
    });
    (entry, reused.get())
}

/// What is graded.
fn aim<'a>(
    args: &GradeRunArgs,
    assignment: Option<&Assignment>,
    course: &'a Course,
) -> Result<Aim<'a>, Error> {
    if let Some(assignment) = assignment {
        return Ok(Aim::Named(assignment.tasks(course)?));
    }
    let lab = |name: &String| Task::named(course, name, None, args.program);
    let exercise = |name: &String| {
        let (lab, exercise) = name.split_once(':').ok_or_else(|| {
            Error::Usage(format!(
                "`{name}` names no exercise: give lab and exercise, such as ch2/hello-map:gid."
            ))
        })?;
        Task::named(course, lab, Some(exercise), args.program)
    };
    let labs = args.labs.iter().map(lab);
    let tasks = labs.chain(args.exercises.iter().map(exercise)).collect::<Result<Vec<_>, _>>()?;
    once(&tasks)?;
    Ok(if tasks.is_empty() { Aim::Changed { program: args.program } } else { Aim::Named(tasks) })
}

/// The one kernel on which all are graded.
fn kernel(args: &GradeRunArgs, assignment: Option<&Assignment>) -> Result<String, Error> {
    let asked = args.kernel.as_deref();
    let asked = asked.or_else(|| assignment.and_then(|assignment| assignment.kernel.as_deref()));
    match &kernels::named(asked)?[..] {
        [kernel] => Ok(kernel.clone()),
        several => Err(Error::Usage(format!(
            "A class is graded on one kernel, and these are {}: {}.",
            several.len(),
            several.join(", ")
        ))),
    }
}

/// All that is to be done, the tasks of a submission together so that it is complete soon.
fn cells<'a>(
    course: &'a Course,
    submissions: &[&'a Submission],
    aim: &Aim<'a>,
) -> Result<Vec<Cell<'a>>, Error> {
    let mut cells = Vec::new();
    for &submission in submissions {
        let tasks = handed_in::tasks(course, submission, aim)?;
        if tasks.is_empty() {
            cells.push(Cell { submission, task: None, order: 0, any: false });
        }
        let cell = |(order, (task, any))| Cell { submission, task: Some(task), order, any };
        cells.extend(tasks.into_iter().enumerate().map(cell));
    }
    Ok(cells)
}

/// The programs of the labs in these tasks.
fn binaries(cells: &[Cell<'_>]) -> Vec<String> {
    let binaries: BTreeSet<String> =
        cells.iter().filter_map(|cell| Some(cell.task.as_ref()?.lab.binary())).collect();
    binaries.into_iter().collect()
}
