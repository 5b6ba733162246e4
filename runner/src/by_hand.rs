//! `--show-commands`: what the runner does, as commands to type.

use std::fmt::Write;
use std::path::Path;

use microvm::Blueprint;

use crate::compile;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::manifest::Step;
use crate::programs::{self, Programs};
use crate::subject::Subject;

/// The commands for what of a lab is to be run; `machine` is given where it runs in a micro-VM.
pub fn render(
    course: &Course,
    lab: &Lab,
    subject: Subject<'_>,
    programs: &Programs,
    machine: Option<&Blueprint>,
) -> Result<String, Error> {
    let name = lab.short_name();
    let object = format!("/tmp/{name}.bpf.o");
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let program = |name: &str| match programs.carried {
        true => quoted(&programs.path(name).to_string_lossy()),
        false => format!("target/{triple}/release/{name}"),
    };
    let mut text = format!("cd {}\n", quoted(&course.root.to_string_lossy()));

    let mut part = |title: &str, commands: &[String]| {
        let _ = write!(text, "\n# {title}\n{}\n", commands.join("\n"));
    };
    let mut source = lab.source().display().to_string();
    if let (Some(patch), Some(attempt)) = (subject.patch(), subject.attempt(lab, String::new())) {
        let copy = format!("/tmp/{name}.bpf.c");
        let patch = lab.folder.join(patch);
        part(
            &format!("{}: {}", attempt.label, attempt.title),
            &[format!("patch --output={copy} {source} {}", patch.display())],
        );
        source = format!("-I{} {copy}", lab.folder.display());
    }
    if lab.manifest.object {
        let flags: Vec<String> = compile::flags(&course.root)?.iter().map(|f| quoted(f)).collect();
        part("Compile the BPF C", &[format!("clang {} -c {source} -o {object}", flags.join(" "))]);
        part(
            "Look at it: sections, and bytecode with source lines (package llvm)",
            &[
                format!("llvm-objdump --section-headers {object}"),
                format!("llvm-objdump -S {object}"),
            ],
        );
    }
    if !programs.carried {
        part("Build the lab's program", &[programs::build_command(&triple).join(" ")]);
    }
    let mut words = vec![program(&lab.binary())];
    if lab.manifest.object {
        words.extend(["--object".into(), object.clone()]);
    }
    words.extend_from_slice(subject.args(lab));
    part(
        "Load, attach and watch it on this machine's kernel; Ctrl-C ends it",
        &[format!("sudo {}", words.join(" "))],
    );
    let steps: Vec<String> =
        subject.steps(lab).iter().filter(|s| **s != Step::Enter).map(Step::to_string).collect();
    let spare = match subject.steps(lab).iter().map(Step::spare).sum::<u32>() {
        0 => String::new(),
        spare => format!(" --spare {spare}"),
    };
    let workers = match subject.steps(lab).iter().map(Step::workers).sum::<u32>() {
        0 => String::new(),
        workers => format!(" --own-files --workers {workers}"),
    };
    if !steps.is_empty() {
        part(
            "In another terminal, make the events that the lab is about",
            &[format!(
                "printf '{}\\n' | sudo {}{spare}{workers}",
                steps.join("\\n"),
                program("stimulus"),
            )],
        );
    }
    let mut look = vec!["sudo bpftool prog list".into(), "sudo bpftool map list".into()];
    if lab.manifest.object {
        look.push(format!("sudo bpftool --debug prog loadall {object} /sys/fs/bpf/{name}"));
        look.push(format!("sudo rm -r /sys/fs/bpf/{name}"));
    }
    part("What the kernel has loaded, and what the verifier says (package bpftool)", &look);
    if let Some(blueprint) = machine {
        part(
            "The kernel of the micro-VM; any initramfs will do to look around",
            &[blueprint.boot_command(Path::new("INITRAMFS"))],
        );
    }
    Ok(text)
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,+:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        for (word, expected) in [
            ("-Ilabs-bpf/include", "-Ilabs-bpf/include"),
            ("/the learner's", r"'/the learner'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
