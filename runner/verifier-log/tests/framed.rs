//! What libbpf prints, with other output around it.

use verifier_log::{Log, framing};

#[test]
fn logs_are_found_with_their_programs() {
    let found: String = framing::split(include_str!("stderr/6.18.txt"))
        .into_iter()
        .map(|program| {
            let failure = Log::parse(program.log).failure().expect("a refused program");
            let errno = program.errno_text.unwrap_or("-");
            format!("{} {errno} {}: {}\n", program.program, program.complete, failure.message)
        })
        .collect();
    insta::assert_snapshot!(found, @r#"
    broken -EACCES true: R0 invalid mem access 'map_value_or_null'
    dead_code -EINVAL true: unreachable insn 2
    start -EACCES true: tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large
    "#);
}
