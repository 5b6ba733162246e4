//! `labrunner ch2 hello-map`: one lab, on one kernel or on several.

use clap::CommandFactory;

use super::telling::{self, Long};
use super::{course, print, say};
use crate::by_hand;
use crate::cancel::Cancel;
use crate::cli::{Cli, EngineName, Format, RunArgs};
use crate::course::{Course, Lab, unknown};
use crate::engine::Engine;
use crate::engine::host::Host;
use crate::engine::vm::Vm;
use crate::error::{Error, FAILED, PASSED};
use crate::kernels;
use crate::left;
use crate::programs::Programs;
use crate::progress;
use crate::render::{json, text};
use crate::run::Request;
use crate::subject::Subject;

/// Runs the lab and prints the report; the exit status tells the verdict.
pub fn run(args: &RunArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    if let Some(chapter) = args.chapter.as_deref() {
        known(&course, chapter)?;
    }
    if let Some(word) = args.more.first() {
        return Err(Error::Usage(format!(
            "`{word}` is one word too many: a lab is named by chapter and name, such as \
             `ch2 hello-map`."
        )));
    }
    let Some(chapter) = args.chapter.as_deref() else {
        return Err(Error::Usage("Which lab? Name one, such as `ch2 hello-map`.".into()));
    };
    if args.lab.is_none() && course.chapters().contains(&chapter) {
        return super::list::chapter(&course, chapter, format);
    }
    let lab = course.lab(chapter, args.lab.as_deref())?;
    let Some(subject) = subject(args, lab)? else { return Ok(PASSED) };

    let programs = Programs::find(&course.root, &[lab.binary()], &mut say)?;
    let engines = engines(args, &programs)?;
    if args.show_commands {
        let machine = match &engines[0] {
            AnyEngine::Vm(vm) => Some(vm.blueprint(&mut say)?),
            AnyEngine::Host(_) => None,
        };
        print(&by_hand::render(&course, lab, subject, &programs, machine.as_ref())?)?;
        return Ok(PASSED);
    }
    let request = Request {
        course: &course,
        lab,
        subject,
        programs: &programs,
        deadline: args.deadline,
        color: format == Format::Text && colored::control::SHOULD_COLORIZE.should_colorize(),
        cancel: Cancel::default(),
    };
    let mut code = PASSED;
    for engine in &engines {
        let report = {
            let _long = Long::new(format!("{chapter} {} runs …", lab.name));
            request.run(engine.get(), &mut say)?
        };
        let _ = left::note_run(&course.root, lab, subject); // progress tells if nothing can be written
        if let Some(sentence) = progress::note(&course, lab, subject, &report) {
            say(&sentence);
        }
        print(&match format {
            Format::Text if telling::is_quiet() => text::verdict(&report),
            Format::Text => text::render(&report, args.raw),
            Format::Json | Format::Junit => json::render(&report) + "\n",
        })?;
        code = worse(code, report.exit_code());
    }
    Ok(code)
}

/// The first word is a chapter or a lab. What is neither may be a command that was mistyped.
fn known(course: &Course, word: &str) -> Result<(), Error> {
    let first = word.split('/').next().unwrap_or(word);
    let is_known =
        |lab: &Lab| lab.chapter == first || lab.name == word || lab.collection() == Some(word);
    if course.labs.iter().any(is_known) {
        return Ok(());
    }
    let cli = Cli::command();
    let commands = cli.get_subcommands().filter(|command| !command.is_hide_set());
    let mut names: Vec<&str> = commands.map(clap::Command::get_name).collect();
    names.extend(course.chapters());
    let of_course = course.labs.iter().filter(|lab| lab.collection().is_none());
    names.extend(of_course.map(|lab| lab.name.as_str()));
    Err(unknown("chapter, lab or command", word, &names))
}

enum AnyEngine {
    Vm(Vm),
    Host(Host),
}

impl AnyEngine {
    fn get(&self) -> &dyn Engine {
        match self {
            Self::Vm(vm) => vm,
            Self::Host(host) => host,
        }
    }
}

/// The host, or a micro-VM for each kernel that was named.
fn engines(args: &RunArgs, programs: &Programs) -> Result<Vec<AnyEngine>, Error> {
    match args.on.unwrap_or_else(default_engine) {
        EngineName::Host if args.kernel.is_some() => Err(Error::Usage(
            "`--on host` is this machine's own kernel; `--kernel` names one for the micro-VM. Leave \
             one of them out."
                .into(),
        )),
        EngineName::Host => Ok(vec![AnyEngine::Host(Host)]),
        EngineName::Vm => {
            let vm = |series: &String| Vm::new(series, programs.path("labrunner-guest"));
            let series = kernels::named(args.kernel.as_deref())?;
            Ok(series.iter().map(|series| AnyEngine::Vm(vm(series))).collect())
        }
    }
}

/// Of several runs the worst decides: a failure before what could not run.
fn worse(one: u8, other: u8) -> u8 {
    if one == FAILED || other == FAILED { FAILED } else { one.max(other) }
}

/// What of the lab is meant; `None` when a list was asked for and has been printed.
fn subject<'a>(args: &RunArgs, lab: &'a Lab) -> Result<Option<Subject<'a>>, Error> {
    let exercise = match args.exercise.as_deref() {
        None => None,
        Some("") => {
            let exercises = lab.manifest.exercises.iter();
            print_names(exercises.map(|exercise| (&exercise.name, &exercise.title)))?;
            return Ok(None);
        }
        Some(name) => Some(lab.find_exercise(name)?),
    };
    Ok(Some(match (exercise, args.break_name.as_deref()) {
        (None, None) => Subject::Program,
        (None, Some("")) => {
            let breaks = lab.manifest.breaks.iter();
            print_names(breaks.map(|known| (&known.name, &known.title)))?;
            return Ok(None);
        }
        (None, Some(name)) => Subject::Break(lab.find_break(name)?),
        (Some(exercise), None) if args.solution => Subject::Solution(exercise),
        (Some(exercise), None) => Subject::Exercise(exercise),
        (Some(exercise), Some(name)) => {
            let wrong = exercise.wrong.iter().find(|known| known.name == name);
            Subject::Wrong(
                exercise,
                wrong.ok_or_else(|| {
                    let names: Vec<&str> = exercise.wrong.iter().map(|k| k.name.as_str()).collect();
                    unknown(&format!("wrong solution of {}", exercise.name), name, &names)
                })?,
            )
        }
    }))
}

/// Names and what they are, one a line.
pub(super) fn print_names<'a>(
    names: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), Error> {
    print(&names.map(|(name, title)| format!("{name:14} {title}\n")).collect::<String>())
}

/// The micro-VM, unless there is no QEMU and we may use this machine's kernel.
pub(super) fn default_engine() -> EngineName {
    let no_qemu = microvm::find_program(microvm::program()).is_none();
    if no_qemu && rustix::process::geteuid().is_root() { EngineName::Host } else { EngineName::Vm }
}
