//! `labrunner ch2 hello-map --page`: the page of a lab.

use std::path::Path;

use super::{course, print, say};
use crate::book::{browser, meet, pages, program};
use crate::cli::{Format, RunArgs};
use crate::course::Course;
use crate::error::{Error, FAILED, PASSED};
use crate::progress::Progress;

/// Opens the page, at the server of this course if one is running, else as a file; says its address in
/// any case.
pub fn run(args: &RunArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    let page = page(&course, args)?;
    if !pages::exists(&course.root, &page) {
        let source = Path::new(pages::BOOK).join("src").join(&page).with_extension("md");
        return Err(Error::Usage(format!(
            "{}: not there; it would be the page.",
            source.display()
        )));
    }
    let address = match meet::find(&course.root) {
        Some(server) => server + &page,
        None => match file(&course, &page)? {
            Ok(address) => address,
            Err(code) => return Ok(code),
        },
    };
    print(&match format {
        Format::Text => format!("{address}\n"),
        Format::Json | Format::Junit => format!("{}\n", serde_json::json!({ "page": address })),
    })?;
    browser::open(&address);
    Ok(PASSED)
}

/// The page that was asked for: of a lab, of a chapter, or of the lab that comes next.
fn page(course: &Course, args: &RunArgs) -> Result<String, Error> {
    if let Some(word) = args.more.first() {
        return Err(Error::Usage(format!("`{word}` is one word too many: name a lab.")));
    }
    match (args.chapter.as_deref(), args.lab.as_deref()) {
        (None, _) => {
            let (progress, said) = Progress::load();
            said.iter().for_each(|sentence| say(sentence));
            Ok(progress.next(course).map_or("index.html".into(), pages::of_lab))
        }
        (Some(chapter), None) if course.chapters().contains(&chapter) => {
            Ok(pages::of_chapter(chapter))
        }
        (Some(chapter), lab) => Ok(pages::of_lab(course.lab(chapter, lab)?)),
    }
}

/// The page as a file, in a book that is built now if something has changed; or the exit status of a
/// build that failed, and has said why.
fn file(course: &Course, page: &str) -> Result<Result<String, u8>, Error> {
    let program = program::find(&course.root, &mut say)?;
    let destination = pages::destination(&course.root, None);
    if !pages::is_fresh(&course.root, &destination, &program) {
        let book = course.root.join(pages::BOOK);
        let code = program::run(&program, &[Path::new("build"), &book, &destination])?;
        // 1: it is built, and something on a page is amiss.
        if code != PASSED && code != FAILED {
            return Ok(Err(code));
        }
    }
    Ok(Ok(pages::file_address(&destination, page)))
}
