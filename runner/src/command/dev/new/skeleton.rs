//! The files of a new lab. They are templates beside this file, with `@CHAPTER@` and `@NAME@` in them.

/// Where each goes in the course, and what is in it.
const TEMPLATES: [(&str, &str); 7] = [
    ("labs-bpf/@CHAPTER@/@NAME@/@NAME@.bpf.c", include_str!("skeleton/lab.bpf.c")),
    ("labs-bpf/@CHAPTER@/@NAME@/lab.toml", include_str!("skeleton/lab.toml")),
    (
        "labs-bpf/@CHAPTER@/@NAME@/breaks/null-check.patch",
        include_str!("skeleton/null-check.patch"),
    ),
    ("labs-bpf/@CHAPTER@/@NAME@/exercises/by-two.patch", include_str!("skeleton/by-two.patch")),
    (
        "labs-bpf/@CHAPTER@/@NAME@/exercises/by-two-twice.patch",
        include_str!("skeleton/by-two-twice.patch"),
    ),
    ("labs/src/bin/@CHAPTER@-@NAME@.rs", include_str!("skeleton/lab.rs.txt")),
    ("book/src/@CHAPTER@/@NAME@.md", include_str!("skeleton/page.md")),
];

/// The files of a lab of this chapter and name: paths relative to the course's root, and texts.
pub(super) fn files(chapter: &str, name: &str) -> Vec<(String, String)> {
    let put_in = |text: &str| {
        let function = name.replace('-', "_");
        text.replace("@CHAPTER@", chapter).replace("@NAME@", name).replace("@FUNCTION@", &function)
    };
    TEMPLATES.iter().map(|(path, text)| (put_in(path), put_in(text))).collect()
}
