//! The package archives that apt of this machine knows.
//!
//! Source of the two formats: sources.list(5).

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use super::KernelError;

/// Options of a source that a source derived from it keeps: how it is trusted.
const KEPT_OPTIONS: [&str; 4] = ["Signed-By", "Trusted", "Check-Valid-Until", "Check-Date"];

/// One archive of binary packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Where it is, in apt's words.
    pub(super) uri: String,
    /// Its suites, such as `bookworm`.
    pub(super) suites: Vec<String>,
    /// Its components, such as `main`.
    pub(super) components: Vec<String>,
    /// Those of [`KEPT_OPTIONS`] that are set, as they are written in a `.sources` file.
    pub(super) options: BTreeMap<&'static str, String>,
}

/// Reads `sources.list` and `sources.list.d/*.{list,sources}` in `folder`, which is `/etc/apt`.
pub(super) fn read(folder: &Path) -> Result<Vec<Source>, KernelError> {
    let mut files = vec![folder.join("sources.list")];
    let parts = folder.join("sources.list.d");
    match fs::read_dir(&parts) {
        Ok(entries) => files.extend(entries.flatten().map(|entry| entry.path())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(KernelError::io("read", &parts)(error)),
    }
    files[1..].sort();
    let mut sources = vec![];
    for file in files {
        let parse = match file.extension().and_then(|ending| ending.to_str()) {
            Some("list") => parse_lines,
            Some("sources") => parse_stanzas,
            _ => continue,
        };
        match fs::read_to_string(&file) {
            Ok(text) => sources.extend(parse(&text)),
            // apt skips what it may not read as well, with a warning.
            Err(error) if file_can_be_skipped(&error) => {}
            Err(error) => return Err(KernelError::io("read", &file)(error)),
        }
    }
    Ok(sources)
}

fn file_can_be_skipped(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, PermissionDenied};
    matches!(error.kind(), NotFound | PermissionDenied | InvalidData)
}

/// One-line style: `deb [option=value …] URI SUITE COMPONENT…`.
fn parse_lines(text: &str) -> Vec<Source> {
    text.lines().filter_map(|line| parse_line(line.split('#').next()?)).collect()
}

fn parse_line(line: &str) -> Option<Source> {
    let rest = line.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    let uri = usable(words.next()?)?;
    let suites = vec![words.next()?];
    let set = options.split_whitespace().filter_map(|option| option.split_once('='));
    let options = kept(set.map(|(name, value)| (name, value.replace(',', " "))));
    Some(Source { uri, suites, components: words.collect(), options })
}

/// Stanzas of `Field: value` lines, continued by lines that begin with a space.
fn parse_stanzas(text: &str) -> Vec<Source> {
    let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    lines.split(|line| line.trim().is_empty()).flat_map(parse_stanza).collect()
}

fn parse_stanza(lines: &[&str]) -> Vec<Source> {
    let mut fields: Vec<(&str, String)> = vec![];
    for line in lines {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim(), value.trim().to_owned()));
        }
    }
    let field = |name: &str| fields.iter().find(|(there, _)| there.eq_ignore_ascii_case(name));
    let words = |name: &str| -> Vec<String> {
        let value = field(name).map(|(_, value)| value.as_str()).unwrap_or_default();
        value.split_whitespace().map(str::to_owned).collect()
    };
    let is_off = words("Enabled").iter().any(|word| matches!(word.as_str(), "no" | "false" | "0"));
    if is_off || !words("Types").iter().any(|kind| kind == "deb") {
        return vec![];
    }
    let options = kept(fields.iter().map(|(name, value)| (*name, value.clone())));
    let (suites, components) = (words("Suites"), words("Components"));
    let source = |uri| Source {
        uri,
        suites: suites.clone(),
        components: components.clone(),
        options: options.clone(),
    };
    words("URIs").into_iter().filter_map(usable).map(source).collect()
}

/// A disc is no place to fetch from.
fn usable(uri: String) -> Option<String> {
    (!uri.starts_with("cdrom:")).then_some(uri)
}

fn kept<'a>(options: impl Iterator<Item = (&'a str, String)>) -> BTreeMap<&'static str, String> {
    let known = |name: &str| KEPT_OPTIONS.into_iter().find(|kept| kept.eq_ignore_ascii_case(name));
    options.filter_map(|(name, value)| Some((known(name)?, value))).collect()
}

/// The text of a `.sources` file with `suites` of the archive, in component main.
pub(super) fn stanza(source: &Source, suites: &[&str], architecture: &str) -> String {
    let mut text = format!(
        "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\nArchitectures: {architecture}\n\
         Targets: Packages\n",
        source.uri,
        suites.join(" "),
    );
    for (name, value) in &source.options {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_style() {
        let text = "# a comment\n\
            deb http://mirror.example/debian bookworm main contrib # the end\n\
            deb [ arch=amd64 signed-by=/a.gpg,/b.gpg trusted=yes ] file:/srv/repo trixie main\n\
            deb-src http://mirror.example/debian bookworm main\n\
            deb cdrom:[Debian]/ bookworm main\n\
            deb http://only-a-uri.example\n";
        let sources = parse_lines(text);
        assert_eq!(sources.len(), 2);
        assert_eq!(sources[0].uri, "http://mirror.example/debian");
        assert_eq!(sources[0].components, ["main", "contrib"]);
        assert_eq!(sources[1].suites, ["trixie"]);
        assert_eq!(sources[1].options["Signed-By"], "/a.gpg /b.gpg");
        assert_eq!(sources[1].options["Trusted"], "yes");
    }

    #[test]
    fn stanza_style() {
        let text = "Types: deb deb-src\nURIs: http://one.example http://two.example\n\
            # between\nSuites: bookworm bookworm-updates\nComponents: main\nsigned-by:\n \
            -----BEGIN\n .\n abc\n\nTypes: deb\nEnabled: no\nURIs: http://off.example\nSuites: sid\n\n\
            Types: deb-src\nURIs: http://source.example\nSuites: sid\n";
        let sources = parse_stanzas(text);
        assert_eq!(sources.len(), 2);
        assert_eq!(sources[1].uri, "http://two.example");
        assert_eq!(sources[0].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(sources[0].options["Signed-By"], "\n -----BEGIN\n .\n abc");
    }

    #[test]
    fn a_derived_source_keeps_how_the_archive_is_trusted() {
        let text = "deb [signed-by=/a.gpg arch=i386] http://mirror.example/debian bookworm main";
        let source = &parse_lines(text)[0];
        let derived = parse_stanzas(&stanza(source, &["sid", "trixie"], "amd64"));
        assert_eq!(derived[0].uri, source.uri);
        assert_eq!(derived[0].suites, ["sid", "trixie"]);
        assert_eq!(derived[0].options, source.options);
    }

    #[test]
    fn files_that_are_not_there_are_no_sources() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), []);
    }
}
