//! One JSON object a line for each program on each kernel, and one for a kernel that does not run here.

use serde::Serialize;

use crate::render::explain;
use crate::verify::{Attempt, Change, Column, Program, Verified};

/// The object. Its fields are part of the interface: they may be added to, and keep their meaning.
#[derive(Debug, Default, Serialize)]
struct Object<'a> {
    object: &'a str,
    /// Null for a kernel on which nothing could be tried.
    program: Option<&'a str>,
    section: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    /// What the kernel was asked for by.
    series: &'a str,
    kernel: Option<&'a str>,
    #[serde(flatten)]
    attempt: AttemptObject<'a>,
    /// What the verifier says of a refused program, explained.
    verifier: Option<explain::Object<'a>>,
    /// Its whole log.
    log: Option<&'a str>,
    /// What to do about an environment that is not able.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Before<'a>>,
}

#[derive(Debug, Default, Serialize)]
struct AttemptObject<'a> {
    /// `loads`, `refused`, `absent` (of a program that only the former object has), or `environment`.
    verdict: &'static str,
    errno: Option<i32>,
    /// Why it does not load.
    message: Option<&'a str>,
    insns: Option<u64>,
    states: Option<u64>,
    peak_states: Option<u64>,
    /// Bytes, as the kernel tells them: per function, from 7.x on with the most of a chain of calls.
    stack: Option<&'a str>,
    /// Bytes of all functions together.
    stack_bytes: Option<u64>,
    /// Verification time in microseconds.
    us: Option<u64>,
}

/// The same of the former object.
#[derive(Debug, Serialize)]
struct Before<'a> {
    object: &'a str,
    /// `none`, `loads`, `refused`, `new` or `gone`.
    change: &'static str,
    #[serde(flatten)]
    attempt: AttemptObject<'a>,
}

/// All lines.
pub fn render(verified: &Verified) -> String {
    let mut text = String::new();
    for column in &verified.columns {
        let head = || Object {
            object: &verified.file,
            series: &column.series,
            kernel: column.release.as_deref(),
            ..Object::default()
        };
        if let Err(unable) = &column.programs {
            let (message, fix) = (Some(unable.problem.as_str()), Some(unable.fix.as_str()));
            let attempt =
                AttemptObject { verdict: "environment", message, ..AttemptObject::default() };
            push(&mut text, &Object { attempt, fix, ..head() });
        }
        for program in column.programs() {
            push(&mut text, &of_program(program, verified, column));
        }
    }
    text
}

fn push(text: &mut String, object: &Object<'_>) {
    *text += &serde_json::to_string(object).expect("names are strings");
    text.push('\n');
}

fn of_program<'a>(program: &'a Program, verified: &'a Verified, column: &'a Column) -> Object<'a> {
    let refusal = program.now.as_ref().and_then(|attempt| attempt.refusal.as_ref());
    Object {
        object: &verified.file,
        program: Some(&program.name),
        section: Some(&program.section),
        kind: Some(&program.kind),
        series: &column.series,
        kernel: column.release.as_deref(),
        attempt: of_attempt(program.now.as_ref()),
        verifier: refusal.map(explain::Object::new),
        log: refusal.map(|refusal| refusal.log.as_str()),
        fix: None,
        before: verified.before.as_deref().map(|object| Before {
            object,
            change: match program.change() {
                Change::None => "none",
                Change::Loads => "loads",
                Change::Refused => "refused",
                Change::New => "new",
                Change::Gone => "gone",
            },
            attempt: of_attempt(program.before.as_ref()),
        }),
    }
}

fn of_attempt(attempt: Option<&Attempt>) -> AttemptObject<'_> {
    let Some(attempt) = attempt else {
        return AttemptObject { verdict: "absent", ..AttemptObject::default() };
    };
    let cost = attempt.cost.as_ref();
    AttemptObject {
        verdict: if attempt.loads() { "loads" } else { "refused" },
        errno: Some(attempt.errno),
        message: Some(attempt.reason.as_str()).filter(|reason| !reason.is_empty()),
        insns: cost.map(|cost| cost.insns),
        states: cost.map(|cost| cost.states),
        peak_states: cost.map(|cost| cost.peak_states),
        stack: cost.and_then(|cost| cost.stack.as_deref()),
        stack_bytes: cost.and_then(|cost| cost.stack_bytes()),
        us: cost.and_then(|cost| cost.us),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::{column, impossible, loads, program, unable, verified};

    #[test]
    fn a_line_for_each_program_and_kernel() {
        let good = program("good", Some(loads(23, "16+8")), Some(impossible()));
        let gone = program("gone", None, Some(impossible()));
        let columns = vec![column("6.1", vec![good, gone]), unable("7")];
        insta::assert_snapshot!(render(&verified(Some("old.o"), columns)), @r#"
        {"object":"my/x.bpf.o","program":"good","section":"xdp","type":"xdp","series":"6.1","kernel":"6.1.0-test","verdict":"loads","errno":0,"message":null,"insns":23,"states":2,"peak_states":1,"stack":"16+8","stack_bytes":24,"us":138,"verifier":null,"log":null,"before":{"object":"old.o","change":"loads","verdict":"refused","errno":22,"message":"extern (func ksym) 'f': not found in kernel or module BTFs","insns":null,"states":null,"peak_states":null,"stack":null,"stack_bytes":null,"us":null}}
        {"object":"my/x.bpf.o","program":"gone","section":"xdp","type":"xdp","series":"6.1","kernel":"6.1.0-test","verdict":"absent","errno":null,"message":null,"insns":null,"states":null,"peak_states":null,"stack":null,"stack_bytes":null,"us":null,"verifier":null,"log":null,"before":{"object":"old.o","change":"gone","verdict":"refused","errno":22,"message":"extern (func ksym) 'f': not found in kernel or module BTFs","insns":null,"states":null,"peak_states":null,"stack":null,"stack_bytes":null,"us":null}}
        {"object":"my/x.bpf.o","program":null,"section":null,"type":null,"series":"7","kernel":null,"verdict":"environment","errno":null,"message":"There is no <QEMU>.","insns":null,"states":null,"peak_states":null,"stack":null,"stack_bytes":null,"us":null,"verifier":null,"log":null,"fix":"Install it."}
        "#);
    }

    #[test]
    fn without_a_comparison_there_is_no_word_of_it() {
        let good = program("good", Some(loads(23, "max 8")), None);
        let text = render(&verified(None, vec![column("6.1", vec![good])]));
        assert!(!text.contains("before"), "{text}");
    }
}
