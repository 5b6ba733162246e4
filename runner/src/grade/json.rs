//! Results as JSON: one document, or one object a line. No I/O.

use serde::Serialize;

use super::journal::Header;
use super::output::file_name;
use super::row::{Entry, Row, Total, by_submission, total};

/// Version of the document. Fields may be added without another one.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    title: Option<&'a str>,
    /// The kernel series.
    kernel: &'a str,
    /// The part of the class, such as `0/8`.
    shard: Option<String>,
    /// How many submissions the class has.
    class: usize,
    submissions: Vec<Submission<'a>>,
}

#[derive(Serialize)]
struct Submission<'a> {
    #[serde(flatten)]
    total: Total<'a>,
    /// The file that can be handed back, relative to the document.
    report: String,
    results: Vec<&'a Row>,
}

/// The whole document.
pub fn document(header: &Header, entries: &[Entry]) -> String {
    let document = Document {
        version: VERSION,
        title: header.title.as_deref(),
        kernel: &header.kernel,
        shard: header.shard.map(|shard| shard.to_string()),
        class: header.class,
        submissions: by_submission(entries).map(submission).collect(),
    };
    let text = serde_json::to_string_pretty(&document);
    text.expect("there are no maps with keys that JSON forbids") + "\n"
}

fn submission(entries: &[Entry]) -> Submission<'_> {
    let total = total(entries);
    Submission {
        report: format!("reports/{}.md", file_name(total.submission)),
        total,
        results: entries.iter().map(|entry| &entry.row).collect(),
    }
}

/// One result as a line.
pub fn line(row: &Row) -> String {
    serde_json::to_string(row).expect("there are no maps with keys that JSON forbids") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::journal::VERSION as JOURNAL;
    use crate::grade::row::Mark;

    #[test]
    fn results_stand_with_their_submission() {
        let header = Header {
            journal: JOURNAL,
            title: Some("Week 2".into()),
            tasks: None,
            kernel: "6.1".into(),
            shard: Some("1/2".parse().unwrap()),
            class: 3,
        };
        let entries = [
            Entry::with("a\nb", "ch2/hello", Mark::Pass, ""),
            Entry::with("bob", "ch2/hello", Mark::Environment, "no"),
        ];
        let text = document(&header, &entries);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["shard"], "1/2");
        assert_eq!(value["submissions"][0]["submission"], "a\nb");
        assert_eq!(value["submissions"][0]["points"], 2.0);
        assert_eq!(value["submissions"][1]["results"][0]["verdict"], "environment");
        assert_eq!(value["submissions"][1]["results"][0]["points"], serde_json::Value::Null);
        assert_eq!(value["submissions"][1]["report"], "reports/bob.md");
        assert_eq!(line(&entries[0].row).lines().count(), 1);
    }
}
