//! `labrunner`: the command line, and nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use colored::Colorize;
use labrunner::cli::{Cli, ColorChoice, Command, Format, RunArgs};
use labrunner::command;
use labrunner::command::telling;
use labrunner::complete;
use labrunner::error::{Error, INTERRUPTED};
use labrunner::interrupt;
use labrunner::render::json;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Cli::command).var(complete::VARIABLE).complete();
    end_on_signals();
    let cli = Cli::parse();
    match cli.output.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => colored::control::set_override(true),
        ColorChoice::Never => colored::control::set_override(false),
    }
    if cli.output.quiet {
        telling::be_quiet();
    }
    let ended = run(&cli);
    telling::settle();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            if cli.output.format == Format::Json {
                let _ = command::print(&json::error(&error));
            }
            eprintln!("{} {error}", "error:".red().bold());
            ExitCode::from(error.exit_code())
        }
    }
}

/// Ctrl-C ends everything at once, once the last word is said.
fn end_on_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().any(|signal| signal != SIGINT || !interrupt::is_held()) {
            interrupt::say_last_word();
            let _ = writeln!(std::io::stderr(), "\ninterrupted");
            #[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
            std::process::exit(INTERRUPTED.into());
        }
    });
}

fn run(cli: &Cli) -> Result<u8, Error> {
    let output = cli.output.format;
    match &cli.command {
        Some(Command::Check(args)) => command::check::run(args, output),
        Some(Command::Grade(args)) => command::grade::run(args, output),
        Some(Command::Verify(args)) => command::verify::run(args, output),
        Some(Command::Dev(args)) => command::dev::run(args, output),
        _ if output == Format::Junit => {
            Err(Error::Usage("JUnit XML is about many runs: labrunner check --format junit".into()))
        }
        Some(Command::List) => command::list::run(output),
        Some(Command::Watch(args)) => command::watch::run(args, output),
        Some(Command::WatchGuard) => Ok(labrunner::watch::guard::stand()),
        Some(Command::Book(args)) => command::book::run(args, output),
        Some(Command::Next) => command::next::run(),
        Some(Command::Hint(args)) => command::hint::run(args),
        Some(Command::Solution(args)) => command::solution::run(args),
        Some(Command::Reset(args)) => command::reset::run(args),
        Some(Command::Break(args)) => command::listing::breaks(args, output),
        Some(Command::Exercise(args)) => command::listing::exercises(args, output),
        Some(Command::Edit(args)) => command::edit::run(args),
        Some(Command::Progress(args)) => command::progress::run(args),
        Some(Command::Explain(args)) => command::explain::run(args, output),
        Some(Command::Shell(args)) => command::shell::run(args),
        Some(Command::Kernel(args)) => command::kernel::run(args, output),
        Some(Command::Doctor) => command::doctor::run(output),
        Some(Command::Completions(args)) => command::completions::run(args),
        Some(Command::Man(args)) => command::man::run(args),
        Some(Command::Cache(args)) => command::cache::run(args),
        None if cli.run.page => command::page::run(&cli.run, output),
        None if cli.run == RunArgs::default() => command::next::overview(),
        None => command::lab::run(&cli.run, output),
    }
}
