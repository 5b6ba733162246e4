//! A report as text for people.

use std::fmt::{self, Write};
use std::time::Duration;

use colored::{ColoredString, Colorize};
use microvm::{Trouble, TroubleKind};

use crate::compare::{Line, Side};
use crate::judge::{Failure, Verdict};
use crate::outcome::Outcome;
use crate::refusal::{Refusal, printable};
use crate::render::explain;
use crate::report::{Attempt, Report};
use crate::run::raw_text;

/// How many lines of output are shown where `--raw` was not asked for.
const LINES: usize = 20;

/// How many lines are of what the kernel said of its own trouble.
const TROUBLE_LINES: usize = 8;

/// How many lines of a difference are.
const DIFF_LINES: usize = 60;

/// Renders a report. With `raw`, all that the lab printed and the whole verifier log are in it.
///
/// A program that does not compile is clang's to explain: then there is nothing but its words.
pub fn render(report: &Report, raw: bool) -> String {
    render_as(report, How { raw, everything: "--raw", timing: true })
}

/// The same where a key shows everything, and where the timing is told elsewhere.
pub fn render_watched(report: &Report, raw: bool) -> String {
    render_as(report, How { raw, everything: "the key d", timing: false })
}

/// The line of the verdict alone.
pub fn verdict(report: &Report) -> String {
    let mut text = format!("{} ", report.lab.bold());
    let how = How { raw: false, everything: "--raw", timing: true };
    write_verdict(&mut text, report, how).expect("writing to a string does not fail");
    text
}

/// What differs between the places where a report is shown.
#[derive(Clone, Copy)]
struct How {
    raw: bool,
    /// By what a reader gets all of it.
    everything: &'static str,
    /// Whether the line of the verdict has the time of each stage.
    timing: bool,
}

impl How {
    /// So many lines, or all.
    fn most(self, lines: usize) -> usize {
        if self.raw { usize::MAX } else { lines }
    }
}

fn render_as(report: &Report, how: How) -> String {
    let edited = report.attempt.as_ref().is_some_and(|attempt| !attempt.diff.is_empty());
    if let (Some(Outcome::DoesNotCompile(words)), false) = (&report.outcome, edited) {
        return words.clone();
    }
    let mut text = String::new();
    write(&mut text, report, how).expect("writing to a string does not fail");
    text
}

fn write(text: &mut String, report: &Report, how: How) -> fmt::Result {
    let raw = how.raw;
    write!(text, "{} · {}", report.lab.bold(), report.summary)?;
    let place = if report.engine == "vm" { "in a fresh micro-VM" } else { "of this machine" };
    match &report.kernel {
        Some(release) => writeln!(text, "\n{}\n", format!("Linux {release} {place}").dimmed())?,
        None => text.push_str("\n\n"),
    }
    if let Some(attempt) = &report.attempt {
        write_attempt(text, attempt)?;
    }
    if !report.warnings.is_empty() {
        writeln!(text, "{}\n", report.warnings.trim_end())?;
    }
    match &report.outcome {
        Some(Outcome::DoesNotCompile(words)) => writeln!(text, "{words}")?,
        Some(Outcome::Failed { refusal: Some(refusal), .. }) => {
            write_refusal(text, refusal, raw)?;
        }
        _ => {}
    }
    write_output(text, report, how)?;
    if let Verdict::Fail(Failure { diff: Some(lines), .. }) = &report.verdict {
        write_diff(text, lines, how.most(DIFF_LINES), how)?;
    }
    if let Some(trouble) = &report.trouble {
        write_trouble(text, trouble, how)?;
    }
    write_verdict(text, report, how)?;
    write_next(text, report, how)
}

fn write_attempt(text: &mut String, attempt: &Attempt) -> fmt::Result {
    writeln!(text, "{} {}", format!("{}:", attempt.label).bold(), attempt.title)?;
    if let Some(task) = &attempt.task {
        return writeln!(text, "{task}\n");
    }
    writeln!(text, "{}", format!("  in a copy of {}", attempt.file).dimmed())?;
    for line in attempt.diff.lines().map(printable) {
        let line = match line.as_bytes().first() {
            Some(b'-') => line.as_str().red(),
            Some(b'+') => line.as_str().green(),
            Some(b'@') => line.as_str().cyan(),
            _ => line.as_str().normal(),
        };
        writeln!(text, "  {line}")?;
    }
    writeln!(text)
}

fn write_refusal(text: &mut String, refusal: &Refusal, raw: bool) -> fmt::Result {
    let program = refusal.program.bold();
    let category = refusal.category.map_or(String::new(), |category| format!(" ({category})"));
    writeln!(text, "The verifier refuses the program {program}{category}:\n")?;
    let context: Vec<&str> = if raw {
        refusal.log.lines().collect()
    } else {
        refusal.context.iter().map(String::as_str).collect()
    };
    for line in context {
        let line = if line == refusal.message { line.red().bold() } else { line.dimmed() };
        writeln!(text, "  {line}")?;
    }
    write!(text, "\n{}", explain::short(refusal))?;
    writeln!(text)
}

/// What the lab printed: all of it with `raw`; otherwise the beginning, where it is not shown as a
/// difference and no verifier log says more.
fn write_output(text: &mut String, report: &Report, how: How) -> fmt::Result {
    let Some(transcript) = &report.transcript else { return Ok(()) };
    let (stdout, stderr) = raw_text(transcript);
    if how.raw {
        write_stream(text, "The lab printed:", &stdout, usize::MAX, how)?;
        let refused = matches!(&report.outcome, Some(Outcome::Failed { refusal: Some(_), .. }));
        if !refused {
            write_stream(text, "and on standard error:", &stderr, usize::MAX, how)?;
        }
        return Ok(());
    }
    match &report.outcome {
        Some(Outcome::Printed(_)) if report.verdict == Verdict::Pass => {
            write_stream(text, "The lab printed:", &stdout, LINES, how)
        }
        Some(Outcome::Failed { refusal: None, .. } | Outcome::TimedOut { .. }) => {
            write_stream(text, "The lab printed:", &stdout, LINES, how)?;
            write_stream(text, "and on standard error:", &stderr, LINES, how)
        }
        Some(Outcome::Flooded { .. }) => write_stream(text, "It began with:", &stdout, 5, how),
        _ => Ok(()),
    }
}

fn write_stream(
    text: &mut String,
    title: &str,
    output: &str,
    most: usize,
    how: How,
) -> fmt::Result {
    if output.is_empty() {
        return Ok(());
    }
    writeln!(text, "{title}\n")?;
    let all: Vec<&str> = output.trim_end().lines().collect();
    let shown = shown_of(&all, most);
    for line in &shown {
        writeln!(text, "  {}", printable(line))?;
    }
    write_left(text, all.len() - shown.len(), how)?;
    writeln!(text)
}

/// So many of these lines, from the beginning. What is compared comes before the lines that are for people
/// only, which begin with `#`; those that are shown keep their order.
fn shown_of<'a>(lines: &[&'a str], most: usize) -> Vec<&'a str> {
    let is_compared = |line: &str| line != "#" && !line.starts_with("# ");
    let compared = lines.iter().filter(|line| is_compared(line)).count();
    let (mut compared, mut others) = (compared.min(most), most.saturating_sub(compared));
    let room = |line: &&&str| {
        let room = if is_compared(line) { &mut compared } else { &mut others };
        let has_room = *room > 0;
        *room -= usize::from(has_room);
        has_room
    };
    lines.iter().filter(room).copied().collect()
}

fn write_diff(text: &mut String, lines: &[Line], most: usize, how: How) -> fmt::Result {
    writeln!(text, "{} {}\n", "- expected".red(), "+ found".green())?;
    for line in lines.iter().take(most) {
        let shown = format!("{}{}", line.side.mark(), printable(&line.text));
        let shown: ColoredString = match line.side {
            Side::Expected => shown.red(),
            Side::Found => shown.green(),
            Side::Both => shown.normal(),
        };
        writeln!(text, "  {shown}")?;
    }
    write_left(text, lines.len().saturating_sub(most), how)?;
    writeln!(text)
}

/// What the kernel said, unless that was its end: then the verdict has its last words.
fn write_trouble(text: &mut String, trouble: &Trouble, how: How) -> fmt::Result {
    if trouble.kind == TroubleKind::Panic {
        return Ok(());
    }
    let title = "The kernel of the micro-VM said of itself:";
    write_stream(text, title, &trouble.report, how.most(TROUBLE_LINES), how)
}

fn write_left(text: &mut String, left: usize, how: How) -> fmt::Result {
    if left > 0 {
        let more = format!("… and {left} lines more: {}", how.everything);
        writeln!(text, "  {}", more.dimmed())?;
    }
    Ok(())
}

fn write_verdict(text: &mut String, report: &Report, how: How) -> fmt::Result {
    let timing = if how.timing { format!("  {}", timing(report).dimmed()) } else { String::new() };
    match &report.verdict {
        Verdict::Pass => match &report.attempt {
            None | Some(Attempt { broken: None, .. }) => {
                writeln!(text, "{}{timing}", "PASS".green().bold())
            }
            Some(Attempt { loads: true, .. }) => {
                writeln!(
                    text,
                    "{}  this kernel accepts it, as declared{timing}",
                    "PASS".green().bold()
                )
            }
            Some(_) => {
                writeln!(text, "{}  it fails as it should{timing}", "PASS".green().bold())
            }
        },
        Verdict::Fail(failure) => {
            let at = format!("at {}: {}", failure.stage, printable(&failure.message));
            writeln!(text, "{}  {at}{timing}", "FAIL".red().bold())
        }
        Verdict::Timeout { stage, after } => {
            let after = after.as_secs_f64();
            writeln!(text, "{}  at {stage}: still running after {after:.1} s", "FAIL".red().bold())
        }
        Verdict::Skipped(reason) => writeln!(text, "{}  {reason}", "SKIPPED".yellow().bold()),
        Verdict::Environment(unable) => {
            writeln!(text, "{}  {}", "CANNOT RUN".yellow().bold(), unable.problem)
        }
    }
}

/// What to read or do next.
fn write_next(text: &mut String, report: &Report, how: How) -> fmt::Result {
    if let Verdict::Environment(unable) = &report.verdict {
        return writeln!(text, "{}", unable.fix);
    }
    if let Some(why) = report.attempt.as_ref().and_then(|attempt| attempt.why.as_ref()) {
        return writeln!(text, "{why}");
    }
    if let Some(known) = &report.recognised {
        let title = match known.by_output {
            true => format!("It prints just what the known mistake `{}` prints.", known.name),
            false => format!("This is the known mistake `{}`.", known.name),
        };
        let title = title.bold();
        return writeln!(text, "{title} {}", known.why);
    }
    if let Some(learned) = &report.learned {
        return writeln!(text, "{learned}");
    }
    if let Some(hint) = &report.hint {
        writeln!(text, "{} {hint}", "Hint:".bold())?;
        if !how.raw {
            let more = format!("Everything that it printed: {}", how.everything);
            writeln!(text, "{}", more.dimmed())?;
        }
    }
    Ok(())
}

/// `0.31 s: compile 46 ms, start 150 ms, …`
fn timing(report: &Report) -> String {
    let total: Duration = report.stages.iter().map(|timing| timing.took).sum();
    let parts: Vec<String> = report
        .stages
        .iter()
        .filter(|timing| timing.took >= Duration::from_millis(1))
        .map(|timing| format!("{} {} ms", timing.stage, timing.took.as_millis()))
        .collect();
    format!("{:.2} s: {}", total.as_secs_f64(), parts.join(" · "))
}
