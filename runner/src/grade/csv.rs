//! Results as CSV (RFC 4180), for spreadsheets. No I/O.
//!
//! Names of submissions and messages may be made by learners. A spreadsheet takes a cell that begins with
//! `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and carries it out; such cells get an apostrophe in
//! front, which makes them text.

use csv::{Terminator, WriterBuilder};

use super::row::{Entry, by_submission, total};

/// A row for each task of each submission.
pub fn results(entries: &[Entry]) -> String {
    let header = [
        "submission",
        "task",
        "verdict",
        "stage",
        "message",
        "seconds",
        "points",
        "out_of",
        "kernel",
    ];
    let rows = entries.iter().map(|Entry { row, .. }| {
        [
            text(&row.submission),
            text(&row.task),
            row.verdict.name().into(),
            text(row.stage.as_deref().unwrap_or_default()),
            text(&row.message),
            row.seconds.to_string(),
            row.points.map_or(String::new(), |points| points.to_string()),
            row.out_of.to_string(),
            text(row.kernel.as_deref().unwrap_or_default()),
        ]
    });
    document(header, rows)
}

/// A row for each submission.
pub fn totals(entries: &[Entry]) -> String {
    let header = ["submission", "points", "out_of", "passed", "failed", "not_graded"];
    let rows = by_submission(entries).map(|entries| {
        let total = total(entries);
        [
            text(total.submission),
            total.points.to_string(),
            total.out_of.to_string(),
            total.passed.to_string(),
            total.failed.to_string(),
            total.not_graded.to_string(),
        ]
    });
    document(header, rows)
}

fn document<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let header = std::iter::once(header.map(str::to_string));
    for row in header.chain(rows) {
        writer.write_record(row).expect("writing to memory does not fail");
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("all cells are text")
}

/// A cell that is text and nothing else.
fn text(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::row::Mark;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let entries = [
            Entry::with("alice", "ch2/hello", Mark::Pass, ""),
            Entry::with("=cmd|'/c calc'!A0", "ch2/hello", Mark::Fail, "+1, \"quoted\""),
            Entry::with("bob\nand,me", "ch2/hello", Mark::Environment, "-uid=0"),
            Entry::with("bob\nand,me", "ch2/hello:x", Mark::Timeout, "@x"),
        ];
        assert_eq!(
            results(&entries),
            "submission,task,verdict,stage,message,seconds,points,out_of,kernel\r\n\
             alice,ch2/hello,pass,,,0.5,2,2,6.1.0\r\n\
             '=cmd|'/c calc'!A0,ch2/hello,fail,load,\"'+1, \"\"quoted\"\"\",0.5,0,2,6.1.0\r\n\
             \"bob\nand,me\",ch2/hello,environment,load,'-uid=0,0.5,,2,6.1.0\r\n\
             \"bob\nand,me\",ch2/hello:x,timeout,load,'@x,0.5,0,2,6.1.0\r\n"
        );
        assert_eq!(
            totals(&entries),
            "submission,points,out_of,passed,failed,not_graded\r\n\
             alice,2,2,1,0,0\r\n\
             '=cmd|'/c calc'!A0,0,2,0,1,0\r\n\
             \"bob\nand,me\",0,4,0,1,1\r\n"
        );
        let mut reader =
            csv::ReaderBuilder::new().from_reader(std::io::Cursor::new(results(&entries)));
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 4);
        assert_eq!(&records[2][0], "bob\nand,me");
    }
}
