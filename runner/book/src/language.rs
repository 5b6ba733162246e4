//! The languages that a book is translated into, and their tables of gettext.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use polib::catalog::Catalog;

/// Where the tables are, relative to the book.
pub const TABLES: &str = "po";

/// What a table must say in its header; polib takes each of them for granted.
const NEEDED: [&str; 9] = [
    "Project-Id-Version",
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Language-Team",
    "Language",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Plural-Forms",
];

/// The header in which a table has its language's own name: `한국어`.
const NAME: &str = "X-Language-Name";

/// A language that the book is translated into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// As in `<html lang>`, and the name of the folder in which its pages are: `zh-TW`.
    pub tag: String,
    /// What its speakers call it.
    pub name: String,
    /// Its table.
    pub table: PathBuf,
}

impl Language {
    /// All languages of a book, in the order of their tags.
    ///
    /// # Errors
    /// A table cannot be read, or is none.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let folder = root.join(TABLES);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&folder).with_context(|| cannot_read(&folder))?;
        let mut tables: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        tables.retain(|path| path.extension().is_some_and(|extension| extension == "po"));
        tables.sort();
        tables.into_iter().map(Self::of).collect()
    }

    fn of(table: PathBuf) -> Result<Self> {
        let tag = table.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if tag.is_empty() || !tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            bail!(
                "{}: `{tag}` is no language tag such as `ko` or `zh-TW`; rename the file",
                table.display()
            );
        }
        let text = read(&table)?;
        let name = header(&text).remove(NAME).filter(|name| !name.is_empty());
        Ok(Self { name: name.unwrap_or_else(|| tag.clone()), tag, table })
    }

    /// The table itself.
    ///
    /// # Errors
    /// It is no table of gettext; the message tells which line.
    pub fn catalogue(&self) -> Result<Catalog> {
        let text = read(&self.table)?;
        let shown = self.table.display();
        if let Some(line) = strange_line(&text) {
            bail!(
                "{shown}:{line}: not a line of a gettext table (msgfmt --check {shown} tells more)"
            );
        }
        let header = header(&text);
        if let Some(missing) = NEEDED.iter().find(|key| !header.contains_key(**key)) {
            bail!("{shown}: its header, the entry for the empty text, has no `{missing}:`");
        }
        polib::po_file::parse(&self.table).map_err(|e| anyhow::anyhow!("{shown}: {e}"))
    }
}

fn read(table: &Path) -> Result<String> {
    fs::read_to_string(table).with_context(|| cannot_read(table))
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// The header of a table, by name: the translation of the empty text, a `Name: value` a line.
fn header(text: &str) -> BTreeMap<String, String> {
    let entry = text.lines().skip_while(|line| !line.starts_with("msgstr"));
    let mut joined = String::new();
    for line in entry.take_while(|line| !line.is_empty()) {
        joined.push_str(line.trim_start_matches("msgstr ").trim_matches('"'));
    }
    let pairs = joined.split("\\n").filter_map(|line| line.split_once(':'));
    pairs.map(|(key, value)| (key.trim().to_string(), value.trim().to_string())).collect()
}

/// The number of the first line that polib would trip over, from 1.
fn strange_line(text: &str) -> Option<usize> {
    let quoted = |words: &str| words.len() >= 2 && words.starts_with('"') && words.ends_with('"');
    let mut begun = false;
    for (index, line) in text.lines().enumerate() {
        let good = match line.as_bytes().first() {
            None | Some(b'#') => true,
            Some(b'm') => {
                begun = true;
                line.split_once(' ').is_some_and(|(_, words)| quoted(words))
            }
            _ => begun && quoted(line),
        };
        if !good {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "msgid \"\"\nmsgstr \"\"\n\"Project-Id-Version: x\\n\"\n\
        \"POT-Creation-Date: \\n\"\n\"PO-Revision-Date: \\n\"\n\"Language-Team: \\n\"\n\
        \"Language: ko\\n\"\n\"MIME-Version: 1.0\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\
        \"Content-Transfer-Encoding: 8bit\\n\"\n\"Plural-Forms: nplurals=1; plural=0;\\n\"\n\
        \"X-Language-Name: 한국어\\n\"\n";

    fn table(text: &str) -> (tempfile::TempDir, Result<Vec<Language>>) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(TABLES)).unwrap();
        fs::write(root.path().join(TABLES).join("ko.po"), text).unwrap();
        let all = Language::all(root.path());
        (root, all)
    }

    fn error(text: &str) -> String {
        let (_root, all) = table(text);
        all.unwrap()[0].catalogue().map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_table_has_a_tag_a_name_and_messages() {
        let (_root, all) = table(&format!("{HEADER}\nmsgid \"Run\"\nmsgstr \"실행\"\n"));
        let [language] = &all.unwrap()[..] else { panic!() };
        assert_eq!((language.tag.as_str(), language.name.as_str()), ("ko", "한국어"));
        let catalogue = language.catalogue().unwrap();
        assert_eq!(catalogue.find_message(None, "Run", None).unwrap().msgstr().unwrap(), "실행");
    }

    #[test]
    fn what_is_no_table_is_said_with_its_line() {
        assert!(error("\"x\"\n").contains("ko.po:1: not a line"));
        let line = HEADER.lines().count() + 2;
        for bad in ["msgid \"Run", "msgid", "\"", "Run"] {
            let said = error(&format!("{HEADER}\n{bad}\n"));
            assert!(said.contains(&format!("ko.po:{line}: ")), "{bad}: {said}");
        }
        assert!(
            error("msgid \"\"\nmsgstr \"\"\n\"Language: ko\\n\"\n").contains("Project-Id-Version")
        );
        assert!(error(&format!("{HEADER}\nmsgid \"a\\qb\"\nmsgstr \"\"\n")).contains("escape"));
    }
}
