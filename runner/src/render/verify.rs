//! What `labrunner verify` found out, as a table for people: programs by kernels.

pub mod json;
pub mod junit;
mod table;

use std::fmt::Write;

use colored::Colorize;

use super::explain;
use crate::verify::reasons::{Reason, Reasons};
use crate::verify::{Change, Program, Verified};
use table::table;

/// The table, below it why programs are refused, each reason once, and a line with the sums.
pub fn text(verified: &Verified) -> String {
    let reasons = Reasons::of(verified);
    let mut text = format!("{}", verified.file.bold());
    if let Some(before) = &verified.before {
        let _ = write!(text, " · compared with {before}");
    }
    text += "\n\n";
    text += &table(verified, &reasons);
    for (index, reason) in reasons.iter().enumerate() {
        let _ = write!(text, "\n{}", why(index + 1, reason));
    }
    for column in &verified.columns {
        if let Err(unable) = &column.programs {
            let _ =
                writeln!(text, "\n{}: {}\n{}", column.series.bold(), unable.problem, unable.fix);
        }
    }
    text += &changes(verified);
    let _ = writeln!(text, "\n{}", sums(verified));
    text
}

fn why(number: usize, reason: &Reason<'_>) -> String {
    let (programs, kernels) = (reason.programs.join(", "), reason.kernels.join(", "));
    let mut text =
        format!("[{number}] {} on {kernels} (error {})\n", programs.bold(), reason.errno);
    match reason.refusal {
        Some(refusal) => text += &explain::text(refusal),
        None => {
            for line in reason.words.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

/// Programs that load now and did not, or the other way, with their kernels.
fn changes(verified: &Verified) -> String {
    let Some(before) = &verified.before else { return String::new() };
    let mut text = String::new();
    for name in verified.names() {
        for (change, words) in [
            (Change::Loads, "loads now and was refused"),
            (Change::Refused, "is refused now and did load"),
            (Change::New, "is new"),
            (Change::Gone, "is gone"),
        ] {
            let changed = |program: &Program| program.change() == change;
            let columns = verified.columns.iter();
            let kernels: Vec<&str> = columns
                .filter(|column| column.program(name).is_some_and(changed))
                .map(|column| column.series.as_str())
                .collect();
            match change {
                _ if kernels.is_empty() => {}
                Change::New | Change::Gone => _ = writeln!(text, "  {name} {words}"),
                _ => _ = writeln!(text, "  {name} {words}: {}", kernels.join(", ")),
            }
        }
    }
    match text.is_empty() {
        true => format!("\nAll programs have the verdict that they have in {before}.\n"),
        false => format!("\nSince {before}:\n{text}"),
    }
}

/// `3 load, 1 refused · 2 programs on 2 kernels in 1.5 s`
fn sums(verified: &Verified) -> String {
    let (loads, refused, unable) = verified.counts();
    let verdict = match (loads, refused, unable) {
        (0, 0, _) => "NOT TRIED".yellow().bold(),
        (_, 0, 0) => "LOADS".green().bold(),
        (_, 0, _) => "LOADS, where it could be tried".yellow().bold(),
        _ => "REFUSED".red().bold(),
    };
    let plural = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!(
        "{verdict}  {loads} loaded, {refused} refused · {} on {} in {:.1} s",
        plural(verified.names().len(), "program"),
        plural(verified.columns.len(), "kernel"),
        verified.took.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::{column, impossible, loads, program, refused, unable, verified};

    #[test]
    fn programs_by_kernels_and_each_reason_once() {
        colored::control::set_override(false);
        let programs = |insns| {
            vec![
                program("count_execs", Some(loads(insns, "16+8")), None),
                program("a", Some(refused()), None),
                program("b", Some(impossible()), None),
            ]
        };
        let columns =
            vec![column("5.10", programs(23)), unable("6.1"), column("7", programs(1000))];
        insta::assert_snapshot!(text(&verified(None, columns)), @"
        my/x.bpf.o

                          5.10         6.1  7
        count_execs  xdp  loads        ?    loads
          instructions    23                1000
          states          2                 2
          stack           16+8              16+8
          time            138 µs            138 µs
        a  xdp            refused [1]  ?    refused [1]
          instructions    7                 7
          states          2                 2
          stack           8                 8
          time            138 µs            138 µs
        b  xdp            refused [2]  ?    refused [2]

        [1] a on 5.10, 7 (error 13)
        error: the moon is full
         --> 7: r1 = *(u64 *)(r0 +0)
          |
          = program: count
          = kernel: the moon is full
          = note: this message is not known here; above is what the log says for certain

        [2] b on 5.10, 7 (error 22)
          extern (func ksym) 'f': not found in kernel or module BTFs

        6.1: There is no <QEMU>.
        Install it.

        REFUSED  2 loaded, 4 refused · 3 programs on 3 kernels in 1.5 s
        ");
    }

    #[test]
    fn a_comparison_shows_what_is_other() {
        colored::control::set_override(false);
        let programs = vec![
            program("same", Some(loads(23, "16")), Some(loads(23, "16"))),
            program("grown", Some(loads(40, "max 24")), Some(loads(23, "16+16"))),
            program("better", Some(loads(23, "16")), Some(refused())),
            program("worse", Some(refused()), Some(loads(23, "16"))),
            program("added", Some(loads(23, "16")), None),
            program("taken", None, Some(loads(23, "16"))),
        ];
        let text = text(&verified(Some("old.o"), vec![column("6.1", programs)]));
        insta::assert_snapshot!(text, @"
        my/x.bpf.o · compared with old.o

                        6.1
        same  xdp       loads
          instructions  23
          states        2
          stack         16
          time          138 µs
        grown  xdp      loads
          instructions  40 (+17)
          states        2
          stack         24 (-8)
          time          138 µs
        better  xdp     now loads
          instructions  23
          states        2
          stack         16
          time          138 µs
        worse  xdp      now refused [1]
          instructions  7
          states        2
          stack         8
          time          138 µs
        added  xdp      new, loads
          instructions  23
          states        2
          stack         16
          time          138 µs
        taken  xdp      gone

        [1] worse on 6.1 (error 13)
        error: the moon is full
         --> 7: r1 = *(u64 *)(r0 +0)
          |
          = program: count
          = kernel: the moon is full
          = note: this message is not known here; above is what the log says for certain

        Since old.o:
          better loads now and was refused: 6.1
          worse is refused now and did load: 6.1
          added is new
          taken is gone

        REFUSED  4 loaded, 1 refused · 6 programs on 1 kernel in 1.5 s
        ");
    }

    #[test]
    fn where_nothing_changed_it_says_so() {
        colored::control::set_override(false);
        let same = program("same", Some(loads(23, "16")), Some(loads(23, "16")));
        let text = text(&verified(Some("old.o"), vec![column("6.1", vec![same])]));
        insta::assert_snapshot!(text, @"
        my/x.bpf.o · compared with old.o

                        6.1
        same  xdp       loads
          instructions  23
          states        2
          stack         16
          time          138 µs

        All programs have the verdict that they have in old.o.

        LOADS  1 loaded, 0 refused · 1 program on 1 kernel in 1.5 s
        ");
    }
}
