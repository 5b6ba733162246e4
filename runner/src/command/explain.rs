//! `labrunner explain`: what a verifier log means.

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::Path;

use verifier_log::source::LineTable;
use verifier_log::{Kind, Log, input};

use super::{print, say};
use crate::cli::{ExplainArgs, Format};
use crate::error::{Error, PASSED};
use crate::refusal::Refusal;
use crate::render::{explain, page::page};

/// Explains every refusal in the input.
pub fn run(args: &ExplainArgs, format: Format) -> Result<u8, Error> {
    if args.list {
        print(&match format {
            Format::Json | Format::Junit => explain::list_json(),
            Format::Text => explain::list(),
        })?;
        return Ok(PASSED);
    }
    let table = args.object.as_deref().map(line_table).transpose()?;
    if let (Some(name), Some(table)) = (&args.program, &table)
        && table.program(name).is_none()
    {
        let names: Vec<_> = table.programs().map(|program| program.name).collect();
        let known = names.join(", ");
        return Err(Error::Usage(format!("The object has no program `{name}`; it has {known}.")));
    }
    let text = read(args.file.as_deref())?;
    let text = input::clean(&text);
    let found = input::find(&text);
    if found.is_empty() {
        return Err(no_log(args));
    }
    let mut refusals = Vec::new();
    let mut pages = Vec::new();
    for found in &found {
        let named = args.program.as_deref().or(found.program);
        let guessed = || table.as_ref().and_then(|table| guess(table, found.log));
        let program = named.map(str::to_owned).or_else(guessed).unwrap_or_default();
        let refusal = Refusal::read(&program, found.log, table.as_ref());
        if args.html.is_some() {
            pages.push((
                refusal.is_some(),
                page(&program, found.log, refusal.as_ref(), table.as_ref()),
            ));
        }
        refusals.extend(refusal);
    }
    if let Some(path) = &args.html {
        // The first log that refuses something, or just the first.
        let best = pages.iter().position(|(refused, _)| *refused).unwrap_or(0);
        fs::write(path, &pages[best].1)
            .map_err(|e| Error::Usage(format!("`{}` cannot be written: {e}.", path.display())))?;
        say(&format!("{} shows the log; open it in a browser.", path.display()));
    }
    print(&match format {
        Format::Json | Format::Junit => refusals.iter().map(explain::json).collect(),
        Format::Text if refusals.is_empty() => accepted(found.len()),
        Format::Text => refusals.iter().map(|r| explain::text(r) + "\n").collect::<String>(),
    })?;
    Ok(PASSED)
}

fn accepted(logs: usize) -> String {
    match logs {
        1 => "The verifier refuses nothing in this log.\n".into(),
        logs => format!("The verifier refuses nothing in these {logs} logs.\n"),
    }
}

fn no_log(args: &ExplainArgs) -> Error {
    let source = match args.file.as_deref() {
        Some(path) if path != Path::new("-") => format!("`{}`", path.display()),
        _ => "the input".into(),
    };
    Error::Usage(format!(
        "There is no verifier log in {source}. A log has lines such as `7: (79) r1 = *(u64 *)(r0 +0)`; \
         let the loader print it: libbpf does when a load fails, bpftool with `--debug`, cilium/ebpf \
         with `%+v` of the error."
    ))
}

fn read(file: Option<&Path>) -> Result<String, Error> {
    let mut bytes = Vec::new();
    match file.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            bytes = fs::read(path)
                .map_err(|e| Error::Usage(format!("`{}` cannot be read: {e}.", path.display())))?;
        }
        None => {
            let mut input = std::io::stdin().lock();
            if input.is_terminal() {
                say("Paste the log, then press Ctrl-D on a line of its own.");
            }
            input
                .read_to_end(&mut bytes)
                .map_err(|e| Error::Usage(format!("Standard input cannot be read: {e}.")))?;
        }
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn line_table(path: &Path) -> Result<LineTable, Error> {
    let shown = path.display();
    let bytes =
        fs::read(path).map_err(|e| Error::Usage(format!("`{shown}` cannot be read: {e}.")))?;
    LineTable::from_object(&bytes).map_err(|e| Error::Usage(format!("`{shown}`: {e}.")))
}

/// The program of the object that a log without a name is about: the one whose lines the log quotes.
fn guess(table: &LineTable, log: &str) -> Option<String> {
    let programs: Vec<_> = table.programs().filter(|program| program.section != ".text").collect();
    if let [only] = programs.as_slice() {
        return Some(only.name.to_owned());
    }
    let log = Log::parse(log);
    let mut quoted = None;
    let mut pairs = Vec::new();
    for item in log.items() {
        match item.kind {
            Kind::Source(source) => quoted = Some(source.text).filter(|text| !text.is_empty()),
            Kind::Instruction(instruction) => {
                pairs.extend(quoted.take().map(|text| (instruction.index, text)));
            }
            _ => {}
        }
        if pairs.len() == 50 {
            break;
        }
    }
    let fits = |name: &str| {
        let fits = |&&(insn, text): &&(u32, &str)| {
            table.lookup_program(name, insn).is_some_and(|line| line.text == text)
        };
        pairs.iter().filter(fits).count()
    };
    let best = programs.iter().max_by_key(|program| fits(program.name))?;
    (fits(best.name) * 2 > pairs.len()).then(|| best.name.to_owned())
}
