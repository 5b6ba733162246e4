//! `labrunner reset`: the files of labs as the course ships them, after a copy of the learner's.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{chosen, course, print, progress, say};
use crate::backup::{Backup, replace};
use crate::cli::{LabArgs, ResetArgs};
use crate::course::Course;
use crate::error::{Error, PASSED};
use crate::shipped::Shipped;

/// Puts files back, or undoes that.
pub fn run(args: &ResetArgs) -> Result<u8, Error> {
    let course = course()?;
    if args.undo {
        return undo(&course);
    }
    let shipped = Shipped::find(&course, &mut say)?;
    let (what, files) = if args.all {
        ("Every lab".into(), shipped.changed_in_all()?)
    } else {
        one(&course, &shipped, &args.lab)?
    };
    if files.is_empty() {
        print(&format!("{what} is as the course ships it.\n"))?;
        return Ok(PASSED);
    }
    // All of them are read before the first is written.
    let texts = files.iter().map(|file| shipped.file(file)).collect::<Result<Vec<_>, _>>()?;
    let backup = Backup::make(&course.root, &files)?;
    for (file, text) in files.iter().zip(texts) {
        replace(&course.root.join(file), &text)?;
    }
    print(&told("As shipped again", &files, &backup.folder))?;
    Ok(PASSED)
}

/// The title of the lab, and its files that are not as shipped. A lab that was removed is one, too.
fn one(
    course: &Course,
    shipped: &Shipped,
    named: &LabArgs,
) -> Result<(String, Vec<PathBuf>), Error> {
    let error = match chosen(course, &progress(), named) {
        Ok(lab) => return Ok((lab.title(), shipped.changed(lab)?)),
        Err(error) => error,
    };
    let (Some(chapter), Some(lab)) = (&named.chapter, &named.lab) else { return Err(error) };
    let gone = shipped.gone(chapter, lab)?;
    if gone.is_empty() { Err(error) } else { Ok((format!("{chapter} {lab}"), gone)) }
}

fn undo(course: &Course) -> Result<u8, Error> {
    let Some(backup) = Backup::newest(&course.root)? else {
        return Err(Error::Usage(format!(
            "There is no reset of {} to undo.",
            course.root.display()
        )));
    };
    let (files, now) = backup.restore()?;
    print(&told("As before the reset", &files, &now.folder))?;
    Ok(PASSED)
}

fn told(what: &str, files: &[PathBuf], backup: &Path) -> String {
    let mut text = format!("{what}:\n");
    for file in files {
        let _ = writeln!(text, "  {}", file.display());
    }
    let backup = backup.display();
    let _ = write!(text, "What was there is in {backup}.\nUndo: labrunner reset --undo\n");
    text
}
