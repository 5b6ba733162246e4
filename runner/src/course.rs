//! The course on disk: where it is, which labs it has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::manifest::{Break, Manifest};

/// The files of the course.
#[derive(Debug, Clone)]
pub struct Course {
    /// The folder that holds `labs-bpf`.
    pub root: PathBuf,
    /// All labs, by chapter and name.
    pub labs: Vec<Lab>,
}

/// One lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// `ch2`.
    pub chapter: String,
    /// `hello-map`.
    pub name: String,
    /// Its folder, relative to the course's root: `labs-bpf/ch2/hello-map`.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
}

impl Lab {
    /// The name by which people speak of it: `ch2 hello-map`.
    pub fn title(&self) -> String {
        format!("{} {}", self.chapter, self.name)
    }

    /// The lab binary, also the stem of the names of its expected outputs: `ch2-hello-map`.
    pub fn binary(&self) -> String {
        format!("{}-{}", self.chapter, self.name)
    }

    /// The BPF C, relative to the course's root.
    pub fn source(&self) -> PathBuf {
        self.folder.join(format!("{}.bpf.c", self.name))
    }

    /// The mistake of that name.
    pub fn find_break(&self, name: &str) -> Result<&Break, Error> {
        let breaks = &self.manifest.breaks;
        breaks.iter().find(|b| b.name == name).ok_or_else(|| {
            let names: Vec<&str> = breaks.iter().map(|b| b.name.as_str()).collect();
            unknown(&format!("break of {}", self.title()), name, &names)
        })
    }
}

impl Course {
    /// Finds the course that contains this folder, and reads its manifests.
    pub fn find(from: &Path) -> Result<Self, Error> {
        let root = from
            .ancestors()
            .find(|folder| folder.join("labs-bpf").is_dir() && folder.join("labs").is_dir())
            .ok_or_else(|| {
                Error::Usage(format!(
                    "{} is not inside the course: neither it nor a folder above it holds \
                     `labs-bpf` and `labs`.\nChange to the folder that you cloned.",
                    from.display()
                ))
            })?
            .to_owned();
        let mut labs = Vec::new();
        for chapter in folders(&root.join("labs-bpf"))? {
            for lab in folders(&root.join("labs-bpf").join(&chapter))? {
                let folder = Path::new("labs-bpf").join(&chapter).join(&lab);
                if root.join(&folder).join("lab.toml").is_file() {
                    let manifest = read_manifest(&root, &folder)?;
                    labs.push(Lab { chapter: chapter.clone(), name: lab, folder, manifest });
                }
            }
        }
        labs.sort_by_key(|lab| (chapter_number(&lab.chapter), lab.name.clone()));
        Ok(Self { root, labs })
    }

    /// The chapters that have labs, in order.
    pub fn chapters(&self) -> Vec<&str> {
        let mut chapters: Vec<&str> = self.labs.iter().map(|lab| lab.chapter.as_str()).collect();
        chapters.dedup();
        chapters
    }

    /// The lab that the learner typed: `ch2 hello-map`, `ch2/hello-map`, or `hello-map` alone.
    pub fn lab(&self, chapter: &str, name: Option<&str>) -> Result<&Lab, Error> {
        let (chapter, name) = match (chapter.split_once('/'), name) {
            (Some((chapter, name)), None) => (chapter, Some(name)),
            _ => (chapter, name),
        };
        let Some(name) = name else { return self.lab_by_name(chapter) };
        let of_chapter: Vec<&Lab> = self.labs.iter().filter(|l| l.chapter == chapter).collect();
        if of_chapter.is_empty() {
            return Err(unknown("chapter", chapter, &self.chapters()));
        }
        of_chapter.iter().find(|lab| lab.name == name).copied().ok_or_else(|| {
            if let Some(lab) = self.labs.iter().find(|lab| lab.name == name) {
                let (found, title) = (&lab.chapter, lab.title());
                return Error::Usage(format!("{name} is a lab of {found}: labrunner {title}"));
            }
            let names: Vec<&str> = of_chapter.iter().map(|lab| lab.name.as_str()).collect();
            unknown(&format!("lab of {chapter}"), name, &names)
        })
    }

    fn lab_by_name(&self, name: &str) -> Result<&Lab, Error> {
        if self.chapters().contains(&name) {
            let labs = self.labs.iter().filter(|lab| lab.chapter == name);
            let list: String = labs
                .map(|l| format!("\n  labrunner {}  {}", l.title(), l.manifest.summary))
                .collect();
            return Err(Error::Usage(format!("Which lab of {name}?{list}")));
        }
        self.labs.iter().find(|lab| lab.name == name).ok_or_else(|| {
            let mut known = self.chapters();
            known.extend(self.labs.iter().map(|lab| lab.name.as_str()));
            known.extend(["list", "check", "explain", "shell", "kernel", "cache", "help"]);
            unknown("chapter, lab or command", name, &known)
        })
    }
}

/// "There is no …", with the nearest name there is, or all of them.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> Error {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= 2.max(name.len() / 3))
        .min_by_key(|(distance, _)| *distance);
    let advice = match nearest {
        Some((_, candidate)) => format!("Did you mean `{candidate}`?"),
        None if known.is_empty() => "There is none.".into(),
        None => format!("There are: {}.", known.join(", ")),
    };
    Error::Usage(format!("There is no {kind} named `{name}`. {advice}"))
}

fn read_manifest(root: &Path, folder: &Path) -> Result<Manifest, Error> {
    let file = folder.join("lab.toml");
    let text = fs::read_to_string(root.join(&file))
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", file.display())))?;
    Manifest::parse(&text).map_err(|e| Error::Usage(format!("{}: {e}", file.display())))
}

/// Names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    let cannot = |e: std::io::Error| Error::Usage(format!("cannot read {}: {e}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// So that `ch10` follows `ch9`.
fn chapter_number(chapter: &str) -> u32 {
    chapter.trim_start_matches("ch").parse().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<&Lab, Error>) -> String {
        result.map(Lab::title).map_err(|e| e.to_string()).unwrap_or_else(|e| e)
    }

    #[test]
    fn labs_are_found_by_what_a_learner_types() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        for (chapter, name, expected) in [
            ("ch2", Some("hello-map"), "ch2 hello-map"),
            ("ch2/hello-map", None, "ch2 hello-map"),
            ("hello-map", None, "ch2 hello-map"),
            (
                "ch2",
                Some("helo-map"),
                "There is no lab of ch2 named `helo-map`. Did you mean `hello-map`?",
            ),
            ("hc2", Some("hello"), "There is no chapter named `hc2`. Did you mean `ch2`?"),
            ("ch3", Some("hello-map"), "hello-map is a lab of ch2: labrunner ch2 hello-map"),
            (
                "lsit",
                None,
                "There is no chapter, lab or command named `lsit`. Did you mean `list`?",
            ),
        ] {
            assert_eq!(message(course.lab(chapter, name)), expected, "{chapter} {name:?}");
        }
        assert!(message(course.lab("ch2", None)).starts_with("Which lab of ch2?"));
    }

    #[test]
    fn outside_the_course_the_way_back_is_shown() {
        let error = Course::find(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("Change to the folder that you cloned"));
    }
}
