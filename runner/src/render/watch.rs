//! What `labrunner watch` tells of a run.

mod status;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use colored::Colorize;

pub use status::{Status, Word};

use crate::course::{Course, Lab};
use crate::error::Error;
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::progress::{Progress, State};
use crate::render::list::mark;
use crate::render::text;
use crate::report::Report;
use crate::stage::Stage;
use crate::watch::session::{Because, Finished};
use crate::watch::target::Part;

/// A build of the lab programs is told when it takes longer than a look at their sources, and a wait when
/// there should be none.
const BUILD: Duration = Duration::from_millis(100);

/// How many saved files are named.
const FILES: usize = 3;

/// Widest line that is drawn across the terminal.
const WIDEST: usize = 100;

/// How much of a report is shown at once, in lines and in characters of a line: a compiler may have very
/// much to say of a file that is no program at all.
const LINES: usize = 400;
const COLUMNS: usize = 2000;

/// What the key `?` shows.
pub const HELP: &str = "\
Keys:
  n  the next lab                     r  run once more
  h  one hint more                    d  all that the last run printed
  x  choose an exercise, or the lab   c  the commands that do the same by hand
  b  run a known mistake in a copy    l  all labs, and choose one
  e  open the program in your editor  q  leave; it goes on where you left
Each save runs it. Your files are only read.
";

/// One line on a run: verdict, what was run, what is wrong with it, and the times.
pub fn line(finished: &Finished, title: &str) -> String {
    let report = match &finished.ended.report {
        Ok(report) => report,
        Err(error) => {
            let words = error.to_string();
            let first = words.lines().next().unwrap_or_default();
            return format!("{}  {title}  {first}\n", "ERROR".red().bold());
        }
    };
    let about = match &report.verdict {
        Verdict::Pass => None,
        Verdict::Fail(failure) => Some(format!("at {}: {}", failure.stage, failure.message)),
        Verdict::Timeout { stage, after } => {
            Some(format!("at {stage}: still running after {:.1} s", after.as_secs_f64()))
        }
        Verdict::Skipped(reason) => Some(reason.clone()),
        Verdict::Environment(unable) => Some(unable.problem.clone()),
    };
    let about = about.map_or(String::new(), |about| format!("  {}", about.replace('\n', " ")));
    format!("{}  {title}{about}  {}\n", word(&finished.ended.report), timing(finished).dimmed())
}

/// What came of a run, in a word.
pub fn word(report: &Result<Report, Error>) -> String {
    let word = match report.as_ref().map(|report| &report.verdict) {
        Ok(Verdict::Pass) => "PASS".green(),
        Ok(Verdict::Fail(_) | Verdict::Timeout { .. }) => "FAIL".red(),
        Ok(Verdict::Skipped(_)) => "SKIPPED".yellow(),
        Ok(Verdict::Environment(_)) => "CANNOT RUN".yellow(),
        Err(_) => "ERROR".red(),
    };
    word.bold().to_string()
}

/// How long a run took, and what the time is made of:
/// `0.31 s after the save: wait 40 ms · compile 46 ms · restore 2 ms · run 220 ms`.
pub fn timing(finished: &Finished) -> String {
    let after = if matches!(finished.because, Because::Saved(_)) { " after the save" } else { "" };
    let stages = finished.ended.report.as_ref().map_or(&[][..], |report| &report.stages);
    let sum = |wanted: &[Stage]| -> Option<Duration> {
        let mut of = stages.iter().filter(|timing| wanted.contains(&timing.stage)).peekable();
        of.peek().is_some().then(|| of.map(|timing| timing.took).sum())
    };
    let on_host = finished.ended.report.as_ref().is_ok_and(|report| report.engine == "host");
    let run = [Stage::Open, Stage::Load, Stage::Attach, Stage::Trigger, Stage::Observe];
    let parts = [
        ("wait", Some(finished.waited).filter(|wait| !after.is_empty() || *wait > BUILD)),
        ("build", Some(finished.ended.programs).filter(|took| *took > BUILD)),
        ("compile", sum(&[Stage::Compile])),
        (if on_host { "start" } else { "restore" }, sum(&[Stage::Start])),
        ("run", sum(&run)),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, took)| Some(format!("{name} {} ms", took?.as_millis())))
        .collect();
    let colon = if parts.is_empty() { "" } else { ": " };
    format!("{:.2} s{after}{colon}{}", finished.took.as_secs_f64(), parts.join(" · "))
}

/// Why something was run: `hello-map.bpf.c saved`.
pub fn because(because: &Because) -> String {
    let files = match because {
        Because::Chosen => return "first run".into(),
        Because::Asked => return "once more".into(),
        Because::Saved(files) => files,
    };
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match files.len() {
        count @ 1..=FILES => {
            let names: Vec<String> = files[..count].iter().map(name).collect();
            format!("{} saved", names.join(", "))
        }
        0 => "something changed".into(),
        count => format!("{count} files saved"),
    }
}

/// What is shown when a lab begins to be watched.
pub fn opening(lab: &Lab, exercise: Option<&str>, page: bool) -> String {
    let title = lab.title();
    let mut text = format!("{} · {}\n", title.bold(), lab.manifest.summary);
    if lab.manifest.object {
        let _ = writeln!(text, "  program   {}", lab.source().display());
    }
    if page {
        let _ = writeln!(text, "  its page  labrunner {title} --page");
    }
    if let Some(exercise) = exercise.and_then(|name| lab.find_exercise(name).ok()) {
        let _ = writeln!(text, "  exercise  {}: {}", exercise.name, exercise.title);
    }
    text
}

/// What is shown of a run: the command that does the same, why it was run, the report, the times.
pub fn block(finished: &Finished, lab: &Lab, more: &str, columns: usize) -> String {
    let options = finished.ended.part.options();
    let why = match &finished.ended.part {
        Part::Own(_) => because(&finished.because),
        Part::Break(_) => "a known mistake, in a copy".into(),
    };
    let head = format!("── labrunner {}{options}{more} · {why} ", lab.title());
    let rest = columns.saturating_sub(1).min(WIDEST).saturating_sub(head.chars().count());
    let head = head + &"─".repeat(rest);
    let body = match &finished.ended.report {
        Ok(report) => text::render_watched(report, false),
        Err(error) => format!("{} {error}\n", "error:".red().bold()),
    };
    let (body, cut) = clip(&body, LINES, COLUMNS);
    let mut text = format!("\n{}\n{body}", head.dimmed());
    if cut {
        let _ = writeln!(text, "… cut here. All of it: labrunner {}{options}{more}", lab.title());
    }
    // clang's words are the whole report then, and have no line with the verdict.
    if let Ok(Report { outcome: Some(Outcome::DoesNotCompile(_)), attempt: None, .. }) =
        &finished.ended.report
    {
        let _ = writeln!(text, "{}  at compile: it does not compile", "FAIL".red().bold());
    }
    if finished.ended.report.is_ok() {
        let _ = writeln!(text, "{}", timing(finished).dimmed());
    }
    text
}

/// All that a run printed, which is what the key `d` shows.
pub fn everything(report: &Report, command: &str) -> String {
    let (mut text, cut) = clip(&text::render_watched(report, true), 10 * LINES, COLUMNS);
    if cut {
        let _ = writeln!(text, "… cut here. All of it: {command} --raw");
    }
    format!("\n{text}")
}

/// At most so many lines of so many characters; whether something was cut off.
fn clip(text: &str, lines: usize, columns: usize) -> (String, bool) {
    let mut cut = false;
    let mut clipped = String::new();
    for (number, line) in text.lines().enumerate() {
        if number == lines {
            cut = true;
            break;
        }
        match line.char_indices().nth(columns) {
            Some((end, _)) => {
                cut = true;
                clipped.push_str(&line[..end]);
                // Colours may be on.
                clipped.push_str(if line.contains('\x1b') { "…\x1b[0m" } else { "…" });
            }
            None => clipped.push_str(line),
        }
        clipped.push('\n');
    }
    (clipped, cut)
}

/// What comes next after a pass.
pub fn offer(next: Option<&Lab>, exercises: usize) -> String {
    let next = match next {
        Some(lab) => format!("n goes on to {}", lab.title()),
        None => "You have passed every lab".into(),
    };
    let exercises = match exercises {
        0 => String::new(),
        1 => " · x: one exercise is left here".into(),
        count => format!(" · x: {count} exercises are left here"),
    };
    format!("{next}{exercises}\n")
}

/// Things to choose from: number, mark, name, and what it is.
pub fn choices<'a>(
    first: usize,
    choices: impl Iterator<Item = (State, &'a str, &'a str)> + Clone,
) -> String {
    let width = choices.clone().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (number, (state, name, title)) in choices.enumerate() {
        let _ = writeln!(text, "{:4} {} {name:width$}  {title}", first + number, mark(state));
    }
    text
}

/// The labs to choose from, in the order of their numbers from 1; those of collections are left out.
pub fn labs<'a>(course: &'a Course, progress: &Progress) -> (String, Vec<&'a Lab>) {
    let labs: Vec<&Lab> = course.labs.iter().filter(|lab| lab.collection().is_none()).collect();
    let titles: Vec<String> = labs.iter().map(|lab| lab.title()).collect();
    let of = |index: usize| {
        let lab: &Lab = labs[index];
        (progress.state(lab), titles[index].as_str(), lab.manifest.summary.as_str())
    };
    (choices(1, (0..labs.len()).map(of)), labs.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Failure;
    use crate::stage::Timing;
    use crate::watch::worker::Ended;

    fn finished(report: Result<Report, Error>, because: Because) -> Finished {
        let ms = Duration::from_millis;
        let ended = Ended::of(report);
        Finished { ended, because, took: ms(312), waited: ms(41) }
    }

    fn report(verdict: Verdict) -> Report {
        let stages = [(Stage::Compile, 46), (Stage::Start, 2), (Stage::Open, 20), (Stage::Load, 3)];
        let stages =
            stages.map(|(stage, took)| Timing { stage, took: Duration::from_millis(took) });
        Report { stages: stages.into(), ..Report::with(verdict) }
    }

    #[test]
    fn a_line_has_verdict_reason_and_times() {
        colored::control::set_override(false);
        let saved = Because::Saved(vec!["labs-bpf/ch2/hello/hello.bpf.c".into()]);
        let message = "the output differs from what is expected".into();
        let failure = Failure { stage: Stage::Compare, message, diff: None };
        let lines = [
            line(&finished(Ok(report(Verdict::Pass)), saved.clone()), "ch2 hello"),
            line(&finished(Ok(report(Verdict::Fail(failure))), Because::Asked), "ch2 hello"),
            line(&finished(Err(Error::Usage("lab.toml:3: no\nmore".into())), saved), "ch2 hello"),
        ];
        insta::assert_snapshot!(lines.concat(), @r"
        PASS  ch2 hello  0.31 s after the save: wait 41 ms · compile 46 ms · restore 2 ms · run 23 ms
        FAIL  ch2 hello  at compare: the output differs from what is expected  0.31 s: compile 46 ms · restore 2 ms · run 23 ms
        ERROR  ch2 hello  lab.toml:3: no
        ");
    }

    #[test]
    fn what_was_saved_is_named() {
        let saved =
            |names: &[&str]| because(&Because::Saved(names.iter().map(Into::into).collect()));
        assert_eq!(saved(&["a/x.c"]), "x.c saved");
        assert_eq!(saved(&["a/x.c", "y.h"]), "x.c, y.h saved");
        assert_eq!(saved(&["1", "2", "3", "4"]), "4 files saved");
        assert_eq!(because(&Because::Chosen), "first run");
    }
}
