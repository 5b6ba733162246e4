//! Where the built book and its pages are.

use std::path::{Path, PathBuf};

use crate::course::Lab;
use crate::programs::{modified, newest, target_folder};

/// The book's folder, relative to the course's root.
pub const BOOK: &str = "book";

/// What its pages are made of, relative to the course's root: they include programs and outputs.
const SOURCES: [&str; 3] = [BOOK, "labs-bpf", "labs/src"];

/// A file of each built book, as old as its build (`workbook`'s `MARK`).
const MARK: &str = ".workbook";

/// Where the book is built: there if it is named, relative to the current folder; else in the build
/// folder.
pub fn destination(root: &Path, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| target_folder(root).join("book"), Path::to_path_buf)
}

/// Whether this folder has the book as it is now, built by this program.
pub fn is_fresh(root: &Path, destination: &Path, program: &Path) -> bool {
    let built = modified(&destination.join(MARK));
    built.is_some() && newest(root, &SOURCES).max(modified(program)) < built
}

/// The page of a lab, relative to the built book: `ch2/hello-map.html`.
pub fn of_lab(lab: &Lab) -> String {
    format!("{}/{}.html", lab.chapter, lab.name)
}

/// The page of a chapter.
pub fn of_chapter(chapter: &str) -> String {
    format!("{chapter}/index.html")
}

/// Whether the book has that page.
pub fn exists(root: &Path, page: &str) -> bool {
    root.join(BOOK).join("src").join(page).with_extension("md").is_file()
}

/// The address of a page in a folder, as browsers want it.
pub fn file_address(folder: &Path, page: &str) -> String {
    let path = std::path::absolute(folder.join(page)).unwrap_or_else(|_| folder.join(page));
    let mut address = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_character_that_means_something_else() {
        let address = file_address(Path::new("/the learner's #1/book"), "ch2/hello-map.html");
        assert_eq!(address, "file:///the%20learner%27s%20%231/book/ch2/hello-map.html");
    }
}
