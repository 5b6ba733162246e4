//! What a register holds, as the verifier prints it (`print_reg_state`, `kernel/bpf/log.c`, before 6.8
//! `print_verifier_state` in `verifier.c`).

use super::capture::number;

/// A register's value: `map_value(map=table,ks=4,vs=16,umax=16,…)`, `fp-24`, `scalar()`, `7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    /// Without parentheses: `map_value`, `inv`, `fp`; empty for a constant.
    kind: &'a str,
    arguments: &'a str,
    /// The number that stands behind the kind, or alone.
    constant: Option<i64>,
}

/// Numbers from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl<'a> Value<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let (head, arguments) = match text.split_once('(') {
            Some((head, arguments)) => (head, arguments.strip_suffix(')').unwrap_or(arguments)),
            None => (text, ""),
        };
        let precise = head.strip_prefix('P').unwrap_or(head);
        if let Some(constant) = number(precise) {
            return Self { kind: "", arguments, constant: Some(constant) };
        }
        let digits = head.find(|c: char| c.is_ascii_digit() || c == '-').unwrap_or(head.len());
        let (kind, rest) = head.split_at(digits);
        match number(rest) {
            Some(constant) => Self { kind, arguments, constant: Some(constant) },
            None => Self { kind: head, arguments, constant: None },
        }
    }

    /// `map_value`, `fp`, `scalar`: scalars have one name here, whatever the kernel.
    pub(crate) fn kind(&self) -> &'a str {
        match self.kind {
            "" | "inv" | "invP" | "scalar" | "Pscalar" => "scalar",
            kind => kind,
        }
    }

    pub(crate) fn is_scalar(&self) -> bool {
        self.kind() == "scalar"
    }

    pub(crate) fn may_be_null(&self) -> bool {
        self.kind.contains("_or_null")
    }

    /// An argument by name: the map's name for `map`, the size for `vs`.
    pub(crate) fn argument(&self, name: &str) -> Option<&'a str> {
        self.arguments.split(',').find_map(|argument| {
            let mut names = argument.split('=');
            let value = names.next_back()?;
            names.any(|found| found == name).then_some(value)
        })
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        number(self.argument(name)?)
    }

    /// The fixed part of a pointer's offset.
    pub(crate) fn offset(&self) -> i64 {
        match self.constant {
            Some(constant) if !self.is_scalar() => constant,
            _ => self.number("off").or_else(|| self.number("imm")).unwrap_or(0),
        }
    }

    /// A constant's value.
    pub(crate) fn constant(&self) -> Option<i64> {
        self.constant.filter(|_| self.is_scalar())
    }

    /// The bounds of a number, or of the variable part of a pointer's offset; `None` if there are
    /// none on one side.
    pub(crate) fn range(&self) -> Option<Range> {
        if let Some(constant) = self.constant() {
            return Some(Range { low: constant, high: constant });
        }
        let bound = |names: [&str; 2]| names.iter().find_map(|name| self.number(name));
        let unsigned = |names: [&str; 2]| bound(names).map(i64::cast_unsigned);
        let mut umin = unsigned(["umin", "umin_value"]).unwrap_or(0);
        let mut umax = unsigned(["umax", "umax_value"]).unwrap_or(u64::MAX);
        if let Some((value, mask)) = self.var_off() {
            umin = umin.max(value);
            umax = umax.min(value | mask);
        }
        let mut smin = bound(["smin", "smin_value"]).unwrap_or(i64::MIN);
        let mut smax = bound(["smax", "smax_value"]).unwrap_or(i64::MAX);
        if let Ok(high) = i64::try_from(umax) {
            smin = smin.max(i64::try_from(umin).unwrap_or(0));
            smax = smax.min(high);
        }
        (smin > i64::MIN && smax < i64::MAX).then_some(Range { low: smin, high: smax })
    }

    /// The bounds of the lower 32 bits as an unsigned number.
    pub(crate) fn range32(&self) -> Option<Range> {
        let bound = |names: [&str; 3]| names.iter().find_map(|name| self.number(name));
        let low = bound(["umin32", "u32_min", "u32_min_value"]).unwrap_or(0);
        let high = bound(["umax32", "u32_max", "u32_max_value"])?;
        Some(Range { low, high })
    }

    /// Known bits and unknown ones: `var_off=(0x0; 0x1f)`.
    fn var_off(&self) -> Option<(u64, u64)> {
        let (_, text) = self.arguments.split_once("var_off=(")?;
        let (value, mask) = text.split_once(')')?.0.split_once("; ")?;
        Some((number(value)?.cast_unsigned(), number(mask)?.cast_unsigned()))
    }

    /// In plain words.
    pub(crate) fn words(&self) -> String {
        let nullable = if self.may_be_null() { ", or NULL" } else { "" };
        let kind = self.kind().replace("_or_null", "");
        let what = match kind.as_str() {
            "scalar" => {
                return match (self.constant(), self.range()) {
                    (Some(constant), _) => format!("the number {constant}"),
                    (None, Some(Range { low, high })) => format!("a number from {low} to {high}"),
                    (None, None) => "a number without known bounds".into(),
                };
            }
            "ctx" => "the context".into(),
            "fp" if self.range().is_none() => {
                format!("a pointer to the stack at offset {}", self.offset())
            }
            "map_value" => match (self.argument("map"), self.number("vs")) {
                (Some(map), Some(size)) => format!("a value of map `{map}` ({size} bytes)"),
                (None, Some(size)) => format!("a map's value ({size} bytes)"),
                _ => "a map's value".into(),
            },
            "map_ptr" => match self.argument("map") {
                Some(map) => format!("the map `{map}`"),
                None => "a map".into(),
            },
            other => name(other),
        };
        format!("{what}{nullable}")
    }
}

/// A kind of register in plain words, by the verifier's name for it (`reg_type_str`).
pub(crate) fn name(kind: &str) -> String {
    let base = kind.replace("_or_null", "");
    let nullable = if base == kind { "" } else { ", or NULL" };
    const POINTERS: [(&str, &str); 5] = [
        ("trusted_ptr_", "a trusted pointer to"),
        ("rcu_ptr_", "a pointer under RCU to"),
        ("untrusted_ptr_", "an untrusted pointer to"),
        ("percpu_ptr_", "a pointer to the per-CPU"),
        ("ptr_", "a pointer to"),
    ];
    let pointer =
        POINTERS.iter().find_map(|(prefix, words)| Some((base.strip_prefix(prefix)?, words)));
    if let Some((object, words)) = pointer {
        let object =
            if object.is_empty() { "a kernel object".into() } else { format!("`struct {object}`") };
        return format!("{words} {object}{nullable}");
    }
    let words = match base.as_str() {
        "inv" | "scalar" => "a plain number",
        "fp" => "a pointer to the stack",
        "ctx" => "the context",
        "map_ptr" => "a map",
        "map_value" => "a pointer into a map's value",
        "map_key" => "a pointer to a map's key",
        "pkt" => "a pointer into the packet",
        "pkt_meta" => "a pointer to the packet's metadata",
        "pkt_end" => "the packet's end",
        "mem" | "rdonly_mem" => "a pointer to memory",
        "alloc_mem" | "ringbuf_mem" => "a reserved ring buffer record",
        "buf" | "rdonly_buf" | "rdwr_buf" => "a pointer to a buffer",
        "sock" | "sock_common" | "tcp_sock" | "xdp_sock" => "a socket",
        "func" => "a function",
        "dynptr_ptr" => "a dynptr",
        "flow_keys" => "flow keys",
        "tp_buffer" => "a tracepoint's buffer",
        "" => "something unknown",
        base => return format!("`{base}`{nullable}"),
    };
    format!("{words}{nullable}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_in_the_words_of_several_kernels() {
        for text in [
            "inv(id=0,umax_value=16,var_off=(0x0; 0x1f))",
            "scalar(umax=16,var_off=(0x0; 0x1f))",
            "scalar(smin=smin32=0,smax=umax=smax32=umax32=16,var_off=(0x0; 0x1f))",
        ] {
            assert_eq!(Value::parse(text).range(), Some(Range { low: 0, high: 16 }), "{text}");
        }
    }

    #[test]
    fn words() {
        let all: String = [
            "inv7",
            "P0",
            "-2",
            "scalar()",
            "inv(id=0)",
            "fp-24",
            "fp(off=-16,umax=31,var_off=(0x0; 0x1f))",
            "map_value(map=table,ks=4,vs=16,smin=smin32=0,smax=umax=16,var_off=(0x0; 0x1f))",
            "map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)",
            "trusted_ptr_or_null_task_struct(id=1)",
            "pkt(id=0,off=14,r=14,imm=0)",
        ]
        .iter()
        .map(|text| format!("{}\n", Value::parse(text).words()))
        .collect();
        insta::assert_snapshot!(all, @r"
        the number 7
        the number 0
        the number -2
        a number without known bounds
        a number without known bounds
        a pointer to the stack at offset -24
        a pointer to the stack
        a value of map `table` (16 bytes)
        a map's value (8 bytes), or NULL
        a trusted pointer to `struct task_struct`, or NULL
        a pointer into the packet
        ");
    }
}
