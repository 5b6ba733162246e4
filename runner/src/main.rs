//! `labrunner`: the command line, and nothing else.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use colored::Colorize;
use labrunner::cli::{Cli, ColorChoice, Command, EngineName, Format, RunArgs};
use labrunner::course::Course;
use labrunner::engine::Engine;
use labrunner::engine::host::Host;
use labrunner::engine::vm::Vm;
use labrunner::error::{Error, INTERRUPTED};
use labrunner::programs::Programs;
use labrunner::render::{json, list, text};
use labrunner::run::{DEADLINE, Request};
use labrunner::{cache, commands};

fn main() -> ExitCode {
    end_on_signals();
    let cli = Cli::parse();
    match cli.output.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => colored::control::set_override(true),
        ColorChoice::Never => colored::control::set_override(false),
    }
    match run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if cli.output.format == Format::Json {
                print(&json::error(&error));
            }
            eprintln!("{} {error}", "error:".red().bold());
            ExitCode::from(error.exit_code())
        }
    }
}

/// Ctrl-C ends everything at once. That is safe at any moment: machines and labs end with this
/// process, and files get their names only when they are complete.
fn end_on_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = writeln!(std::io::stderr(), "\ninterrupted");
            #[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
            std::process::exit(INTERRUPTED.into());
        }
    });
}

fn run(cli: &Cli) -> Result<u8, Error> {
    match cli.command {
        Some(Command::List) => {
            let course = course()?;
            print(&match cli.output.format {
                Format::Text => list::text(&course),
                Format::Json => list::json(&course) + "\n",
            });
            Ok(0)
        }
        Some(Command::Cache { clean }) => show_cache(clean),
        None => run_lab(&cli.run, cli.output.format),
    }
}

fn course() -> Result<Course, Error> {
    let here = std::env::current_dir()
        .map_err(|e| Error::Usage(format!("the current folder cannot be read: {e}")))?;
    Course::find(&here)
}

fn show_cache(clean: bool) -> Result<u8, Error> {
    let folder = cache::folder()?;
    if clean {
        cache::clean(&folder)?;
    }
    let contents = cache::contents(&folder);
    let mut total = 0;
    let mut text = String::new();
    for (path, size) in contents {
        let shown = path.strip_prefix(&folder).unwrap_or(&path).display();
        text += &format!("{:7.1} MB  {shown}\n", size as f64 / 1e6);
        total += size;
    }
    text += &format!("{:7.1} MB  in {}\n", total as f64 / 1e6, folder.display());
    print(&text);
    Ok(0)
}

fn run_lab(args: &RunArgs, format: Format) -> Result<u8, Error> {
    if let Some(word) = args.more.first() {
        return Err(Error::Usage(format!(
            "`{word}` is one word too many: a lab is named by chapter and name, such as \
             `ch2 hello-map`."
        )));
    }
    let course = course()?;
    let chapter = args.chapter.as_deref().unwrap_or_default();
    let lab = course.lab(chapter, args.lab.as_deref())?;
    let broken = match args.break_name.as_deref() {
        None => None,
        Some("") => {
            let breaks = lab.manifest.breaks.iter();
            print(&breaks.map(|b| format!("{:14} {}\n", b.name, b.title)).collect::<String>());
            return Ok(0);
        }
        Some(name) => Some(lab.find_break(name)?),
    };
    let terminal = std::io::stderr().is_terminal();
    let mut say = |sentence: &str| {
        if terminal || format == Format::Text {
            eprintln!("{sentence}");
        }
    };

    let programs = Programs::find(&course.root, &mut say)?;
    let vm = Vm::new(&args.kernel, programs.path("labrunner-guest"));
    let on = args.on.unwrap_or_else(default_engine);
    if args.show_commands {
        let machine = match on {
            EngineName::Vm => Some(vm.blueprint(&mut say)?),
            EngineName::Host => None,
        };
        print(&commands::render(&course, lab, machine.as_ref())?);
        return Ok(0);
    }
    let engine: &dyn Engine = match on {
        EngineName::Vm => &vm,
        EngineName::Host => &Host,
    };
    let request = Request {
        course: &course,
        lab,
        broken,
        programs: &programs,
        deadline: args.deadline.unwrap_or(DEADLINE),
        color: format == Format::Text && colored::control::SHOULD_COLORIZE.should_colorize(),
    };
    let report = request.run(engine, &mut say)?;
    print(&match format {
        Format::Text => text::render(&report, args.raw),
        Format::Json => json::render(&report) + "\n",
    });
    Ok(report.exit_code())
}

/// The micro-VM, unless there is no QEMU and we may use this machine's kernel.
fn default_engine() -> EngineName {
    let no_qemu = microvm::find_program(microvm::program()).is_none();
    if no_qemu && rustix::process::geteuid().is_root() { EngineName::Host } else { EngineName::Vm }
}

/// Prints to standard output. A reader that is gone, as in `labrunner list | head -1`, is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
