//! The course on disk: where it is, which labs it has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::manifest::{Break, Exercise, Manifest};

/// The files of the course.
#[derive(Debug, Clone)]
pub struct Course {
    /// The folder that holds `labs-bpf`.
    pub root: PathBuf,
    /// All labs, in the order of the book.
    pub labs: Vec<Lab>,
}

/// One lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// `ch2`.
    pub chapter: String,
    /// `hello-map`; for one of a collection of labs that share a program, `catalogue/null-check`.
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

    /// The lab binary: `ch2-hello-map`. A collection has one for all its labs: `ch6-catalogue`.
    pub fn binary(&self) -> String {
        let name = self.collection().unwrap_or(&self.name);
        format!("{}-{name}", self.chapter)
    }

    /// What the names of its expected outputs begin with: `ch2-hello-map`, `ch6-catalogue-null-check`.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.chapter, self.name.replace('/', "-"))
    }

    /// The collection that it is in: `catalogue`.
    pub fn collection(&self) -> Option<&str> {
        self.name.split_once('/').map(|(collection, _)| collection)
    }

    /// Its name inside its collection, or simply its name: `null-check`.
    pub fn short_name(&self) -> &str {
        self.name.split_once('/').map_or(&self.name, |(_, name)| name)
    }

    /// The BPF C, relative to the course's root.
    pub fn source(&self) -> PathBuf {
        self.folder.join(format!("{}.bpf.c", self.short_name()))
    }

    /// The mistake of that name.
    pub fn find_break(&self, name: &str) -> Result<&Break, Error> {
        let breaks = &self.manifest.breaks;
        breaks.iter().find(|b| b.name == name).ok_or_else(|| {
            let names: Vec<&str> = breaks.iter().map(|b| b.name.as_str()).collect();
            unknown(&format!("break of {}", self.title()), name, &names)
        })
    }

    /// The exercise of that name.
    pub fn find_exercise(&self, name: &str) -> Result<&Exercise, Error> {
        let exercises = &self.manifest.exercises;
        exercises.iter().find(|exercise| exercise.name == name).ok_or_else(|| {
            let names: Vec<&str> = exercises.iter().map(|e| e.name.as_str()).collect();
            unknown(&format!("exercise of {}", self.title()), name, &names)
        })
    }
}

impl Course {
    /// Finds the course that contains this folder, and reads its manifests.
    pub fn find(from: &Path) -> Result<Self, Error> {
        let root = Self::root_of(from)
            .ok_or_else(|| {
                Error::Usage(format!(
                    "{} is not inside the course: neither it nor a folder above it holds \
                     `labs-bpf` and `labs`.\nChange to the folder that you cloned, or laid out with \
                     `labrunner init`.",
                    from.display()
                ))
            })?
            .to_owned();
        let mut labs = Vec::new();
        for chapter in folders(&root.join("labs-bpf"))? {
            let folder = Path::new("labs-bpf").join(&chapter);
            for name in folders(&root.join(&folder))? {
                let inside = folder.join(&name);
                if let Some(lab) = read_lab(&root, &chapter, &name, &inside)? {
                    labs.push(lab);
                    continue;
                }
                for short in folders(&root.join(&inside))? {
                    let name = format!("{name}/{short}");
                    labs.extend(read_lab(&root, &chapter, &name, &inside.join(short))?);
                }
            }
        }
        let pages = fs::read_to_string(root.join("book/src/SUMMARY.md")).unwrap_or_default();
        let place = |lab: &Lab| {
            let page = format!("({}/{}.md)", lab.chapter, lab.name);
            pages.find(&page).unwrap_or(usize::MAX)
        };
        labs.sort_by_cached_key(|lab| (chapter_number(&lab.chapter), place(lab), lab.name.clone()));
        Ok(Self { root, labs })
    }

    /// The lab as it is now; `None` if it, or its manifest, is not there any more.
    ///
    /// # Errors
    /// The manifest cannot be understood.
    pub fn read_again(&self, lab: &Lab) -> Result<Option<Lab>, Error> {
        read_lab(&self.root, &lab.chapter, &lab.name, &lab.folder)
    }

    /// The folder of the course that this folder is in.
    pub fn root_of(from: &Path) -> Option<&Path> {
        let is_root =
            |folder: &&Path| folder.join("labs-bpf").is_dir() && folder.join("labs").is_dir();
        from.ancestors().find(is_root)
    }

    /// The chapters that have labs, in order.
    pub fn chapters(&self) -> Vec<&str> {
        let mut chapters: Vec<&str> = self.labs.iter().map(|lab| lab.chapter.as_str()).collect();
        chapters.dedup();
        chapters
    }

    /// The lab that the learner typed: `ch2 hello-map`, `ch2/hello-map`, or `hello-map` alone.
    pub fn lab(&self, chapter: &str, name: Option<&str>) -> Result<&Lab, Error> {
        if let (None, Some(lab)) = (name, self.labs.iter().find(|lab| lab.name == chapter)) {
            return Ok(lab);
        }
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
            let of_collection = of_chapter.iter().filter(|lab| lab.collection() == Some(name));
            let list = listed(of_collection.copied());
            if !list.is_empty() {
                return Error::Usage(format!("Which lab of {chapter} {name}?{list}"));
            }
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
            let list = listed(self.labs.iter().filter(|lab| lab.chapter == name));
            return Err(Error::Usage(format!("Which lab of {name}?{list}")));
        }
        self.labs.iter().find(|lab| lab.name == name).ok_or_else(|| {
            let list = listed(self.labs.iter().filter(|lab| lab.collection() == Some(name)));
            if !list.is_empty() {
                return Error::Usage(format!("Which lab of {name}?{list}"));
            }
            let mut known = self.chapters();
            known.extend(self.labs.iter().map(|lab| lab.name.as_str()));
            unknown("chapter or lab", name, &known)
        })
    }
}

/// How many names are a list that helps nobody.
const MANY: usize = 20;

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
        None if known.len() > MANY => "All there are: labrunner list".into(),
        None => format!("There are: {}.", known.join(", ")),
    };
    Error::Usage(format!("There is no {kind} named `{name}`. {advice}"))
}

/// Commands that run these labs, each on a line of its own.
fn listed<'a>(labs: impl Iterator<Item = &'a Lab>) -> String {
    labs.map(|lab| format!("\n  labrunner {}  {}", lab.title(), lab.manifest.summary)).collect()
}

/// The lab in this folder, if there is a manifest.
fn read_lab(root: &Path, chapter: &str, name: &str, folder: &Path) -> Result<Option<Lab>, Error> {
    if !root.join(folder).join("lab.toml").is_file() {
        return Ok(None);
    }
    Ok(Some(Lab {
        chapter: chapter.into(),
        name: name.into(),
        folder: folder.into(),
        manifest: read_manifest(root, folder)?,
    }))
}

fn read_manifest(root: &Path, folder: &Path) -> Result<Manifest, Error> {
    let file = folder.join("lab.toml");
    let text = fs::read_to_string(root.join(&file))
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", file.display())))?;
    Manifest::parse(&text).map_err(|e| {
        // `lab.toml:7: …`, which editors can jump to; the parser's own messages have a place in them.
        let (separator, e) = match e.strip_prefix("line ") {
            Some(rest) => (":", rest),
            None => (": ", e.as_str()),
        };
        Error::Usage(format!("{}{separator}{e}", file.display()))
    })
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
                "helo-map",
                None,
                "There is no chapter or lab named `helo-map`. Did you mean `hello-map`?",
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
