//! What a module says of itself in its `.modinfo` section: NUL-separated `key=value` strings.

use object::{Object, ObjectSection};

/// The entries of `.modinfo` that loading needs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ModInfo {
    /// `name=`; kernels before 4.16 do not write it.
    pub name: Option<String>,
    /// `depends=`: names of modules that must be loaded before this one.
    pub depends: Vec<String>,
    /// First word of `vermagic=`: the release of the kernel it was built for.
    pub release: Option<String>,
}

impl ModInfo {
    /// Reads `.modinfo` of an ELF file; the error is half a sentence on what is wrong.
    pub fn parse(elf: &[u8]) -> Result<Self, String> {
        let file = object::File::parse(elf).map_err(|error| format!("no ELF file ({error})"))?;
        let section =
            file.section_by_name(".modinfo").ok_or("its ELF file has no .modinfo section")?;
        let data = section.data().map_err(|error| format!("unreadable .modinfo ({error})"))?;
        Ok(Self::from_strings(data))
    }

    fn from_strings(section: &[u8]) -> Self {
        let mut info = Self::default();
        for entry in section.split(|byte| *byte == 0) {
            let Ok(entry) = str::from_utf8(entry) else { continue };
            if let Some(name) = entry.strip_prefix("name=") {
                info.name = Some(name.to_owned());
            } else if let Some(magic) = entry.strip_prefix("vermagic=") {
                info.release = magic.split_whitespace().next().map(str::to_owned);
            } else if let Some(list) = entry.strip_prefix("depends=") {
                let names = list.split(',').filter(|name| !name.is_empty());
                info.depends.extend(names.map(str::to_owned));
            }
        }
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strings_are_separated_by_one_or_more_nuls() {
        let info = ModInfo::from_strings(
            b"license=GPL\0\0depends=virtio,virtio_ring\0name=x\0vermagic=6.1.0 SMP\0",
        );
        assert_eq!(info.name.as_deref(), Some("x"));
        assert_eq!(info.depends, ["virtio", "virtio_ring"]);
        assert_eq!(info.release.as_deref(), Some("6.1.0"));
    }

    #[test]
    fn an_empty_list_is_no_dependency() {
        assert_eq!(ModInfo::from_strings(b"depends=\0"), ModInfo::default());
    }

    #[test]
    fn garbage_is_refused() {
        assert!(ModInfo::parse(b"").is_err());
        assert!(ModInfo::parse(&[0xff; 4096]).is_err());
    }
}
