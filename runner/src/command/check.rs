//! `labrunner check`: all labs and breaks on several kernels, in one table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::lab::default_engine;
use super::{course, say, telling};
use crate::check::jobs;
use crate::check::junit::Junit;
use crate::check::plan::{Column, Plan, Row, rows, select};
use crate::check::pool::{self, Event, Finished};
use crate::check::progress::Progress;
use crate::check::table::Table;
use crate::check::tally::Tally;
use crate::cli::{CheckArgs, EngineName, Format};
use crate::course::Course;
use crate::engine::host::Host;
use crate::engine::vm::Vm;
use crate::error::{Error, INTERRUPTED};
use crate::interrupt;
use crate::judge::Verdict;
use crate::kernels;
use crate::programs::Programs;
use crate::render::json;

/// How long an interrupted run may take to show what it has.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How many commands are shown that repeat failures.
const COMMANDS: usize = 5;

/// Runs all, prints as it goes, and tells by the exit status whether all is well.
pub fn run(args: &CheckArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    let rows = rows(&select(&course, &args.only)?);
    run_rows(&course, rows, args, format)
}

/// Runs these rows where the arguments say.
pub(super) fn run_rows(
    course: &Course,
    rows: Vec<Row<'_>>,
    args: &CheckArgs,
    format: Format,
) -> Result<u8, Error> {
    let engine = args.on.unwrap_or_else(default_engine);
    let jobs = jobs(args, engine);
    let programs = Programs::find(&course.root, &mut say)?;
    let mut columns = columns(args, engine, &programs)?;
    pool::prepare(&mut columns, jobs, &say)?;
    let plan = Plan { course, programs: &programs, rows, columns };

    let (sender, events) = channel();
    let interrupted = sender.clone();
    interrupt::before_the_end(move || {
        let (shown, wait) = channel();
        if interrupted.send(Event::Interrupted(shown)).is_ok() {
            let _ = wait.recv_timeout(LAST_WORD);
        }
    });
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        pool::start(scope, &plan, jobs, &next, &sender);
        Reporter::new(&plan, format).follow(events)
    })
}

/// How many at a time. On the host it is one: its labs would see each other's events.
fn jobs(args: &CheckArgs, engine: EngineName) -> usize {
    let asked = args.jobs.map(usize::from);
    match engine {
        EngineName::Vm => asked.unwrap_or_else(jobs::suitable),
        EngineName::Host => {
            if asked > Some(1) {
                say("On one kernel labs would see each other's events: they run one by one.");
            }
            1
        }
    }
}

fn columns(
    args: &CheckArgs,
    engine: EngineName,
    programs: &Programs,
) -> Result<Vec<Column>, Error> {
    let release = Ok(String::new());
    if engine == EngineName::Host {
        if args.kernel.is_some() {
            return Err(Error::Usage(
                "`--on host` is this machine's own kernel; `--kernel` names those of micro-VMs. Leave \
                 one of them out."
                    .into(),
            ));
        }
        return Ok(vec![Column { name: "host".into(), engine: Box::new(Host), release }]);
    }
    let column = |name: String| {
        let engine = Box::new(Vm::new(&name, programs.path("labrunner-guest")));
        Column { name, engine, release: release.clone() }
    };
    Ok(kernels::named(args.kernel.as_deref())?.into_iter().map(column).collect())
}

/// Prints results as they come.
struct Reporter<'a> {
    plan: &'a Plan<'a>,
    format: Format,
    progress: Progress,
    tally: Tally,
    table: Table,
    junit: Junit,
    /// The columns in which each row failed.
    failed: BTreeMap<usize, BTreeSet<usize>>,
    start: Instant,
}

impl<'a> Reporter<'a> {
    fn new(plan: &'a Plan<'a>, format: Format) -> Self {
        let kernel = |column: &'a Column| (column.name.as_str(), column.release.as_deref().ok());
        let names: Vec<String> = plan.columns.iter().map(|column| column.name.clone()).collect();
        Self {
            plan,
            format,
            progress: Progress::start(plan.len()),
            tally: Tally::of(plan.len()),
            junit: Junit::new(plan.columns.iter().map(kernel)),
            table: Table::new(plan.rows.iter().map(|row| row.label()).collect(), names)
                .terse(telling::is_quiet()),
            failed: BTreeMap::new(),
            start: Instant::now(),
        }
    }

    /// Prints until all has ended, or the user wants an end. Once nobody receives events any more, the
    /// workers stop.
    fn follow(mut self, events: Receiver<Event>) -> Result<u8, Error> {
        let header = self.table.header();
        self.show(&header)?;
        while self.tally.done() < self.tally.planned {
            match events.recv() {
                Ok(Event::Said(sentence)) => self.progress.tell(&format!("{sentence}\n")),
                Ok(Event::Finished(finished)) => self.add(&finished)?,
                Ok(Event::Interrupted(shown)) => {
                    let ended = self.end();
                    drop(shown);
                    return ended.map(|()| INTERRUPTED);
                }
                Err(_) => break,
            }
        }
        let code = self.tally.exit_code();
        self.end()?;
        Ok(code)
    }

    fn add(&mut self, finished: &Finished) -> Result<(), Error> {
        self.tally.add(&finished.report.verdict);
        if matches!(finished.report.verdict, Verdict::Fail(_) | Verdict::Timeout { .. }) {
            self.failed.entry(finished.row).or_default().insert(finished.column);
        }
        match self.format {
            Format::Json => {
                let series = &self.plan.columns[finished.column].name;
                self.progress.print(&(json::line(&finished.report, series) + "\n"))?;
            }
            Format::Junit => self.junit.add(finished),
            Format::Text => {}
        }
        let lines = self.table.add(finished);
        self.progress.set(&self.tally);
        self.show(&lines)
    }

    /// What has not been printed yet, and the summary.
    fn end(mut self) -> Result<(), Error> {
        self.progress.end();
        let rest = self.table.rest();
        self.show(&rest)?;
        let summary = format!("\n{}\n", self.tally.summary(self.start.elapsed()));
        let again = self.again();
        match self.format {
            Format::Text => self.progress.print(&(summary + &again)),
            Format::Json => Ok(()),
            Format::Junit => {
                self.progress.tell(&(summary + &again));
                self.progress.print(&self.junit.render())
            }
        }
    }

    /// Prints lines of the table: where results for programs go to standard output, to standard error.
    fn show(&self, lines: &str) -> Result<(), Error> {
        match self.format {
            Format::Text => self.progress.print(lines)?,
            Format::Junit => self.progress.tell(lines),
            Format::Json => {}
        }
        Ok(())
    }

    /// How to see the failures in full.
    fn again(&self) -> String {
        let command = |(row, columns): (&usize, &BTreeSet<usize>)| {
            let columns: Vec<&Column> = columns.iter().map(|&c| &self.plan.columns[c]).collect();
            format!("  {}\n", self.plan.rows[*row].command(&columns))
        };
        let commands: String = self.failed.iter().take(COMMANDS).map(command).collect();
        let more = self.failed.len().saturating_sub(COMMANDS);
        let more = if more > 0 { format!("  … and {more} more\n") } else { String::new() };
        if commands.is_empty() { commands } else { format!("In full:\n{commands}{more}") }
    }
}
