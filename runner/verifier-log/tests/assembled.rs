//! Logs put together by hand, for forms that the recorded ones do not have.

use verifier_log::{Category, Kind, Log};

/// 6.18 prints some errors without a line end, so that the counters follow on the same line.
#[test]
fn an_error_and_the_counters_on_one_line() {
    let text = "0: (95) exit\nR0 !read_okprocessed 1 insns (limit 1000000) max_states_per_insn 0\n";
    let log = Log::parse(text);
    let failure = log.failure().expect("an error");
    assert_eq!(failure.message, "R0 !read_ok");
    assert_eq!(log.statistics().expect("counters").insns, 1);
    let lines: Vec<_> = log.items().iter().map(|item| item.line).collect();
    assert_eq!(lines, [1, 2, 2]);
}

/// The kernel keeps the end of a log that outgrows its buffer: the first line can be the rest of one.
#[test]
fn a_log_whose_beginning_is_lost() {
    let text = "fffffff,var_off=(0x0; 0xffffffff))\n; return names[i];\n8: (71) r0 = *(u8 *)(r1 +0)\n\
        invalid variable-offset read from stack R1 var_off=(0x0; 0x1f) off=-16 size=1\n";
    let log = Log::parse(text);
    assert!(matches!(log.items()[0].kind, Kind::Unknown(_)));
    let failure = log.failure().expect("an error");
    assert_eq!(failure.details, [""; 0]);
    assert_eq!((failure.insn, failure.register), (Some(8), Some(1)));
    assert_eq!(log.statistics(), None);
}

#[test]
fn a_log_that_ends_early_has_no_failure_to_tell() {
    let log = Log::parse("; int x = 0;\n0: (b7) r0 = 0                        ; R0_w=0\n1: (9");
    assert_eq!(log.failure(), None, "the last line is half an instruction");
    assert_eq!(Log::parse("0: (b7) r0 = 0\n").failure(), None);
    assert_eq!(Log::parse("").failure(), None);
}

/// 5.15 remarks on the context argument of every program that is called `ctx` first.
#[test]
fn remarks_before_the_first_instruction_decide_nothing() {
    let text = "R1 type=ctx expected=fp\n0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n; *p = 1;\n\
        0: (7b) *(u64 *)(r1 +0) = r2\nonly read is supported\n\
        processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0\n";
    let failure = Log::parse(text).failure().expect("an error");
    assert_eq!(failure.message, "only read is supported");
    assert_eq!((failure.details.len(), failure.register), (0, None));
}

/// `do_check` marks paths that only a mispredicting processor takes (unprivileged programs).
#[test]
fn a_speculative_path() {
    let log = Log::parse("from 3 to 5 (speculative execution): R1=ctx() R10=fp0\n");
    let Kind::Branch(branch) = log.items()[0].kind else { panic!("{:?}", log.items()) };
    assert_eq!((branch.from, branch.to, branch.speculative), (3, 5, true));
    assert_eq!(branch.state.and_then(|state| state.get("R10")), Some("fp0"));
}

/// A report with a category that is none of the nine, and without instruction context.
#[test]
fn a_report_without_debug_information() {
    let text = "R2 !read_ok\n\nVerification failed: Verifier Error: Something new\n\nReason:\n  Because\n  \
        of this.\n\nAt:\n  insn 4\n   | ^-- error: something new\n\nSuggestion:\n  Do that.\n\n";
    let log = Log::parse(text);
    let report = log.report().expect("a report");
    assert_eq!((report.category, report.category_text), (None, "Verifier Error"));
    assert_eq!(report.reason().as_deref(), Some("Because of this."));
    assert_eq!(report.suggestion().as_deref(), Some("Do that."));
    let failure = log.failure().expect("an error");
    assert_eq!(failure.insn, Some(4));
    assert_eq!(failure.category, Some(Category::RegisterTypeSafety), "by its message");
}

/// Windows line ends, as a serial console adds them.
#[test]
fn carriage_returns() {
    let text = "0: (95) exit\r\nR0 !read_ok\r\nprocessed 1 insns (limit 1000000)\r\n";
    let log = Log::parse(text);
    assert_eq!(log.failure().expect("an error").message, "R0 !read_ok");
    assert_eq!(log.items().iter().map(|item| item.raw).collect::<String>(), text);
}

#[test]
fn kinds_of_lines() {
    let text = include_str!("logs/6.18/leak.log");
    let kinds = |text| {
        let log = Log::parse(text);
        let names = log.items().iter().map(|item| {
            let name = format!("{:?}", item.kind);
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            format!(
                "{}: {}\n",
                &name[..end],
                &item.raw.trim_end().chars().take(60).collect::<String>()
            )
        });
        names.collect::<String>()
    };
    insta::assert_snapshot!(kinds(text), @r#"
    Note: arg#0 reference type('UNKNOWN ') size cannot be determined: 
    State: 0: R1=ctx() R10=fp0
    Source: ; __u64 *event = bpf_ringbuf_reserve(&events, 8, 0); @ leak.
    Instruction: 0: (18) r1 = 0xffff888104292800       ; R1=map_ptr(map=event
    Instruction: 2: (b7) r2 = 8                        ; R2=8
    Instruction: 3: (b7) r3 = 0                        ; R3=0
    Instruction: 4: (85) call bpf_ringbuf_reserve#131          ; R0=ringbuf_m
    Instruction: 5: (bf) r6 = r0                       ; R0=ringbuf_mem_or_nu
    Source: ; if (!event) @ leak.c:15
    Instruction: 6: (15) if r6 == 0x0 goto pc+7        ; R6=ringbuf_mem(ref_o
    Instruction: 7: (b7) r1 = 7                        ; R1=7 refs=2
    Source: ; *event = 7; @ leak.c:17
    Instruction: 8: (7b) *(u64 *)(r6 +0) = r1          ; R1=7 R6=ringbuf_mem(
    Source: ; if (bpf_get_prandom_u32() == 5) @ leak.c:18
    Instruction: 9: (85) call bpf_get_prandom_u32#7    ; R0=scalar() refs=2
    Instruction: 10: (16) if w0 == 0x5 goto pc+3
    State:  14: R0=scalar(smin=0x8000000000000005,smax=0x7fffffff000000
    Instruction: 14: (b4) w0 = 0                       ; R0=0 refs=2
    Instruction: 15: (95) exit
    Error: Unreleased reference id=2 alloc_insn=4
    Error: BPF_EXIT instruction in main prog would lead to reference le
    Statistics: processed 17 insns (limit 1000000) max_states_per_insn 0 tot
    "#);
}

#[test]
fn a_report_in_parts() {
    let log = Log::parse(include_str!("logs/7.3/map-bounds.log"));
    let report = log.report().expect("7.3 reports");
    let titles: Vec<_> = report.sections.iter().map(|section| section.title).collect();
    assert_eq!(titles, ["Reason", "At", "Causal path", "Suggestion"]);
    insta::assert_debug_snapshot!(report.at().expect("a place"), @r#"
    At {
        function: Some(
            "read_slot",
        ),
        file: Some(
            "map-bounds.c",
        ),
        line: Some(
            25,
        ),
        column: Some(
            9,
        ),
        source: Some(
            "return slots->byte[i];",
        ),
        insn: Some(
            13,
        ),
        instruction: Some(
            "(71) r6 = *(u8 *)(r7 +0)",
        ),
    }
    "#);
    insta::assert_snapshot!(report.reason().expect("a reason"), @"The verifier cannot prove offset + access_size <= object_size. Here, the maximal bound for a memory access is 17: start 16 + access_size 1, beyond object_size 16. R7 is map_value; offset is variable: known bits 0x0, unknown mask 0x1f; signed range [0, 16], unsigned range [0, 16]; access_size is 1; object_size is 16.");
}

#[test]
fn the_lines_to_show() {
    let log = Log::parse(include_str!("logs/7.3/null-check.log"));
    let failure = log.failure().expect("an error");
    let shown: String = failure.context.iter().map(|item| item.raw).collect();
    insta::assert_snapshot!(shown, @r#"
    ;  @ null-check.c:0
    3: (07) r2 += -4                      ; R2=fp-4
    ; __u64 *seen = bpf_map_lookup_elem(&runs, &key); @ null-check.c:9
    4: (18) r1 = 0xffff8ee541f64000       ; R1=map_ptr(map=runs,ks=4,vs=8)
    6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=runs,ks=4,vs=8)
    ; *seen += 1; @ null-check.c:11
    7: (79) r1 = *(u64 *)(r0 +0)
    R0 invalid mem access 'map_value_or_null'
    "#);
}
