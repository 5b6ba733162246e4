//! An explained refusal, in the manner of rustc, and the list of known messages.

mod excerpt;
mod json;

use std::fmt::Write as _;

use colored::Colorize;
use verifier_log::explain::{Explanation, known};

use crate::refusal::Refusal;
use excerpt::Excerpt;
pub(crate) use json::Object;
pub use json::{json, list_json};

/// Prose is broken at this width.
const WIDTH: usize = 96;

/// How many of the kernel's lines stand before its message: after a log that was pasted into a long text,
/// the rest of that text is taken for such lines.
const DETAILS: usize = 8;

/// All that there is to say: title, excerpt, cause chain, notes, help.
pub fn text(refusal: &Refusal) -> String {
    let mut text = String::new();
    let explanation = refusal.explanation.as_ref();
    let category = refusal.category.map_or(String::new(), |category| format!("[{category}]"));
    let title = explanation.map_or(refusal.message.as_str(), |explanation| &explanation.title);
    let error = format!("error{category}").red().bold();
    line(&mut text, &format!("{error}{} {}", ":".bold(), title.bold()));
    let excerpt = Excerpt::of(refusal);
    text += &excerpt.source(refusal);
    if !refusal.program.is_empty() {
        text += &excerpt.note("program", &refusal.program);
    }
    for detail in refusal.details.iter().take(DETAILS) {
        text += &excerpt.note("kernel", detail);
    }
    text += &excerpt.note("kernel", &refusal.message);
    match explanation {
        Some(explanation) => {
            if !explanation.meaning.is_empty() {
                text += &excerpt.note("note", &explanation.meaning);
            }
            text += &chain(explanation, &excerpt);
            text += &help(explanation, &excerpt);
            if !explanation.confident {
                let unsure = "the log does not prove all of this: check it against the lines above";
                text += &excerpt.note("unsure", unsure);
            }
        }
        None => {
            let unknown = "this message is not known here; above is what the log says for certain";
            text += &excerpt.note("note", unknown);
        }
    }
    if let Some(report) = &refusal.kernel_report {
        line(&mut text, &format!("{} {}", "the kernel's own report:".bold(), report.problem));
        for said in [&report.reason, &report.suggestion].into_iter().flatten() {
            for said in wrap(said, WIDTH) {
                line(&mut text, &format!("  {said}"));
            }
        }
    }
    text
}

/// What goes below a lab's excerpt of the log: the place, what it means, and the help.
pub fn short(refusal: &Refusal) -> String {
    let mut text = String::new();
    let excerpt = Excerpt::of(refusal);
    text += &excerpt.source(refusal);
    if let Some(explanation) = &refusal.explanation {
        text = format!("{}\n{text}", explanation.title.bold());
        if !explanation.meaning.is_empty() {
            text += &excerpt.note("note", &explanation.meaning);
        }
        text += &chain(explanation, &excerpt);
        text += &help(explanation, &excerpt);
    }
    text
}

fn chain(explanation: &Explanation, excerpt: &Excerpt) -> String {
    if explanation.chain.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    line(&mut text, &format!("{}{} where it comes from", "note".green().bold(), ":".bold()));
    let mut shown = None;
    for step in &explanation.chain {
        let line = step.place.as_ref().map(|place| (&place.file, place.line, &place.text));
        if let Some(place) = &step.place
            && line != shown
        {
            text += &excerpt.line(place);
        }
        shown = line;
        text += &excerpt.remark(&format!("{}: {}", step.insn, step.what));
    }
    text
}

fn help(explanation: &Explanation, excerpt: &Excerpt) -> String {
    let Some(suggestion) = &explanation.suggestion else { return String::new() };
    let mut text = String::new();
    let mut lines = wrap(&suggestion.text, WIDTH).into_iter();
    let first = lines.next().unwrap_or_default();
    line(&mut text, &format!("{}{} {first}", "help".cyan().bold(), ":".bold()));
    for rest in lines {
        line(&mut text, &format!("      {rest}"));
    }
    for code in suggestion.code.iter().flat_map(|code| code.lines()) {
        text += &excerpt.code(code);
    }
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("writing to a string does not fail");
}

/// Breaks prose at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// All known messages, family by family.
pub fn list() -> String {
    let mut text = String::new();
    let mut family = "";
    for row in known() {
        if row.family != family {
            family = row.family;
            line(&mut text, &format!("\n{}", family.bold()));
        }
        line(&mut text, &format!("  {:27} {}", row.category.to_string().dimmed(), row.pattern));
    }
    let (all, explained) = (known().count(), known().filter(|row| row.explained).count());
    line(
        &mut text,
        &format!(
            "\n{all} messages, {explained} of them explained. {{name}} stands for a text, {{#name}} for a number."
        ),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
; __u64 *seen = bpf_map_lookup_elem(&runs, &key); @ hello.bpf.c:9
4: (18) r1 = 0xffff8ee541f64000       ; R1=map_ptr(map=runs,ks=4,vs=8)
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=runs,ks=4,vs=8)
; *seen += 1; @ hello.bpf.c:11
7: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
";

    #[test]
    fn a_refusal_in_the_manner_of_rustc() {
        colored::control::set_override(false);
        let refusal = Refusal::read("count", LOG, None).expect("a refusal");
        insta::assert_snapshot!(text(&refusal), @r"
        error[Register Type Safety]: `seen` may be NULL here
          --> hello.bpf.c:11
           |
        11 | *seen += 1;
           | ^^^^^^^^^^^ 7: r1 = *(u64 *)(r0 +0)
           |
           = program: count
           = kernel: R0 invalid mem access 'map_value_or_null'
           = note: Instruction 7 reads 8 bytes through r0, and nothing before it excludes NULL.
                   bpf_map_lookup_elem (instruction 6) returns NULL when the map has no entry for the key.
        note: where it comes from
         9 | __u64 *seen = bpf_map_lookup_elem(&runs, &key);
           |   ^ 6: r0 is what bpf_map_lookup_elem returns: a value of map `runs` (8 bytes), or NULL
        help: test it for NULL before line 11, and use it only where it is not
           | + if (!seen)
           | +         return 0;
        ");
    }

    #[test]
    fn an_unknown_message_is_not_explained() {
        colored::control::set_override(false);
        let log = "0: (95) exit\nthe moon is full\nprocessed 1 insns (limit 1000000)\n";
        let refusal = Refusal::read("", log, None).expect("a refusal");
        insta::assert_snapshot!(text(&refusal), @r"
        error: the moon is full
         --> 0: exit
          |
          = kernel: the moon is full
          = note: this message is not known here; above is what the log says for certain
        ");
    }

    #[test]
    fn prose_is_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""; 0]);
        assert_eq!(wrap("incomprehensible", 7), ["incomprehensible"]);
    }
}
