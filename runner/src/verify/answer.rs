//! The lines that the program `verify` prints in a kernel (`labs/src/bin/verify/line.rs`), read.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use verifier_log::source::LineTable;

use super::{Attempt, Cost};
use crate::refusal::{Refusal, printable};

/// What came of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its function.
    pub name: String,
    /// Its section.
    pub section: String,
    /// Its type in the kernel's words.
    pub kind: String,
    /// What came of it.
    pub attempt: Attempt,
}

/// Why there are no answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// libbpf cannot open the object, in its words.
    Unopened(String),
    /// The object has no programs.
    NoPrograms,
    /// The answers break off in this program; `None` if there is none at all.
    BrokenOff(Option<usize>),
}

#[derive(Deserialize)]
struct ObjectLine {
    errno: i32,
    words: Vec<String>,
    programs: usize,
}

#[derive(Deserialize)]
struct ProgramLine {
    program: String,
    section: String,
    #[serde(rename = "type")]
    kind: String,
    errno: i32,
    insns: Option<u64>,
    #[serde(default)]
    states: u64,
    #[serde(default)]
    peak_states: u64,
    stack: Option<String>,
    us: Option<u64>,
    words: Vec<String>,
    log: String,
}

/// Reads all that `verify` printed about this object.
pub fn read(printed: &[u8], object: &[u8]) -> Result<Vec<Answer>, NoAnswer> {
    let mut lines = printed.split_inclusive(|byte| *byte == b'\n');
    let first: ObjectLine = lines.next().and_then(whole).ok_or(NoAnswer::BrokenOff(None))?;
    if first.errno != 0 {
        return Err(NoAnswer::Unopened(reason(first.errno, &first.words)));
    }
    if first.programs == 0 {
        return Err(NoAnswer::NoPrograms);
    }
    let table = LineTable::from_object(object).ok();
    (0..first.programs)
        .map(|index| {
            let line: Option<ProgramLine> = lines.next().and_then(whole);
            line.map(|line| answer(line, table.as_ref()))
                .ok_or(NoAnswer::BrokenOff(Some(index + 1)))
        })
        .collect()
}

/// A line that is there to its end.
fn whole<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice(line.strip_suffix(b"\n")?).ok()
}

fn answer(line: ProgramLine, table: Option<&LineTable>) -> Answer {
    let refusal = Refusal::read(&line.program, &line.log, table).filter(|_| line.errno != 0);
    let reason = match &refusal {
        _ if line.errno == 0 => String::new(),
        Some(refusal) => refusal.message.clone(),
        None => reason(line.errno, &line.words),
    };
    let cost = line.insns.map(|insns| Cost {
        insns,
        states: line.states,
        peak_states: line.peak_states,
        stack: line.stack,
        us: line.us,
    });
    Answer {
        name: printable(&line.program),
        section: printable(&line.section),
        kind: line.kind,
        attempt: Attempt { errno: line.errno, cost, refusal, reason },
    }
}

/// libbpf's warnings without those that only say that something failed; else the number's meaning.
fn reason(errno: i32, words: &[String]) -> String {
    let tells = |line: &&String| {
        let of_program = line.strip_prefix("prog '").and_then(|rest| rest.split_once("': "));
        let message = of_program.map_or(line.as_str(), |(_, message)| message);
        let says_nothing =
            ["BPF program load failed: ", "failed to load: ", "failed to load object "];
        !says_nothing.iter().any(|start| message.starts_with(start))
    };
    let telling: Vec<String> = words.iter().filter(tells).map(|line| printable(line)).collect();
    match telling.is_empty() {
        false => telling.join("\n"),
        true => format!("the kernel says {}, and no more", errno_text(errno)),
    }
}

/// `Permission denied`, as the system calls it.
fn errno_text(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "{\"errno\":0,\"words\":[],\"programs\":2}\n";
    const GOOD: &str = r#"{"program":"a","section":"xdp","type":"xdp","errno":0,"insns":2,"states":1,"peak_states":1,"stack":"16+8","us":9,"words":[],"log":""}
"#;
    const BAD: &str = r#"{"program":"b","section":"xdp","type":"xdp","errno":22,"words":["prog 'b': missing BPF prog type, check ELF section name 'x'","prog 'b': failed to load: -EINVAL","failed to load object 'x.bpf.o'"],"log":""}
"#;

    #[test]
    fn a_line_for_each_program() {
        let answers = read(format!("{OBJECT}{GOOD}{BAD}").as_bytes(), b"").unwrap();
        let [good, bad] = &answers[..] else { panic!("{answers:?}") };
        assert!(good.attempt.loads());
        let cost = good.attempt.cost.as_ref().unwrap();
        assert_eq!((cost.insns, cost.stack_bytes()), (2, Some(24)));
        let why = "prog 'b': missing BPF prog type, check ELF section name 'x'";
        assert_eq!((bad.attempt.reason.as_str(), &bad.attempt.cost), (why, &None));
    }

    #[test]
    fn what_is_not_whole_is_no_answer() {
        let unopened = "{\"errno\":4001,\"words\":[\"elf: no\"],\"programs\":0}\n";
        for (printed, expected) in [
            (String::new(), NoAnswer::BrokenOff(None)),
            (format!("{OBJECT}{GOOD}"), NoAnswer::BrokenOff(Some(2))),
            (format!("{OBJECT}{GOOD}{}", &BAD[..40]), NoAnswer::BrokenOff(Some(2))),
            (OBJECT.replace('2', "0"), NoAnswer::NoPrograms),
            (unopened.into(), NoAnswer::Unopened("elf: no".into())),
            (unopened.replace("\"elf: no\"", ""), NoAnswer::Unopened(reason(4001, &[]))),
        ] {
            assert_eq!(read(printed.as_bytes(), b""), Err(expected), "{printed}");
        }
    }

    #[test]
    fn without_words_there_is_the_number() {
        let words = ["prog 'b': BPF program load failed: -EPERM".to_owned()];
        assert_eq!(reason(1, &words), "the kernel says Operation not permitted, and no more");
    }
}
