use std::fs;

use super::*;
use crate::course::Course;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What comes of a text in place of `ch2 hello`, without Landlock if that is said.
fn outcome(text: &str, landlock: bool) -> Confinement {
    let mut confined = Confined::new(root()).unwrap();
    confined.cage.landlock &= landlock;
    confined.compile_as(Path::new("labs-bpf/ch2/hello/hello.bpf.c"), text).unwrap()
}

/// The object, or in words what came of it.
fn object(confinement: Confinement) -> Result<Vec<u8>, String> {
    match confinement {
        Confinement::Compiled(Compiled::Object { object, .. }) => Ok(object),
        Confinement::Compiled(Compiled::Rejected(words)) => Err(words),
        Confinement::Refused(reason) => Err(format!("refused: {reason}")),
        Confinement::TimedOut(after) => Err(format!("timed out after {} s", after.as_secs())),
    }
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn the_courses_own_sources_compile_to_the_same_instructions() {
    let course = Course::find(root()).unwrap();
    let confined = Confined::new(root()).unwrap();
    // A lab of each kind; `grade` in the end-to-end tests has more.
    for name in ["hello-map", "limits", "arena", "opensnoop", "hello-tail"] {
        let Some(lab) = course.labs.iter().find(|lab| lab.name == name) else { continue };
        let text = fs::read_to_string(root().join(lab.source())).unwrap();
        let behind = object(confined.compile(lab, &text).unwrap()).unwrap();
        let plain = compile::compile(root(), &lab.source(), Some(&text), false).unwrap();
        let Compiled::Object { object: plain, .. } = plain else { panic!("{name}") };
        assert!(behind == plain, "{name}: the objects differ");
    }
}

#[test]
fn no_other_file_is_reached_whether_landlock_helps_or_not() {
    let secret = tempfile::Builder::new().suffix(".h").tempfile().unwrap();
    fs::write(secret.path(), "int the_secret_of_the_host = 4711;\n").unwrap();
    let path = secret.path().display();
    for landlock in [true, false] {
        for include in [
            format!("#include \"{path}\"\n"),
            format!("#include <{path}>\n"),
            format!("#include \"../../../../../../..{path}\"\n"),
            format!("#define P \"{path}\"\n#include P\n"),
            format!("#inc\\\nlude \"{path}\"\n"),
            format!("%:include \"{path}\"\n"),
            format!("#import \"{path}\"\n"),
            format!("#include_next \"{path}\"\n"),
            "#include \"../../ch2/hello-map/hello-map.bpf.c\"\n".into(),
            "#include \"/dev/stdin\"\n".into(),
            "#include \"/proc/self/environ\"\n".into(),
            "#include \"/proc/self/fd/3\"\n".into(),
            "#include <stdio.h>\n".into(),
        ] {
            let said = object(outcome(&include, landlock)).unwrap_err();
            assert!(said.contains("file not found"), "{include}: {said}");
        }
        for asks in ["__has_include", "__has_include_next"] {
            let asks = format!("#if {asks}(\"{path}\")\n#error it is there\n#endif\nint x;\n");
            object(outcome(&asks, landlock)).unwrap();
        }
        // Directives of other versions and of clang's own, and messages that show a line of a file.
        for tries in [
            format!("const char s[] = {{\n#embed \"{path}\"\n}};\n"),
            format!("#__include_macros \"{path}\"\n"),
            format!("#pragma GCC dependency \"{path}\"\n"),
            format!("#line 1 \"{path}\"\nint x = ;\n"),
        ] {
            let said = object(outcome(&tries, landlock)).unwrap_err();
            assert!(!said.contains("the_secret_of_the_host"), "{tries}: {said}");
        }
        let line = format!(
            "#line 1 \"{path}\"\n__attribute__((section(\"xdp\"))) int f(void *c) {{ return 2; }}\n"
        );
        assert!(!holds(&object(outcome(&line, landlock)).unwrap(), "the_secret_of_the_host"));
        let said = object(outcome(&format!("asm(\".incbin \\\"{path}\\\"\");\n"), landlock));
        assert!(said.unwrap_err().starts_with("refused: its inline assembly has `.incbin`"));
    }
    // The last wall alone: the assembler is let through, and the kernel keeps the file from it.
    let confined = Confined::new(root()).unwrap();
    if !confined.has_landlock() {
        println!("not tried: no Landlock here");
        return;
    }
    let source = Path::new("labs-bpf/ch2/hello/hello.bpf.c");
    let text = format!("asm(\".incbin \\\"{path}\\\"\");\n");
    let view = View::new(root(), source, &text, &confined.headers).unwrap();
    let Ran::Done(output) = confined.clang(&view, source, "-c").unwrap() else { panic!("ended") };
    assert!(output.stderr.contains("Could not find incbin file"), "{}", output.stderr);
}

#[test]
fn the_headers_of_course_and_compiler_are_there() {
    let text = "#include \"kernel.h\"\n#include <bpf/bpf_helpers.h>\n#include <stdbool.h>\n\
                #include <stddef.h>\nbool b;\n";
    object(outcome(text, true)).unwrap();
}

#[test]
fn bombs_are_ended_and_leave_nothing() {
    let before = temporary();
    let doubled = |first: &str, times: usize| {
        let line = |n: usize| format!("#define x{} x{n} x{n} x{n} x{n}\n", n + 1);
        format!("#define x0 {first}\n{}x{times}\n", (0..times).map(line).collect::<String>())
    };
    for (text, expected) in [
        (doubled("int a;", 30), "refused: clang "),
        ("asm(\".rept 100000000\\n.8byte 1\\n.endr\");\n".into(), "refused: clang "),
        ("char big[1 << 30] = {1};\n".into(), "refused: "),
        ("#include \"hello.bpf.c\"\n".into(), "#include nested too deeply"),
        ("#pragma clang __debug crash\n".into(), "refused: clang breaks down over it"),
        ("#pragma clang __debug llvm_fatal_error\n".into(), "refused: clang breaks down over it"),
    ] {
        let said = object(outcome(&text, true)).map(|object| object.len()).unwrap_err();
        assert!(said.contains(expected), "{}: {said}", &text[..text.len().min(60)]);
    }
    assert_eq!(temporary(), before);
}

/// What clang might have left behind.
fn temporary() -> Vec<String> {
    let names = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let ours = ["symbolizer", "hello-"];
    let mut names: Vec<String> =
        names.filter(|name| ours.iter().any(|start| name.starts_with(start))).collect();
    names.sort();
    names
}
