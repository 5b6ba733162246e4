//! A book in several languages: what is translated, what stays as it is, and what is there to translate.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use workbook::build::{Built, build};
use workbook::messages::{template, update};

const HEADER: &str = r#"msgid ""
msgstr ""
"Project-Id-Version: \n"
"POT-Creation-Date: \n"
"PO-Revision-Date: \n"
"Last-Translator: \n"
"Language-Team: \n"
"Language: ko\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"X-Language-Name: 한국어\n"

"#;

const PAGE: &str = "# Counting\n\nFirst paragraph.\n\nSecond paragraph, see [below](#break).\n\n\
    ```c\n{{#include count.c}}\n```\n\n{{#include run.svg}}\n\n## Break\n\n```sh\nrun it # gently\n```\n";

/// A small book of its own.
struct Book {
    folder: TempDir,
}

impl Book {
    fn new() -> Self {
        let book = Self { folder: tempfile::tempdir().unwrap() };
        book.write("book.toml", "[book]\ntitle = \"Small\"\nlanguage = \"en\"\n");
        book.write("src/SUMMARY.md", "# Summary\n\n- [Count *it*](ch1/count.md)\n");
        book.write("src/ch1/count.md", PAGE);
        book.write("src/ch1/count.c", "int \"First paragraph.\";\n");
        book.write("src/ch1/run.svg", "<svg><text>run</text></svg>\n");
        book
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn translate(&self, entries: &str) {
        self.write("po/ko.po", &format!("{HEADER}{entries}"));
    }

    fn build(&self) -> Built {
        build(self.folder.path(), &self.path("site")).unwrap()
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.path("site").join(name)).unwrap()
    }
}

/// A part of a page, such as what is in `<main>`.
fn part<'a>(html: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = html.split_once(begin).unwrap_or_else(|| panic!("{begin} in {html}"));
    rest.split_once(end).unwrap().0
}

/// What is in `<main>`. Outside of code, where lines end in the source is nobody's business.
fn main_part(html: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = part(html, "<main>", "</main>").split("<pre");
    let mut kept = words(parts.next().unwrap());
    for rest in parts {
        let (code, text) = rest.split_once("</pre>").unwrap();
        kept.extend(["<pre", code, "</pre>", &words(text)]);
    }
    kept
}

#[test]
fn a_translation_has_its_words_and_the_originals_code() {
    let book = Book::new();
    book.translate(
        "msgid \"First paragraph.\"\nmsgstr \"첫 문단.\"\n\n\
         msgid \"Break\"\nmsgstr \"망가뜨리기\"\n\n\
         msgid \"# gently\\n\"\nmsgstr \"# 살살\\n\"\n\n\
         msgid \"{{#include run.svg}}\"\nmsgstr \"{{#include run.ko.svg}}\"\n\n\
         msgid \"Small\"\nmsgstr \"작은 책\"\n\n\
         #: src/SUMMARY.md\nmsgid \"Count _it_\"\nmsgstr \"_세기_\"\n",
    );
    book.write("src/ch1/run.ko.svg", "<svg><text>실행</text></svg>\n");
    let built = book.build();
    assert_eq!(built.languages, ["en", "ko"]);
    assert_eq!(built.complaints, [""; 0]);
    let page = book.page("ko/ch1/count.html");
    for there in [
        "<html lang=\"ko\"",
        "작은 책",
        "세기",
        "<p>첫 문단.</p>",
        "Second paragraph, see",
        "int \"First paragraph.\";",
        "<text>실행</text>",
        "run it # 살살",
        // The id is the original's, so what leads there still does.
        "<h2 id=\"break\"><a class=\"header\" href=\"#break\">망가뜨리기</a></h2>",
    ] {
        assert!(page.contains(there), "{there} in {page}");
    }
    let original = book.page("ch1/count.html");
    assert!(original.contains("<html lang=\"en\"") && original.contains("<p>First paragraph.</p>"));
    assert!(original.contains("<text>run</text>"));
}

/// A paragraph whose original has changed since is shown in the original; those around it stay
/// translated.
#[test]
fn an_outdated_translation_falls_back_by_paragraph() {
    let book = Book::new();
    book.translate(
        "msgid \"First paragraph.\"\nmsgstr \"첫 문단.\"\n\n\
         #, fuzzy\nmsgid \"Second paragraph, see [below](#break).\"\nmsgstr \"둘째 문단, [아래](#break).\"\n",
    );
    book.build();
    let page = book.page("ko/ch1/count.html");
    assert!(page.contains("<p>첫 문단.</p>"), "{page}");
    assert!(page.contains("Second paragraph, see") && !page.contains("둘째"), "{page}");
    // Once it is looked through it is shown.
    let table = fs::read_to_string(book.path("po/ko.po")).unwrap();
    book.write("po/ko.po", &table.replace("#, fuzzy\n", ""));
    book.build();
    assert!(book.page("ko/ch1/count.html").contains("둘째 문단"));
}

/// msgmerge marks it as outdated when the page has changed.
#[test]
fn a_changed_page_makes_tables_stale_and_its_translation_outdated() {
    let book = Book::new();
    book.translate("msgid \"First paragraph.\"\nmsgstr \"첫 문단.\"\n");
    let root = book.folder.path();
    let files = ["po/messages.pot", "po/ko.po"].map(|name| book.path(name));
    assert_eq!(update(root, true).unwrap(), files);
    assert!(!files[0].exists());
    assert_eq!(update(root, false).unwrap(), files);
    assert!(update(root, true).unwrap().is_empty());

    book.write("src/ch1/count.md", &PAGE.replace("First paragraph.", "First paragraphs."));
    assert_eq!(update(root, true).unwrap(), files);
    update(root, false).unwrap();
    let table = fs::read_to_string(&files[1]).unwrap();
    assert!(
        table.contains("#, fuzzy\nmsgid \"First paragraphs.\"\nmsgstr \"첫 문단.\""),
        "{table}"
    );
    book.build();
    assert!(book.page("ko/ch1/count.html").contains("<p>First paragraphs.</p>"));
}

#[test]
fn the_template_names_files_and_no_lines_or_dates() {
    let book = Book::new();
    let once = template(book.folder.path()).unwrap();
    book.write("src/ch1/count.md", &format!("\n\n\n{PAGE}"));
    assert_eq!(template(book.folder.path()).unwrap(), once);
    assert!(once.contains("\"POT-Creation-Date: \\n\""), "{once}");
    assert!(once.contains("#: src/ch1/count.md\nmsgid \"First paragraph.\""), "{once}");
    assert!(!once.contains("count.c") && !once.contains("run it"), "{once}");
}

#[test]
fn the_menu_leads_to_the_same_page_and_is_there_only_with_languages() {
    let book = Book::new();
    book.build();
    assert!(!book.page("ch1/count.html").contains("language-menu"));
    book.translate("");
    book.build();
    let menu = |page: &str| {
        let html = book.page(page);
        part(&html, "<ul>\n<li><a", "</ul>").to_string()
    };
    let english = menu("ch1/count.html");
    assert!(english.contains("href=\"../ko/ch1/count.html\" lang=\"ko\" hreflang=\"ko\">한국어<"));
    assert!(
        english.contains("href=\"../ch1/count.html\" lang=\"en\" hreflang=\"en\" aria-current")
    );
    let korean = menu("ko/ch1/count.html");
    assert!(korean.contains("href=\"../../ch1/count.html\" lang=\"en\" hreflang=\"en\">English<"));
    assert!(menu("index.html").contains("href=\"ko/index.html\""));
}

#[test]
fn a_table_that_is_none_fails_the_build_and_leaves_the_book() {
    let book = Book::new();
    book.build();
    book.write("po/ko.po", "msgid \"\"\nmsgstr \"\"\n\"Language: ko\\n\"\n");
    let error = build(book.folder.path(), &book.path("site")).unwrap_err();
    assert!(error.to_string().contains("ko.po: its header"), "{error:#}");
    assert!(book.page("ch1/count.html").contains("First paragraph."));
    assert!(!book.path("site.new").exists());
}

/// What is not translated looks as in the original: going through gettext changes nothing on any page.
#[test]
fn the_whole_workbook_without_a_translation_is_the_original() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let copy = tempfile::tempdir().unwrap();
    for name in ["labs-bpf", "labs", "tests"] {
        symlink(root.join(name), copy.path().join(name)).unwrap();
    }
    let book = copy.path().join("book");
    fs::create_dir(&book).unwrap();
    for name in ["book.toml", "src", "theme"] {
        symlink(root.join("book").join(name), book.join(name)).unwrap();
    }
    fs::create_dir(book.join("po")).unwrap();
    fs::write(book.join("po/ko.po"), HEADER).unwrap();
    let site = copy.path().join("site");
    let built = build(&book, &site).unwrap();
    assert!(built.pages > 300, "{built:?}");
    let mut different = Vec::new();
    let mut folders = vec![site.join("ko")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let page = path.strip_prefix(site.join("ko")).unwrap();
                if page == Path::new("toc.html") {
                    continue;
                }
                let read = |path: &Path| fs::read_to_string(path).unwrap();
                let (translated, original) = (read(&path), read(&site.join(page)));
                if main_part(&translated) != main_part(&original) {
                    different.push(page.to_path_buf());
                }
            }
        }
    }
    different.sort();
    assert!(different.is_empty(), "{different:?}");
}
