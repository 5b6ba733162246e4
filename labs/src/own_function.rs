//! Functions of the running program, as uprobes name them: by their place in the file.

use std::fs;

use anyhow::{Context, Result};

/// Where the code at this address is in the file of the program. A symbol table would say the same; but
/// the lab programs have none.
///
/// # Errors
/// No part of a file is at the address.
pub fn offset_in_file(address: usize) -> Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps").context("cannot list our own memory")?;
    in_maps(&maps, address).with_context(|| format!("no file is at the address {address:#x}"))
}

/// See proc_pid_maps(5): `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, all numbers hexadecimal.
fn in_maps(maps: &str, address: usize) -> Option<usize> {
    let hex = |text| usize::from_str_radix(text, 16).ok();
    maps.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let (start, end, offset) = (hex(start)?, hex(end)?, hex(words.nth(1)?)?);
        let has_file = words.nth(2).is_some();
        (has_file && (start..end).contains(&address)).then(|| address - start + offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0c0000000-55d0c0004000 r--p 00000000 fe:01 12 /bin/x
55d0c0004000-55d0c0014000 r-xp 00004000 fe:01 12 /bin/x
55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0
";

    #[test]
    fn an_address_is_counted_from_its_mapping() {
        assert_eq!(in_maps(MAPS, 0x55d0_c000_4010), Some(0x4010));
        assert_eq!(in_maps(MAPS, 0x55d0_c000_0010), Some(0x10));
        assert_eq!(in_maps(MAPS, 0x55d0_c100_0000), None, "no file");
        assert_eq!(in_maps(MAPS, 0x1000), None);
    }
}
