//! A page to step through a whole log with: source, instructions and registers side by side.
//!
//! Everything is in the one file: style, script, and the log as JSON. The script builds rows only for what
//! is in view, so the number of lines does not matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use verifier_log::source::LineTable;
use verifier_log::{Item, Kind, Log};

use super::explain;
use crate::refusal::{Refusal, printable};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: [&str; 3] =
    [include_str!("page/state.js"), include_str!("page/list.js"), include_str!("page/page.js")];

/// What the script gets. Rows are columns of equal length, which is smaller than objects.
#[derive(Debug, Default, Serialize)]
struct Data<'a> {
    program: &'a str,
    refusal: Option<explain::Object<'a>>,
    /// `i` instruction, `j` jump to another path, `e` error, `o` anything else; one letter a row.
    kinds: String,
    /// Instruction of a row; -1 if it has none.
    insns: Vec<i64>,
    /// What the row shows; for instructions see `texts`.
    lines: Vec<String>,
    /// The state behind a row.
    states: Vec<&'a str>,
    /// Whether that is all of it, and not only what changed: `1` or `0`, one a row.
    wholes: String,
    /// How many functions deep.
    depths: Vec<u32>,
    /// Source line of a row, an index into `sources`; -1 if it is not known.
    places: Vec<i64>,
    sources: Vec<SourceRow>,
    /// Row and index of the step in the explanation's chain.
    chain: Vec<(usize, usize)>,
    /// The failing row.
    fault: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct SourceRow {
    file: String,
    line: u32,
    text: String,
}

/// Renders the page for one log; `refusal` is what it refuses, if it does.
pub fn page(
    program: &str,
    log: &str,
    refusal: Option<&Refusal>,
    table: Option<&LineTable>,
) -> String {
    let log = Log::parse(log);
    let mut data = Data { program, refusal: refusal.map(explain::Object::new), ..Data::default() };
    data.fill(&log, table);
    data.mark(&log, refusal);
    let json = serde_json::to_string(&data).expect("it has no keys that JSON forbids");
    // `</script>` in a source line must not end the script.
    let json = json.replace('<', "\\u003c");
    let title = refusal.and_then(|refusal| refusal.explanation.as_ref());
    let title = title.map_or("Verifier log", |explanation| &explanation.title);
    // The log comes last: what it holds is not looked through.
    PAGE.replace("{style}", STYLE)
        .replace("{script}", &SCRIPT.concat())
        .replace("{title}", &escape(title))
        .replace("{data}", &json)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl<'a> Data<'a> {
    fn fill(&mut self, log: &Log<'a>, table: Option<&LineTable>) {
        let mut places: BTreeMap<SourceRow, Vec<usize>> = BTreeMap::new();
        let (mut quoted, mut depth) = (None, 0);
        for item in log.items() {
            let row = self.insns.len();
            match item.kind {
                Kind::Instruction(instruction) => {
                    let state = instruction.state.filter(|state| !state.text.is_empty());
                    depth = state.map_or(depth, |state| state.frame);
                    let found = table
                        .and_then(|table| table.lookup_program(self.program, instruction.index));
                    let found = found.map(|found| SourceRow {
                        file: printable(found.file_name()),
                        line: found.line,
                        text: printable(found.text),
                    });
                    if let Some(place) = found.or_else(|| quoted.clone()) {
                        places.entry(place).or_default().push(row);
                    }
                    let text = state.map_or("", |state| state.text);
                    self.push('i', i64::from(instruction.index), instruction.text, text, depth);
                }
                Kind::Branch(branch) => {
                    depth = branch.state.map_or(depth, |state| state.frame);
                    quoted = None;
                    let text = format!("from {} to {}", branch.from, branch.to);
                    self.push(
                        'j',
                        i64::from(branch.to),
                        &text,
                        branch.state.map_or("", |s| s.text),
                        depth,
                    );
                }
                Kind::State(state) => {
                    depth = state.frame;
                    self.attach(state.insn, state.text, depth);
                }
                Kind::Source(source) if !source.text.is_empty() => {
                    quoted = Some(SourceRow {
                        file: printable(source.file.unwrap_or_default()),
                        line: source.line.unwrap_or(0),
                        text: printable(source.text),
                    });
                }
                Kind::Error(text) => self.push('e', -1, text, "", depth),
                Kind::Safe(insn) => self.push('j', i64::from(insn), "safe: seen before", "", depth),
                Kind::Frame(text) | Kind::Subprogram(text) | Kind::Unknown(text) => {
                    self.push('o', -1, text, "", depth);
                }
                _ => {}
            }
        }
        self.number(places);
    }

    fn push(&mut self, kind: char, insn: i64, line: &str, state: &'a str, depth: u32) {
        self.kinds.push(kind);
        self.insns.push(insn);
        self.lines.push(printable(line));
        self.states.push(state);
        self.wholes.push(if kind == 'j' || kind == 'o' && !state.is_empty() { '1' } else { '0' });
        self.depths.push(depth);
    }

    /// A state on a line of its own is that of the row before, if it has none yet.
    fn attach(&mut self, insn: Option<u32>, state: &'a str, depth: u32) {
        match self.states.last_mut() {
            Some(last) if last.is_empty() && self.kinds.ends_with(['i', 'j']) => {
                *last = state;
                self.wholes.pop();
                self.wholes.push('1');
            }
            _ => self.push('o', insn.map_or(-1, i64::from), "state", state, depth),
        }
    }

    /// Gives each source line its number, by file and line.
    fn number(&mut self, places: BTreeMap<SourceRow, Vec<usize>>) {
        self.places = vec![-1; self.insns.len()];
        for (at, (source, rows)) in (0..).zip(places) {
            rows.into_iter().for_each(|row| self.places[row] = at);
            self.sources.push(source);
        }
    }

    /// Finds the rows of the failing instruction and of the chain.
    fn mark(&mut self, log: &Log<'_>, refusal: Option<&Refusal>) {
        let Some(refusal) = refusal else { return };
        let chain = refusal.explanation.iter().flat_map(|explanation| &explanation.chain);
        let wanted: BTreeSet<usize> = chain.clone().map(|step| step.item).collect();
        let mut rows = BTreeMap::new();
        let instruction = |item: &Item<'_>| matches!(item.kind, Kind::Instruction(_));
        let mut walked = self.kinds.bytes().enumerate().filter(|(_, kind)| *kind == b'i');
        for (at, _) in log.items().iter().enumerate().filter(|(_, item)| instruction(item)) {
            let Some((row, _)) = walked.next() else { break };
            if wanted.contains(&at) {
                rows.insert(at, row);
            }
        }
        let chain = chain.enumerate().filter_map(|(at, step)| Some((*rows.get(&step.item)?, at)));
        self.chain = chain.collect();
        let insn = refusal.insn.map(i64::from);
        let fits =
            |row: &usize| self.kinds.as_bytes()[*row] == b'i' && insn == Some(self.insns[*row]);
        self.fault = (0..self.insns.len()).rev().find(fits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "0: R1=ctx() R10=fp0\n; *seen += \"</script>\"; @ a.c:6\n\
        7: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\n\
        processed 7 insns (limit 1000000) max_states_per_insn 0\n";

    #[test]
    fn everything_is_in_the_one_file() {
        let refusal = Refusal::read("count", LOG, None).expect("a refusal");
        let page = page("count", LOG, Some(&refusal), None);
        for place in ["{title}", "{style}", "{script}", "{data}", "src=", "href="] {
            assert!(!page.contains(place), "{place}");
        }
        // One for the data, one for the script.
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn rows_of_a_log() {
        let refusal = Refusal::read("count", LOG, None).expect("a refusal");
        let mut data = Data { program: "count", ..Data::default() };
        let log = Log::parse(LOG);
        data.fill(&log, None);
        data.mark(&log, Some(&refusal));
        assert_eq!((data.kinds.as_str(), data.fault), ("oie", Some(1)));
        assert_eq!((data.insns, data.places), (vec![0, 7, -1], vec![-1, 0, -1]));
    }
}
