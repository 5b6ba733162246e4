//! Whether a file is an object that libbpf may load here, by the header of its ELF format (elf(5)).

/// ELF's number of the machine BPF.
const BPF: u16 = 247;

/// What compilers before clang 3.9 wrote instead.
const NO_MACHINE: u16 = 0;

/// A relocatable file: what `clang -c` makes.
const RELOCATABLE: u16 = 1;

/// How many bytes of the header are looked at.
const HEADER: usize = 20;

/// Whether the file begins as ELF files do.
pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// What is wrong with an ELF file, if anything is: a sentence that goes on after its name.
pub fn objection(bytes: &[u8]) -> Option<String> {
    let Some(header) = bytes.get(..HEADER) else {
        return Some("ends within its header: it is not whole.".into());
    };
    let (class, order) = (header[4], header[5]);
    let number = |at: usize| match order {
        2 => u16::from_be_bytes([header[at], header[at + 1]]),
        _ => u16::from_le_bytes([header[at], header[at + 1]]),
    };
    let (kind, machine) = (number(16), number(18));
    if machine != BPF && machine != NO_MACHINE {
        return Some(format!(
            "is for {}, not for BPF. Compile it with: clang --target=bpf -O2 -g -c",
            machine_name(machine)
        ));
    }
    if class != 2 {
        return Some("is a 32-bit file; BPF objects have 64 bits.".into());
    }
    let (native, here, there) = match cfg!(target_endian = "little") {
        true => (1, "little-endian", "big-endian"),
        false => (2, "big-endian", "little-endian"),
    };
    if order != native {
        return Some(format!(
            "is {there}, and the kernels here are {here}. Compile it with clang --target=bpf, which takes \
             the order of this machine."
        ));
    }
    if kind != RELOCATABLE {
        return Some(
            "is linked. libbpf loads what `clang -c` or `bpftool gen object` makes.".into(),
        );
    }
    None
}

fn machine_name(machine: u16) -> String {
    match machine {
        3 => "x86".into(),
        21 => "powerpc64".into(),
        22 => "s390x".into(),
        40 => "arm".into(),
        62 => "x86-64".into(),
        183 => "aarch64".into(),
        243 => "riscv".into(),
        258 => "loongarch".into(),
        other => format!("the machine {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a BPF object, with this byte changed.
    fn header(at: usize, byte: u8) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xf7\0".to_vec();
        header[at] = byte;
        header
    }

    #[test]
    fn what_cannot_be_loaded_is_refused_by_its_header() {
        assert_eq!(objection(&header(0, 0x7f)), None);
        assert_eq!(objection(&header(18, 0)), None);
        let mut other_order = header(5, 2);
        other_order[16..].copy_from_slice(&[0, 1, 0, 0xf7]);
        for (bytes, part) in [
            (header(18, 62), "for x86-64"),
            (header(4, 1), "32-bit"),
            (header(16, 2), "linked"),
            (other_order, "endian"),
            (b"\x7fELF".to_vec(), "not whole"),
        ] {
            let objection = objection(&bytes).expect(part);
            assert!(objection.contains(part), "{objection}");
        }
    }
}
