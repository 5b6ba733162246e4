//! The command line.

mod book;
mod check;
mod dev;
mod explain;
mod grade;
mod install;
mod kernel;
mod learner;
mod run;
mod verify;
mod watch;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use book::BookArgs;
pub use check::CheckArgs;
pub use dev::{DevAction, DevArgs, DevCheckArgs, MessagesArgs, NewArgs, RecordArgs};
pub use explain::ExplainArgs;
pub use grade::{GradeAction, GradeArgs, GradeRunArgs, MergeArgs};
pub use install::{CompletionsArgs, ManArgs, ShellName};
pub use kernel::{AddArgs, KernelAction, KernelArgs};
pub use learner::{
    HintArgs, InitArgs, LabArgs, ProgressAction, ProgressArgs, ResetArgs, SolutionArgs,
};
pub use run::{CacheArgs, RunArgs, ShellArgs};
pub use verify::VerifyArgs;
pub use watch::WatchArgs;

/// Run the labs of the eBPF workbook in a real kernel and check what they did.
#[derive(Debug, Parser)]
#[command(
    name = "labrunner",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  labrunner list                                      all labs
  labrunner book                                      read the workbook in a browser
  labrunner ch2 hello-map                             run a lab in a fresh micro-VM
  labrunner ch2 hello-map --page                      open its page
  labrunner ch2 hello-map --break null-check          see what the verifier says of a known mistake
  labrunner ch3 hello-xdp --exercise drop             check what you changed for an exercise
  labrunner ch3 hello-xdp --on host                   run a lab on this machine's own kernel
  labrunner ch2 hello --format json                   one JSON object for other programs

Exit status: 0 passed, 1 failed, 2 wrong usage, 69 this machine cannot run it (or the lab was
skipped), 130 interrupted."
)]
pub struct Cli {
    /// What to do other than run a lab.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The lab to run.
    #[command(flatten)]
    pub run: RunArgs,

    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Everything that is not a lab.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Lay out a workspace of your own: the course's files in a folder, to work on without a clone.
    #[command(after_help = "Examples:
  labrunner init ~/ebpf                               then: cd ~/ebpf && labrunner
  labrunner upgrade                                   after you got a newer labrunner, in that folder

It takes a labrunner that carries the course (scripts/dist makes one). In a workspace that is there
already, it does what `upgrade` does.")]
    Init(InitArgs),
    /// Bring the workspace that you are in up to the course that this labrunner carries.
    #[command(
        after_help = "Files that you have not changed are replaced, new labs come in, and what is gone comes back. Your
edits stay: where the course has changed the same file, its version is put beside as NAME.new. What
the course no longer has stays as well."
    )]
    Upgrade,
    /// List the labs of the course, and how far you are.
    List,
    /// Show which lab comes next, and how to begin.
    Next,
    /// Run a lab after each save, and show the verdict; keys give hints, open the editor, go on.
    #[command(after_help = "Examples:
  labrunner watch                                the lab that you left off at, or the next one
  labrunner watch ch2 hello-map                  that lab
  labrunner watch ch2 hello-map --exercise gid   until the exercise is solved
  labrunner watch --format json </dev/null       no keys: one JSON object a run, here one only

Without a terminal it prints a line for each verdict to standard output, and the reports to standard
error; it ends with its standard input, with the exit status of the last verdict.

Your files are only read. The key ? shows all keys; q or Ctrl-C ends it.")]
    Watch(WatchArgs),
    /// The process that gives the terminal back should the watch be killed.
    #[command(hide = true)]
    WatchGuard,
    /// Read the workbook in a browser; its pages show how far you are.
    #[command(after_help = "Examples:
  labrunner book                        serve it on this machine and open it; Ctrl-C ends that
  labrunner book --port 8080 --no-open  on that port; say the address alone
  labrunner book --build                build it only, into target/book
  labrunner ch2 hello-map --page        open the page of a lab

It is served to this machine only, and needs no network. Pages are built again when they change.")]
    Book(BookArgs),
    /// Give one more hint for a lab, or for an exercise of it.
    #[command(after_help = "Examples:
  labrunner hint                                      of the lab that you ran last
  labrunner hint ch3 hello-xdp --exercise drop        of an exercise
  labrunner hint ch3 hello-xdp --all                  all that there are")]
    Hint(HintArgs),
    /// Show how the course does it: the difference between your program and its own.
    #[command(after_help = "Examples:
  labrunner solution ch3 hello-xdp                    the program as it is shipped
  labrunner solution ch3 hello-xdp --exercise drop    the course's answer to an exercise

Nothing of yours is changed. If you have not solved it yet, you are asked first; where nobody can be
asked, it takes --yes.")]
    Solution(SolutionArgs),
    /// Put the files of a lab back as the course ships them; yours are kept.
    #[command(after_help = "Examples:
  labrunner reset ch2 hello-map                       one lab
  labrunner reset --all                               the whole course
  labrunner reset --undo                              bring yours back

What was replaced is in labrunner/backups in your state folder. Files that you added stay.")]
    Reset(ResetArgs),
    /// List the known mistakes of a lab, and which of them you have looked at.
    Break(LabArgs),
    /// List the exercises of a lab, and which of them you have solved.
    Exercise(LabArgs),
    /// Open the program of a lab in your editor ($VISUAL or $EDITOR).
    Edit(LabArgs),
    /// Carry what you have done to another machine.
    #[command(after_help = "Examples:
  labrunner progress export > progress.toml           here
  labrunner progress import progress.toml             there")]
    Progress(ProgressArgs),
    /// Run every lab, and every known mistake in it, on every kernel named, and show one table.
    #[command(after_help = "Examples:
  labrunner check                                everything on the default kernel
  labrunner check ch2 --kernel 5.10,6.12         a chapter on two kernels
  labrunner check --kernel all --format junit    everything everywhere, as XML for a CI service

Nothing stops at a failure. Results are printed as they come, and Ctrl-C keeps those: with
`--format json` one object a line, with `--format junit` a complete document (the table goes to
standard error).

Exit status: 0 nothing failed and something passed, 1 something failed, 69 something could not run,
130 interrupted. What a kernel lacks is skipped and counted apart.")]
    Check(CheckArgs),
    /// Explain why the verifier refused a program: from its log, as any tool printed it.
    #[command(after_help = "Examples:
  labrunner explain log.txt                         a log in a file
  sudo ./loader 2>&1 | labrunner explain            what a loader prints, of libbpf or another library
  labrunner explain log.txt --object prog.bpf.o     with the source lines and columns of the object
  labrunner explain log.txt --html log.html         a page to step through the whole log
  labrunner explain --list                          all messages that are known

Exit status: 0 explained, or the program was accepted; 2 there is no verifier log in the input.")]
    Explain(ExplainArgs),
    /// Give each program of any BPF object to the verifier of every kernel named, and show one table.
    #[command(after_help = "Examples:
  labrunner verify prog.bpf.o --kernel all                 an object of your own project
  labrunner verify src/prog.bpf.c                          compiled first, with the course's options
  labrunner verify new.bpf.o --compare old.bpf.o           what has changed
  labrunner verify prog.bpf.o --kernel all --format junit  to guard a project in CI

Each program is loaded alone, with all maps of the object; nothing is attached, and nothing of it
touches this machine's own kernel.

Exit status: 0 every program loads on every kernel, 1 some program is refused, 2 the file is no BPF
object or does not compile, 69 this machine cannot tell.")]
    Verify(VerifyArgs),
    /// For teachers: grade the submissions of a class, each in a machine of its own.
    #[command(after_help = "Examples:
  labrunner grade submissions                            what each learner has changed
  labrunner grade submissions --lab ch2/hello-map --exercise ch2/hello-map:gid
  labrunner grade submissions --assignment week2.toml    tasks and points from a file
  labrunner grade submissions --assignment week2.toml --resume    go on after an interruption
  labrunner grade submissions --lab ch2/hello --shard 0/8 --out part0    one of eight parts
  labrunner grade merge part0 part1 --out grades         the parts put together

A submission is a folder with files as in the course (labs-bpf/ch2/hello-map/hello-map.bpf.c) or by
their names alone (hello-map.bpf.c, hello-map+gid.bpf.c for an exercise). Only BPF C is graded, and
with --program the learner's own static program (bin/ch2-hello-map); both run in a micro-VM only.
Everything else of a submission is left alone: manifests, outputs, headers and programs are the
course's.

Results: results.csv, totals.csv, results.json, junit.xml and reports/ in the folder --out, and with
`--format json` one object a line.

Exit status: 0 everything was graded, whatever the verdicts; 2 wrong usage; 69 something could not
be graded because of this machine or its kernel (verdicts `environment` and `skipped`; --resume
tries these again); 130 interrupted, with the results so far.")]
    Grade(GradeArgs),
    /// A root shell in a micro-VM, with the tools of the trade and, if you like, a lab running.
    #[command(after_help = "Examples:
  labrunner shell                                look around in the default kernel
  labrunner shell ch3 hello-xdp                  with that lab attached; its files are in /lab
  labrunner shell --kernel 5.10 -c 'bpftool feature probe'")]
    Shell(ShellArgs),
    /// Add, remove and choose the kernels that labs run on.
    Kernel(KernelArgs),
    /// Say whether this machine can run labs, what it lacks, which labs that is for, and how to mend it.
    #[command(after_help = "Examples:
  labrunner doctor                      look at everything
  labrunner doctor --format json        the same, and the facts behind it, for other programs

Nothing is changed, but for one thing: where it is not known yet whether KVM works, it is tried, and the
machine that is made for that is kept for the first lab.

Exit status: 0 labs run here, in a micro-VM or with --on host; 69 in neither way.")]
    Doctor,
    /// Show what is kept in the cache folder and how large it is.
    Cache(CacheArgs),
    /// Print what makes a shell complete the names of labs, mistakes, exercises and kernels.
    #[command(after_help = "Examples:
  source <(labrunner completions bash)         now; in ~/.bashrc for good
  source <(labrunner completions zsh)          now; in ~/.zshrc, after compinit, for good
  labrunner completions fish | source          now; in ~/.config/fish/config.fish for good")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them into a folder.
    #[command(after_help = "Examples:
  labrunner man | man -l -                             read it
  labrunner man ~/.local/share/man/man1                from then on: man labrunner, man labrunner-watch")]
    Man(ManArgs),
    /// Write labs: make one, record its outputs, prove that it is whole.
    Dev(DevArgs),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct OutputArgs {
    /// Text for people, one JSON object a run, or (for `check` and `verify`) JUnit XML.
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub format: Format,

    /// Use colours; `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, global = true)]
    pub color: ColorChoice,

    /// Say nothing on the way, and of a run the verdict alone; of many, those that did not pass.
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// A micro-VM.
    Vm,
    /// The running kernel.
    Host,
}

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For CI services.
    Junit,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    if !(0.1..=3600.0).contains(&seconds) {
        return Err("a deadline lies between 0.1 and 3600 seconds".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_lab_needs_no_subcommand() {
        let cli =
            Cli::parse_from(["labrunner", "ch2", "hello-map", "--break", "x", "--format", "json"]);
        assert_eq!(cli.command, None);
        assert_eq!(cli.run.lab.as_deref(), Some("hello-map"));
        assert_eq!(cli.run.break_name.as_deref(), Some("x"));
        assert_eq!(cli.output.format, Format::Json);
    }

    #[test]
    fn a_subcommand_takes_the_output_options_too() {
        let cli = Cli::parse_from(["labrunner", "list", "--format", "json"]);
        assert_eq!(cli.command, Some(Command::List));
        assert_eq!(cli.output.format, Format::Json);
    }
}
