//! `R0 invalid mem access '…'`: what is dereferenced is no pointer, or may be none.

use crate::{
    category::Category::RegisterTypeSafety,
    explain::{
        account::Account,
        case::Case,
        names,
        op::{Callee, Op},
        origin::{Begin, Origin, plural},
        table::{Row, row},
        value,
    },
};

pub(super) const ROWS: &[Row] = &[
    row("R{#r} invalid mem access '{kind}_or_null'", RegisterTypeSafety, may_be_null),
    row("R{#r} invalid mem access '{kind}_or_null_{object}'", RegisterTypeSafety, may_be_null),
    row("R{#r} invalid mem access 'inv'", RegisterTypeSafety, number),
    row("R{#r} invalid mem access 'scalar'", RegisterTypeSafety, number),
    row("R{#r} invalid mem access '{kind}'", RegisterTypeSafety, not_memory),
];

/// `reads 8 bytes through r0`, with the instruction's own words if it is no access.
fn access(case: &Case<'_, '_>) -> Option<String> {
    let (memory, writes) = case.access()?;
    let verb = if writes { "writes" } else { "reads" };
    let bytes = plural(i64::from(memory.size), "byte");
    Some(format!("Instruction {} {verb} {bytes} through r{}", case.walk()?.insn, memory.base))
}

fn may_be_null(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let variable = case.variable(&origin).or_else(|| {
        let parameter = matches!(origin.begin, Begin::Parameter(_));
        let source = case.source().filter(|_| parameter)?;
        names::dereferenced(&source).map(str::to_owned)
    });
    let name = variable.as_deref().map_or(format!("r{register}"), |name| format!("`{name}`"));
    let mut account = Account::new(format!("{name} may be NULL here")).register(register);
    if let Some(access) = access(case) {
        account = account.meaning(format!("{access}, and nothing before it excludes NULL."));
    }
    let account = match origin.begin {
        Begin::Returned { by, at } => {
            let insn = case.path.walks[at].insn;
            let when = match by {
                "bpf_map_lookup_elem" => "the map has no entry for the key",
                "bpf_ringbuf_reserve" => "the ring buffer is full",
                _ => "it has nothing to give",
            };
            account.meaning(format!("{by} (instruction {insn}) returns NULL when {when}."))
        }
        Begin::Parameter(parameter) => account.meaning(format!(
            "It is parameter {parameter} of a function that is checked by itself, for all that callers may pass.",
        )),
        Begin::Read { .. } => account.meaning("It was read from a place that may hold NULL."),
        _ => account.sure_if(case.end().is_none()),
    };
    let test = variable.as_deref().unwrap_or("pointer");
    let line = case.end().and_then(|end| case.place(end)).and_then(|place| place.line);
    let place = line.map_or("before the access".into(), |line| format!("before line {line}"));
    Some(
        account
            .origin(&origin)
            .help(format!("test it for NULL {place}, and use it only where it is not"))
            .code(format!("if (!{test})\n\treturn 0;")),
    )
}

fn not_memory(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let kind = value::name(case.text("kind"));
    let account = Account::new(format!("r{register} is {kind}, which cannot be dereferenced"));
    let help = match case.text("kind") {
        "pkt_end" => {
            "`data_end` marks where the packet ends: compare with it, and read through `data`"
        }
        "map_ptr" => "a map is read with `bpf_map_lookup_elem`, not through its address",
        "func" => "a function's address can only be passed to a helper that calls it",
        _ => "pass it to a helper that takes it, or read through the pointer that you meant",
    };
    let access = access(case).map_or(String::new(), |access| format!("{access}."));
    let origin = case.origin(register);
    Some(account.register(register).meaning(access).origin(&origin).help(help))
}

fn number(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let title = format!("r{register} holds a plain number, and is used as a pointer");
    let account = Account::new(title).register(register);
    let access = access(case).map_or(String::new(), |access| format!("{access}."));
    let account = account.meaning(access);
    if let Some((at, name, why)) = ended(case, &origin) {
        let title = format!("r{register} is no pointer any more since the call of {name}");
        let insn = case.path.walks[at].insn;
        let help = match why {
            End::PacketMoved => {
                "read `ctx->data` and `ctx->data_end` again after the call, and test the bounds again"
            }
            End::Given => {
                "do not use the pointer after it was given away; move the access before the call"
            }
        };
        let meaning = match why {
            End::PacketMoved => format!(
                "{name} (instruction {insn}) can move the packet, which ends all packet pointers made before."
            ),
            End::Given => format!(
                "{name} (instruction {insn}) takes the memory over: the kernel may already use it for something else."
            ),
        };
        let named = Account { title, ..account };
        return Some(
            named
                .meaning(meaning)
                .origin(&origin)
                .link(at, format!("{name} ends the pointer"))
                .help(help),
        );
    }
    let account = account.origin(&origin);
    Some(match origin.begin {
        Begin::Read { through: Some(base), .. } if base.kind() == "ctx" => account
            .meaning(
                "It was read from the context, whose fields are numbers unless the program type says \
                 otherwise: the verifier does not know what is at that address.",
            )
            .help("copy the memory with `bpf_probe_read_kernel` (or `bpf_probe_read_user` for a user address)")
            .code(probe_read(case)),
        Begin::Read { .. } => account
            .meaning("It was read from memory as a number; what is stored there does not say that it is an address.")
            .help("copy the memory with `bpf_probe_read_kernel`, or keep the pointer in a register or in a whole, aligned 8-byte slot of the stack")
            .code(probe_read(case)),
        Begin::Returned { by: "bpf_get_current_task", .. } => account
            .meaning("bpf_get_current_task returns the address as a number.")
            .help("use `bpf_get_current_task_btf`, whose result the verifier knows, or read the field with `BPF_CORE_READ`"),
        Begin::Returned { by, .. } => account
            .meaning(format!("{by} returns a number, not a pointer."))
            .help("use a helper that returns a pointer, or copy the memory with `bpf_probe_read_kernel`")
            .code(probe_read(case)),
        Begin::Constant { at } => account
            .meaning(format!("Instruction {} put a constant there.", case.path.walks[at].insn))
            .help("a program may only dereference pointers that it was given: take one from a map, the context or a helper"),
        Begin::Parameter(_) => account
            .meaning("It is a parameter, and the verifier takes it for a number.")
            .help("declare the parameter as a pointer to a type of known size, or copy the memory with `bpf_probe_read_kernel`"),
        _ => account
            .help("copy the memory with `bpf_probe_read_kernel`, or find where the pointer became a number")
            .sure_if(case.end().is_none()),
    })
}

fn probe_read(case: &Case<'_, '_>) -> String {
    let name = case.source().as_deref().and_then(|line| names::assigned(line, ""));
    let name = name.as_deref().unwrap_or("value");
    format!("bpf_probe_read_kernel(&{name}, sizeof({name}), address);")
}

pub(super) enum End {
    PacketMoved,
    Given,
}

/// The call that ended the pointer, if the value began as one.
pub(super) fn ended<'a>(case: &Case<'_, 'a>, origin: &Origin<'a>) -> Option<(usize, &'a str, End)> {
    let begin = origin.at()?;
    let packet = matches!(origin.begin, Begin::Read { memory, .. } if memory.size == 4);
    let reserved = matches!(origin.begin, Begin::Returned { by, .. } if by.starts_with("bpf_ringbuf_reserve") || by.starts_with("bpf_sk") || by.ends_with("_acquire"));
    let end = case.end()?;
    (begin + 1..end).rev().find_map(|at| {
        let Op::Call(Callee::Named(name)) = case.path.walks[at].op else { return None };
        if packet && MOVES_PACKET.contains(&name) {
            return Some((at, name, End::PacketMoved));
        }
        let gives =
            GIVES_AWAY.iter().any(|known| name.starts_with(known)) || name.ends_with("_release");
        (reserved && gives).then_some((at, name, End::Given))
    })
}

const GIVES_AWAY: &[&str] = &["bpf_ringbuf_submit", "bpf_ringbuf_discard", "bpf_sk_release"];

/// Helpers after which packet pointers end (`bpf_helper_changes_pkt_data`).
const MOVES_PACKET: &[&str] = &[
    "bpf_xdp_adjust_head",
    "bpf_xdp_adjust_tail",
    "bpf_xdp_adjust_meta",
    "bpf_skb_store_bytes",
    "bpf_skb_change_proto",
    "bpf_skb_change_head",
    "bpf_skb_change_tail",
    "bpf_skb_pull_data",
    "bpf_skb_adjust_room",
    "bpf_skb_vlan_push",
    "bpf_skb_vlan_pop",
    "bpf_l3_csum_replace",
    "bpf_l4_csum_replace",
    "bpf_clone_redirect",
    "bpf_lwt_push_encap",
    "bpf_lwt_seg6_store_bytes",
    "bpf_lwt_seg6_adjust_srh",
    "bpf_lwt_seg6_action",
    "bpf_msg_pull_data",
    "bpf_msg_push_data",
    "bpf_msg_pop_data",
];
