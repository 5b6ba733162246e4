//! Real logs of five kernels.

mod support;

use std::fmt::Write as _;

use support::recorded;
use verifier_log::{Failure, Kind, Log, classify};

#[test]
fn no_byte_is_lost() {
    for log in recorded() {
        let parsed = Log::parse(&log.text);
        let joined: String = parsed.items().iter().map(|item| item.raw).collect();
        assert_eq!(joined, log.text, "{} on {}", log.name, log.kernel);
    }
}

#[test]
fn every_line_has_a_form() {
    for log in recorded() {
        for item in Log::parse(&log.text).items() {
            let unknown = matches!(item.kind, Kind::Unknown(_));
            assert!(!unknown, "{} on {}: {:?}", log.name, log.kernel, item.raw);
        }
    }
}

#[test]
fn statistics_are_read_everywhere() {
    for log in recorded() {
        let statistics = Log::parse(&log.text).statistics();
        assert!(statistics.is_some(), "{} on {}", log.name, log.kernel);
        assert_eq!(statistics.expect("just tested").limit, 1_000_000);
    }
}

#[test]
fn this_crate_and_the_kernel_agree_on_categories() {
    let mut reports = 0;
    for log in recorded() {
        let parsed = Log::parse(&log.text);
        let Some(report) = parsed.report() else { continue };
        let failure = parsed.failure().expect("a report is of a failure");
        assert_eq!(classify(failure.message), report.category, "{}", log.name);
        assert_eq!(report.at().and_then(|at| at.insn), failure.insn, "{}", log.name);
        reports += 1;
    }
    assert_eq!(reports, 17);
}

/// One line, and one for each further error line.
fn describe(failure: Option<Failure<'_>>) -> String {
    let Some(failure) = failure else { return "accepted\n".to_owned() };
    let Failure { message, insn, instruction, source, register, category, .. } = &failure;
    let mut text = format!("{message}\n");
    for detail in &failure.details {
        writeln!(text, "    and: {detail}").expect("a string takes all");
    }
    let category = category.map_or("-", |category| category.name());
    write!(text, "    {category}").expect("a string takes all");
    if let Some(register) = register {
        write!(text, ", R{register}").expect("a string takes all");
    }
    if let Some(insn) = insn {
        write!(text, ", {insn}: {}", instruction.unwrap_or("?")).expect("a string takes all");
    }
    if let Some(source) = source {
        let line = source.line.map(|line| format!("{line}: ")).unwrap_or_default();
        write!(text, ", `{line}{}`", source.text).expect("a string takes all");
    }
    text + "\n"
}

/// What each log says, kernels that say the same together.
fn table(wanted: impl Fn(&str) -> bool) -> String {
    let mut rows: Vec<(String, Vec<&str>, String)> = Vec::new();
    for log in recorded() {
        if !wanted(&log.name) {
            continue;
        }
        let text = describe(Log::parse(&log.text).failure());
        match rows.iter_mut().find(|(name, _, seen)| *name == log.name && *seen == text) {
            Some((_, kernels, _)) => kernels.push(log.kernel),
            None => rows.push((log.name, vec![log.kernel], text)),
        }
    }
    rows.into_iter()
        .map(|(name, kernels, text)| format!("{name} {}: {text}", kernels.join(" ")))
        .collect()
}

#[test]
fn failures() {
    insta::assert_snapshot!(table(|name| !name.contains('.')), @r#"
    callback 5.10: number of funcs in func_info doesn't match number of subprogs
        Program Structure
    callback 6.1: At callback return the register R0 has value (0x2; 0x0) should have been in (0x0; 0x1)
        Register Type Safety, R0, 9: exit, `return 2;`
    callback 6.12 6.18 7.3: At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]
        Register Type Safety, R0, 9: exit, `7: return 2;`
    context-argument 5.10 6.1: Caller passes invalid args into func#1
        and: arg#0 expected pointer to ctx, but got PTR
        Call Type Safety, 6: call pc+5, `return length_of((void *)fake) > 60 ? XDP_PASS : XDP_DROP;`
    context-argument 6.12 6.18: Caller passes invalid args into func#1 ('length_of')
        and: arg#0 expects pointer to ctx
        Call Type Safety, 6: call pc+5, `15: return length_of((void *)fake) > 60 ? XDP_PASS : XDP_DROP;`
    context-argument 7.3: Caller passes invalid args into func#1 ('length_of')
        and: R1 expects pointer to ctx
        Call Type Safety, R1, 6: call pc+5, `15: return length_of((void *)fake) > 60 ? XDP_PASS : XDP_DROP;`
    context-write 5.10 6.1: invalid bpf_context access off=0 size=8
        Memory Safety, 1: *(u64 *)(r1 +0) = r2, `ctx[0] = 1;`
    context-write 6.12 6.18 7.3: invalid bpf_context access off=0 size=8
        Memory Safety, 1: *(u64 *)(r1 +0) = r2, `8: ctx[0] = 1;`
    core-relocation 5.10 6.1: failed to resolve CO-RE relocation <byte_off> [18] struct task_struct.no_such_field (0:0 @ offset 0)
        Program Structure, 3: <invalid CO-RE relocation>, `int value = 0;`
    core-relocation 6.12 6.18 7.3: failed to resolve CO-RE relocation <byte_off> [18] struct task_struct.no_such_field (0:0 @ offset 0)
        Program Structure, 3: <invalid CO-RE relocation>, `13: int value = 0;`
    endless 5.10 6.1: infinite loop detected at insn 1
        Program Structure, 1: r1 = 1, `asm volatile("r0 = 0; 1: r1 = 1; if r0 != 7 goto 1b; exit;");`
    endless 6.12 6.18 7.3: infinite loop detected at insn 1
        Program Structure, 1: r1 = 1, `8: asm volatile("r0 = 0; 1: r1 = 1; if r0 != 7 goto 1b; exit;");`
    global-function 5.10: Arg#0 type PTR in sum_of() is not supported yet.
        Call Type Safety
    global-function 6.1: R1 invalid mem access 'mem_or_null'
        Register Type Safety, R1, 10: r2 = *(u64 *)(r1 +0), `return pair[0] + pair[1];`
    global-function 6.12 6.18 7.3: R1 invalid mem access 'mem_or_null'
        Register Type Safety, R1, 10: r2 = *(u64 *)(r1 +0), `7: return pair[0] + pair[1];`
    leak 5.10 6.1 6.12: Unreleased reference id=2 alloc_insn=4
        Resource Lifetime Safety, 15: exit
    leak 6.18: Unreleased reference id=2 alloc_insn=4
        and: BPF_EXIT instruction in main prog would lead to reference leak
        Resource Lifetime Safety, 15: exit
    leak 7.3: Unreleased reference id=2 alloc_insn=4
        and: BPF_EXIT instruction in main prog would lead to reference leak
        Resource Lifetime Safety, 15: exit, `22: }`
    licence 5.10 6.1: cannot call GPL-restricted function from non-GPL compatible program
        Policy, 3: call bpf_trace_printk#6, `bpf_printk("hello");`
    licence 6.12 6.18 7.3: cannot call GPL-restricted function from non-GPL compatible program
        Policy, 3: call bpf_trace_printk#6, `8: bpf_printk("hello");`
    lock 5.10 6.1: bpf_spin_unlock is missing
        Execution Context Safety, 15: exit, `}`
    lock 6.12: bpf_spin_unlock is missing
        Execution Context Safety, 15: exit, `28: }`
    lock 6.18 7.3: BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region
        Execution Context Safety, 15: exit, `28: }`
    map-bounds 5.10 6.1: R7 max value is outside of the allowed memory range
        and: invalid access to map value, value_size=16 off=16 size=1
        Memory Safety, R7, 13: r6 = *(u8 *)(r7 +0), `return slots->byte[i];`
    map-bounds 6.12 6.18 7.3: R7 max value is outside of the allowed memory range
        and: invalid access to map value, value_size=16 off=16 size=1
        Memory Safety, R7, 13: r6 = *(u8 *)(r7 +0), `25: return slots->byte[i];`
    map-type 5.10 6.1: cannot pass map_type 1 into func bpf_perf_event_output#25
        Call Type Safety, 8: call bpf_perf_event_output#25, `return bpf_perf_event_output(ctx, &runs, 0, &value, sizeof(value));`
    map-type 6.12 6.18 7.3: cannot pass map_type 1 into func bpf_perf_event_output#25
        Call Type Safety, 8: call bpf_perf_event_output#25, `10: return bpf_perf_event_output(ctx, &runs, 0, &value, sizeof(value));`
    not-a-map 5.10 6.1: R1 type=fp expected=map_ptr
        Call Type Safety, R1, 5: call bpf_map_lookup_elem#1, `__u64 *seen = bpf_map_lookup_elem((void *)&key, &key);`
    not-a-map 6.12 6.18 7.3: R1 type=fp expected=map_ptr
        Call Type Safety, R1, 5: call bpf_map_lookup_elem#1, `9: __u64 *seen = bpf_map_lookup_elem((void *)&key, &key);`
    null-check 5.10 6.1: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r1 = *(u64 *)(r0 +0), `*seen += 1;`
    null-check 6.12 6.18 7.3: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r1 = *(u64 *)(r0 +0), `11: *seen += 1;`
    packet-bounds 5.10 6.1: R1 offset is outside of the packet
        and: invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)
        Memory Safety, R1, 1: r1 = *(u8 *)(r1 +12), `return data[12] == 8 ? XDP_PASS : XDP_DROP;`
    packet-bounds 6.12 6.18: R1 offset is outside of the packet
        and: invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)
        Memory Safety, R1, 1: r1 = *(u8 *)(r1 +12), `10: return data[12] == 8 ? XDP_PASS : XDP_DROP;`
    packet-bounds 7.3: R1 min value is outside of the allowed memory range
        and: invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)
        Memory Safety, R1, 1: r1 = *(u8 *)(r1 +12), `10: return data[12] == 8 ? XDP_PASS : XDP_DROP;`
    packet-end 5.10 6.1: R2 pointer arithmetic on pkt_end prohibited
        Register Type Safety, R2, 1: r2 += 1, `end += 1;`
    packet-end 6.12 6.18 7.3: R2 pointer arithmetic on pkt_end prohibited
        Register Type Safety, R2, 1: r2 += 1, `11: end += 1;`
    return-value 5.10 6.1: At program exit the register R0 has value (0x2; 0x0) should have been in (0x0; 0x1)
        Register Type Safety, R0, 1: exit, `return 2;`
    return-value 6.12 6.18 7.3: At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]
        Register Type Safety, R0, 1: exit, `8: return 2;`
    scalar 5.10: R1 invalid mem access 'inv'
        Register Type Safety, R1, 1: r0 = *(u64 *)(r1 +16), `return regs[2];`
    scalar 6.1: R1 invalid mem access 'scalar'
        Register Type Safety, R1, 1: r0 = *(u64 *)(r1 +16), `return regs[2];`
    scalar 6.12 6.18 7.3: R1 invalid mem access 'scalar'
        Register Type Safety, R1, 1: r0 = *(u64 *)(r1 +16), `10: return regs[2];`
    stack-offset 5.10 6.1: invalid variable-offset read from stack R1 var_off=(0x0; 0x1f) size=1
        Memory Safety, R1, 8: r0 = *(u8 *)(r1 +0), `return names[i];`
    stack-offset 6.12 6.18: invalid variable-offset read from stack R1 var_off=(0x0; 0x1f) off=-16 size=1
        Memory Safety, R1, 8: r0 = *(u8 *)(r1 +0), `11: return names[i];`
    stack-offset 7.3: invalid variable-offset read from stack R1 var_off=(0x0; 0xffffffffffffffff) off=0 size=1
        Memory Safety, R1, 8: r0 = *(u8 *)(r1 +0), `11: return names[i];`
    stack-size 5.10 6.1: combined stack size of 2 calls is 640. Too large
        Verifier Limit
    stack-size 6.12 6.18 7.3: combined stack size of 2 calls is 608. Too large
        Verifier Limit
    static-function 5.10 6.1: R1 invalid mem access 'map_value_or_null'
        Register Type Safety, R1, 11: r2 = *(u64 *)(r1 +0), `*seen += 1;`
    static-function 6.12 6.18 7.3: R1 invalid mem access 'map_value_or_null'
        Register Type Safety, R1, 11: r2 = *(u64 *)(r1 +0), `7: *seen += 1;`
    tail-call 5.10 6.1: tail_calls are not allowed when call stack of previous frames is 320 bytes. Too large
        Verifier Limit
    tail-call 6.12 6.18 7.3: tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large
        Verifier Limit
    two-programs 5.10 6.1: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r3 = *(u64 *)(r0 +0), `bpf_printk("%d", *seen);`
    two-programs 6.12 6.18 7.3: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r3 = *(u64 *)(r0 +0), `17: bpf_printk("%d", *seen);`
    unreachable 5.10 6.1 6.12 6.18: unreachable insn 2
        Program Structure, 2: ?
    unreachable 7.3: unreachable insn 2
        Program Structure, 2: r0 = 1, `8: asm volatile("r0 = 0; goto +1; r0 = 1; exit;");`
    unset-register 5.10 6.1: R8 !read_ok
        Register Type Safety, R8, 0: r0 = r8, `asm volatile("%[result] = r8" : [result] "=r"(result));`
    unset-register 6.12 6.18 7.3: R8 !read_ok
        Register Type Safety, R8, 0: r0 = r8, `10: asm volatile("%[result] = r8" : [result] "=r"(result));`
    wrong-helper 5.10 6.1: unknown func bpf_redirect#23
        Policy, 2: call bpf_redirect#23, `return bpf_redirect(1, 0);`
    wrong-helper 6.12 6.18 7.3: program of this type cannot use helper bpf_redirect#23
        Policy, 2: call bpf_redirect#23, `8: return bpf_redirect(1, 0);`
    "#);
}

#[test]
fn failures_at_other_log_levels() {
    insta::assert_snapshot!(table(|name| name.contains('.')), @r#"
    accepted.level1 5.10 6.1 6.12 6.18 7.3: accepted
    endless.level2 5.10 6.1: infinite loop detected at insn 1
        Program Structure, 1: r1 = 1, `asm volatile("r0 = 0; 1: r1 = 1; if r0 != 7 goto 1b; exit;");`
    endless.level2 6.12 6.18 7.3: infinite loop detected at insn 1
        Program Structure, 1: r1 = 1, `8: asm volatile("r0 = 0; 1: r1 = 1; if r0 != 7 goto 1b; exit;");`
    global-function.level4 5.10: Arg#0 type PTR in sum_of() is not supported yet.
        Call Type Safety
    global-function.level4 6.1 6.12 6.18 7.3: R1 invalid mem access 'mem_or_null'
        Register Type Safety, R1
    leak.level2 5.10 6.1: Unreleased reference id=2 alloc_insn=4
        Resource Lifetime Safety, 15: exit, `}`
    leak.level2 6.12: Unreleased reference id=2 alloc_insn=4
        Resource Lifetime Safety, 15: exit, `22: }`
    leak.level2 6.18 7.3: Unreleased reference id=2 alloc_insn=4
        and: BPF_EXIT instruction in main prog would lead to reference leak
        Resource Lifetime Safety, 15: exit, `22: }`
    leak.level4 5.10 6.1 6.12: Unreleased reference id=2 alloc_insn=4
        Resource Lifetime Safety
    leak.level4 6.18 7.3: Unreleased reference id=2 alloc_insn=4
        and: BPF_EXIT instruction in main prog would lead to reference leak
        Resource Lifetime Safety
    null-check.level2 5.10 6.1: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r1 = *(u64 *)(r0 +0), `*seen += 1;`
    null-check.level2 6.12 6.18 7.3: R0 invalid mem access 'map_value_or_null'
        Register Type Safety, R0, 7: r1 = *(u64 *)(r0 +0), `11: *seen += 1;`
    steps.level2 5.10 6.1 6.12 6.18 7.3: accepted
    steps.level4 5.10 6.1 6.12 6.18 7.3: accepted
    too-long.level4 5.10 6.1 6.12 6.18 7.3: BPF program is too large. Processed 1000001 insn
        Verifier Limit
    "#);
}
