//! The list of kernels.

use std::fmt::Write;

use colored::Colorize;
use serde::Serialize;

/// What is known of the kernels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The name of the default kernel, added or not.
    pub default: String,
    /// Those that were added, in natural order.
    pub kernels: Vec<Row>,
    /// Series that the distribution carries.
    pub available: Vec<String>,
}

/// A kernel that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name.
    pub series: String,
    /// What `uname -r` says on it.
    pub release: Option<String>,
    /// Packages with their version, or the path of an image.
    pub origin: Option<String>,
    /// Disk use of its files in bytes.
    pub bytes: u64,
    /// Disk use of the machines saved with it.
    pub machines_bytes: u64,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The list for people: a table, and what else there is.
pub fn text(listing: &Listing) -> String {
    let mut text = String::new();
    if !listing.kernels.is_empty() {
        text += &table(listing);
        text.push('\n');
    }
    let is_added = |name: &String| listing.kernels.iter().any(|row| row.series == *name);
    let (default, added) = (&listing.default, is_added(&listing.default));
    let later = if added { "" } else { ", which the first run fetches" };
    let _ = writeln!(text, "Labs run on {default}{later}, unless --kernel names others.");
    let others: Vec<&str> =
        listing.available.iter().filter(|name| !is_added(name)).map(String::as_str).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "To be had as well: labrunner kernel add {}", others.join(" "));
    }
    text
}

fn table(listing: &Listing) -> String {
    let mut rows = vec![["", "kernel", "release", "size", "machines", "from"].map(String::from)];
    for row in &listing.kernels {
        let from = match &row.problem {
            Some(problem) => format!("damaged: {problem}"),
            None => row.origin.clone().unwrap_or_default(),
        };
        let mark = if row.series == listing.default { "*" } else { "" };
        let release = row.release.clone().unwrap_or_else(|| "-".into());
        let sizes = [row.bytes, row.machines_bytes].map(megabytes);
        let [size, machines] = sizes;
        rows.push([mark.into(), row.series.clone(), release, size, machines, from]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 5] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let [mark, kernel, release, size, machines, from] = row;
        let [w0, w1, w2, w3, w4] = widths;
        let line =
            format!("{mark:w0$} {kernel:w1$}  {release:w2$}  {size:>w3$}  {machines:>w4$}  {from}");
        let line = line.trim_end();
        let _ = match number {
            0 => writeln!(text, "{}", line.dimmed()),
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

/// The same as a JSON object.
pub fn json(listing: &Listing) -> String {
    serde_json::to_string(listing).expect("strings and numbers")
}

/// A size for people, `0` where there is nothing.
pub fn megabytes(bytes: u64) -> String {
    match bytes {
        0 => "0".into(),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let row = |series: &str, origin: &str| Row {
            series: series.into(),
            release: Some(format!("{series}.0-56-cloud-amd64")),
            origin: Some(origin.into()),
            bytes: 34_245_486,
            machines_bytes: 0,
            problem: None,
        };
        let mut kernels =
            vec![row("5.10", "linux-image-5.10 5.10.251-5"), row("mine", "/home/me/bzImage")];
        kernels[0].machines_bytes = 18_397_634;
        kernels.push(Row {
            problem: Some("vmlinuz cannot be read".into()),
            release: None,
            ..row("x", "")
        });
        let series = ["5.10", "6.1", "7"].map(String::from);
        Listing { default: "mine".into(), kernels, available: series.to_vec() }
    }

    #[test]
    fn the_table_marks_the_default_and_names_what_else_there_is() {
        colored::control::set_override(false);
        insta::assert_snapshot!(text(&listing()), @r#"
          kernel  release                   size  machines  from
          5.10    5.10.0-56-cloud-amd64  34.2 MB   18.4 MB  linux-image-5.10 5.10.251-5
        * mine    mine.0-56-cloud-amd64  34.2 MB         0  /home/me/bzImage
          x       -                      34.2 MB         0  damaged: vmlinuz cannot be read

        Labs run on mine, unless --kernel names others.
        To be had as well: labrunner kernel add 6.1 7
        "#);
        let none = Listing { default: "6.1".into(), kernels: vec![], ..listing() };
        insta::assert_snapshot!(text(&none), @r#"
        Labs run on 6.1, which the first run fetches, unless --kernel names others.
        To be had as well: labrunner kernel add 5.10 6.1 7
        "#);
    }

    #[test]
    fn json_has_bytes() {
        let object: serde_json::Value = serde_json::from_str(&json(&listing())).unwrap();
        assert_eq!(object["kernels"][0]["machines_bytes"], 18_397_634);
        assert_eq!(object["default"], "mine");
    }
}
