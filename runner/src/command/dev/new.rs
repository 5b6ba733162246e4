//! `labrunner dev new`: a new lab, small and complete.

mod skeleton;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::cli::NewArgs;
use crate::command::{course, print, say};
use crate::course::Course;
use crate::error::{Error, FAILED, PASSED};

const SUMMARY: &str = "book/src/SUMMARY.md";

/// Writes the lab's files, lists its page, and records what it prints.
pub(super) fn run(args: &NewArgs) -> Result<u8, Error> {
    let course = course()?;
    check_words(&course, args)?;
    let files = skeleton::files(&args.chapter, &args.name);
    for (path, _) in &files {
        if course.root.join(path).exists() {
            return Err(Error::Usage(format!(
                "{path} is there already: nothing was written. Take another name, or remove it."
            )));
        }
    }
    for (path, text) in &files {
        write_new(&course.root, path, text)?;
        print(&format!("new      {path}\n"))?;
    }
    list_page(&course, args)?;
    print(&format!("changed  {SUMMARY}\n"))?;

    say("Recording what it prints …");
    let record = crate::cli::RecordArgs {
        only: vec![format!("{}/{}", args.chapter, args.name)],
        kernel: crate::kernels::ALL.into(),
    };
    let code = super::record::run(&record)?;
    if code != PASSED {
        return Ok(FAILED);
    }
    let title = format!("{} {}", args.chapter, args.name);
    print(&format!(
        "\nNow make it yours: it counts the calls of getppid, and has one break and one exercise.\n\
         \x20 labrunner {title}\n\
         \x20 labrunner dev check {title} --kernel all\n\
         \x20 scripts/book-outputs          its page includes what was recorded\n"
    ))?;
    Ok(PASSED)
}

fn check_words(course: &Course, args: &NewArgs) -> Result<(), Error> {
    let number = args.chapter.strip_prefix("ch").and_then(|number| number.parse::<u32>().ok());
    if number.is_none_or(|number| number == 0) {
        let chapter = &args.chapter;
        return Err(Error::Usage(format!("`{chapter}` is no chapter: ch1, ch2, …")));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = &args.name;
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return Err(Error::Usage(format!(
            "`{name}` is no name for a lab: small letters, digits and `-`, a letter first."
        )));
    }
    if let Some(lab) = course.labs.iter().find(|lab| lab.name == *name) {
        return Err(Error::Usage(format!(
            "There is a lab of that name, {}: each name is there once, so that it can be typed alone.",
            lab.title()
        )));
    }
    Ok(())
}

fn write_new(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    let absolute = root.join(path);
    let cannot = |e| Error::Usage(format!("cannot write {path}: {e}"));
    fs::create_dir_all(absolute.parent().unwrap_or(root)).map_err(cannot)?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(absolute).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)
}

/// Adds the page below the last one of its chapter, or at the end under a heading of its own.
fn list_page(course: &Course, args: &NewArgs) -> Result<(), Error> {
    let cannot = |e| Error::Usage(format!("cannot change {SUMMARY}: {e}"));
    let path = course.root.join(SUMMARY);
    let old = fs::read_to_string(&path).map_err(cannot)?;
    let new = with_page(&old, &args.chapter, &args.name);
    let part = path.with_extension("md.new");
    fs::write(&part, new).and_then(|()| fs::rename(&part, &path)).map_err(cannot)
}

fn with_page(summary: &str, chapter: &str, name: &str) -> String {
    let entry = format!("- [{name}]({chapter}/{name}.md)");
    let mut lines: Vec<String> = summary.trim_end().lines().map(str::to_string).collect();
    match lines.iter().rposition(|line| line.contains(&format!("]({chapter}/"))) {
        Some(last) => {
            let indentation: String =
                lines[last].chars().take_while(|c| c.is_whitespace()).collect();
            lines.insert(last + 1, indentation + &entry);
        }
        None => {
            let number = chapter.trim_start_matches("ch");
            lines.extend([String::new(), format!("# Chapter {number}"), String::new(), entry]);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::with_page;

    #[test]
    fn a_page_comes_last_in_its_chapter() {
        let summary = "# A\n\n- [hello](ch2/hello.md)\n\n# B\n\n- [x](ch3/x.md)\n";
        insta::assert_snapshot!(with_page(summary, "ch2", "mine"), @r"
        # A

        - [hello](ch2/hello.md)
        - [mine](ch2/mine.md)

        # B

        - [x](ch3/x.md)
        ");
        assert!(
            with_page(summary, "ch8", "mine").ends_with("\n# Chapter 8\n\n- [mine](ch8/mine.md)\n")
        );
    }
}
