//! `labrunner grade merge`: the results of parts put together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::reporter::{FILES, counts};
use crate::cli::{Format, MergeArgs};
use crate::command::print;
use crate::error::{Error, PASSED, UNAVAILABLE};
use crate::grade::journal::{self, Header, Journal};
use crate::grade::output::{Before, Output};
use crate::grade::row::{Entry, sort};
use crate::grade::shard::Shard;
use crate::grade::{json, junit};

/// Merges; the exit status tells whether everything is there and graded.
pub(super) fn run(args: &MergeArgs, format: Format) -> Result<u8, Error> {
    let parts = args.folders.iter().map(|folder| Ok((folder, read(folder)?)));
    let parts = parts.collect::<Result<Vec<(&PathBuf, Journal)>, Error>>()?;
    let header = header(&parts)?;
    let missing = missing(&parts);
    let mut entries = entries(&parts)?;
    sort(&mut entries);
    let before = if args.overwrite { Before::Overwrite } else { Before::None };
    let (output, _) = Output::open(&args.out, before)?;
    output.journal(&header, &entries)?;
    output.write(&header, &entries)?;

    let submissions: BTreeSet<&str> =
        entries.iter().map(|entry| entry.row.submission.as_str()).collect();
    let mut summary =
        format!("{}\n{} of {} submissions\n", counts(&entries), submissions.len(), header.class);
    for shard in &missing {
        summary += &format!("The part {shard} is missing.\n");
    }
    summary += &format!("In {}: {FILES}\n", output.path().display());
    match format {
        Format::Text => print(&summary)?,
        Format::Json => {
            print(&entries.iter().map(|entry| json::line(&entry.row)).collect::<String>())?;
            super::say(summary.trim_end());
        }
        Format::Junit => {
            print(&junit::document(&header, &entries))?;
            super::say(summary.trim_end());
        }
    }
    let graded = entries.iter().all(|entry| entry.row.verdict.is_graded());
    let whole = missing.is_empty() && submissions.len() == header.class;
    Ok(if graded && whole { PASSED } else { UNAVAILABLE })
}

fn read(folder: &Path) -> Result<Journal, Error> {
    journal::read(folder).map_err(Error::Usage)?.ok_or_else(|| {
        Error::Usage(format!(
            "{} has no results of labrunner grade: there is no {} in it.",
            folder.display(),
            journal::NAME
        ))
    })
}

/// What the whole is: what each part says of it.
fn header(parts: &[(&PathBuf, Journal)]) -> Result<Header, Error> {
    let whole = |journal: &Journal| Header { shard: None, ..journal.header.clone() };
    let (first, rest) = parts.split_first().expect("clap wants one");
    let header = whole(&first.1);
    match rest.iter().find(|(_, journal)| whole(journal) != header) {
        Some((folder, _)) => Err(Error::Usage(format!(
            "{} and {} are not of one class: tasks, kernel or number of submissions differ. Grade all \
             parts with the same command but for --shard.",
            first.0.display(),
            folder.display()
        ))),
        None => Ok(header),
    }
}

/// The parts that nobody has brought.
fn missing(parts: &[(&PathBuf, Journal)]) -> Vec<Shard> {
    let there: BTreeSet<Shard> =
        parts.iter().filter_map(|(_, journal)| journal.header.shard).collect();
    let counts: BTreeSet<usize> = there.iter().map(|shard| shard.count).collect();
    let all = counts.iter().flat_map(|&count| (0..count).map(move |index| Shard { index, count }));
    all.filter(|shard| !there.contains(shard)).collect()
}

/// All results. The same one in two parts is one; two that differ are none.
fn entries(parts: &[(&PathBuf, Journal)]) -> Result<Vec<Entry>, Error> {
    let mut found: BTreeMap<(String, String), (&Path, Entry)> = BTreeMap::new();
    for (folder, journal) in parts {
        for entry in &journal.entries {
            let place = (entry.row.submission.clone(), entry.cell.clone());
            match found.get(&place) {
                Some((_, other)) if other == entry => {}
                Some((other, _)) => {
                    return Err(Error::Usage(format!(
                        "{} and {} both have a result for {} of {}, and not the same one.",
                        other.display(),
                        folder.display(),
                        place.1,
                        place.0
                    )));
                }
                None => {
                    found.insert(place, (folder, entry.clone()));
                }
            }
        }
    }
    Ok(found.into_values().map(|(_, entry)| entry).collect())
}
