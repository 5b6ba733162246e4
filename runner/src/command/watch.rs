//! `labrunner watch`: a verdict after each save.

use std::sync::Arc;

use super::lab::{default_engine, print_names};
use super::{chosen, course, say};
use crate::cli::{EngineName, Format, LabArgs, WatchArgs};
use crate::engine::Engine;
use crate::engine::host::{self, QuietHost};
use crate::engine::vm::Vm;
use crate::error::{Error, PASSED};
use crate::kernels;
use crate::left::{Left, note};
use crate::programs::Programs;
use crate::watch::interactive::Options;
use crate::watch::session::Session;
use crate::watch::target::Target;
use crate::watch::worker::MakeEngine;
use crate::watch::{headless, interactive, terminal};

/// Watches until it is ended.
pub fn run(args: &WatchArgs, format: Format) -> Result<u8, Error> {
    let (left, said) = Left::load();
    said.iter().for_each(|sentence| say(sentence));
    let course = Arc::new(course()?);
    let progress = super::progress();
    let named = LabArgs { chapter: args.chapter.clone(), lab: args.lab.clone() };
    let lab = chosen(&course, &progress, &named)?;
    let exercise = match args.exercise.as_deref() {
        Some("") => {
            let exercises = lab.manifest.exercises.iter();
            print_names(exercises.map(|exercise| (&exercise.name, &exercise.title)))?;
            return Ok(PASSED);
        }
        Some(name) => Some(lab.find_exercise(name)?.name.clone()),
        None => left.exercise(lab, &progress),
    };
    let target = Target { lab: lab.clone(), exercise };
    let engine = engine(args)?;
    let color = format == Format::Text && colored::control::SHOULD_COLORIZE.should_colorize();
    if format == Format::Text && terminal::is_one() {
        let on_host = args.on == Some(EngineName::Host);
        let options = Options { more: options(args), ask: on_host.then_some(host::ask) };
        // Before the first run wants to know, and while the terminal is still its own.
        options.ask.map_or(Ok(()), |ask| ask())?;
        return interactive::run(Session::start(course, target, engine, color), options);
    }
    note(&course.root, &target.lab, target.exercise.as_deref())
        .iter()
        .for_each(|sentence| say(sentence));
    headless::run(Session::start(course, target, engine, color), format)
}

/// What a command needs to run on the same kernel.
fn options(args: &WatchArgs) -> String {
    let on = args.on.map_or(String::new(), |on| match on {
        EngineName::Host => " --on host".into(),
        EngineName::Vm => " --on vm".into(),
    });
    let kernel = args.kernel.as_ref().map(|series| format!(" --kernel {series}"));
    on + &kernel.unwrap_or_default()
}

/// What makes the engine, once the lab programs are there.
fn engine(args: &WatchArgs) -> Result<MakeEngine, Error> {
    match args.on.unwrap_or_else(default_engine) {
        EngineName::Host if args.kernel.is_some() => Err(Error::Usage(
            "`--on host` is this machine's own kernel; `--kernel` names one for the micro-VM. Leave \
             one of them out."
                .into(),
        )),
        EngineName::Host => Ok(Arc::new(|_: &Programs| -> Box<dyn Engine> { Box::new(QuietHost) })),
        EngineName::Vm => {
            let [series] = &kernels::named(args.kernel.as_deref())?[..] else {
                return Err(Error::Usage("A watch is on one kernel: name one series.".into()));
            };
            let series = series.clone();
            Ok(Arc::new(move |programs: &Programs| -> Box<dyn Engine> {
                Box::new(Vm::new(&series, programs.path("labrunner-guest")))
            }))
        }
    }
}
