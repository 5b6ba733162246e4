use std::io::Write as _;

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

use super::*;

/// A module's ELF file with this `.modinfo`.
fn elf(name: &str, depends: &str) -> Vec<u8> {
    let mut file = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let section = file.add_section(vec![], b".modinfo".to_vec(), SectionKind::ReadOnlyData);
    let text = format!("license=GPL\0depends={depends}\0name={name}\0");
    file.append_section_data(section, text.as_bytes(), 1);
    file.write().unwrap()
}

/// A modules folder with these plain modules (name, depends).
fn tree(modules: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, depends) in modules {
        put(&folder, &format!("kernel/drivers/{name}.ko"), &elf(&canonical(name), depends));
    }
    folder
}

fn put(folder: &tempfile::TempDir, path: &str, data: &[u8]) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, data).unwrap();
}

fn names(modules: &[Module]) -> Vec<&str> {
    modules.iter().map(|module| module.name.as_str()).collect()
}

fn resolve_in(folder: &tempfile::TempDir, wanted: &[&str]) -> Result<Resolved, ModuleError> {
    ModuleTree::open(folder.path())?.resolve(wanted)
}

#[test]
fn what_a_module_depends_on_comes_before_it_and_once() {
    let folder = tree(&[
        ("virtio", ""),
        ("virtio_ring", "virtio"),
        ("virtio-pci", "virtio-ring,virtio"),
        ("virtio_console", "virtio,virtio_ring"),
    ]);
    let resolved = resolve_in(&folder, &["virtio_console", "virtio-pci", "virtio_pci"]).unwrap();
    let order = ["virtio", "virtio_ring", "virtio_console", "virtio_pci"];
    assert_eq!(names(&resolved.load), order);
    assert!(resolved.missing.is_empty() && resolved.builtin.is_empty());
}

#[test]
fn builtin_modules_are_not_loaded_even_as_a_dependency() {
    let folder = tree(&[("veth", "virtio"), ("virtio", "")]);
    put(&folder, "modules.builtin", b"kernel/drivers/virtio/virtio.ko\nkernel/dummy-net.ko\n");
    let resolved = resolve_in(&folder, &["veth", "dummy_net"]).unwrap();
    assert_eq!(names(&resolved.load), ["veth"]);
    assert_eq!(resolved.builtin, ["dummy_net"]);
}

#[test]
fn a_missing_module_is_told_and_an_error_only_when_required() {
    let folder = tree(&[("veth", ""), ("broken", "gone")]);
    let resolved = resolve_in(&folder, &["veth", "broken", "absent"]).unwrap();
    assert_eq!(names(&resolved.load), ["veth"]);
    let missing = |name: &str, wanted: &str| Missing { name: name.into(), wanted: wanted.into() };
    assert_eq!(resolved.missing, [missing("gone", "broken"), missing("absent", "absent")]);

    assert!(resolved.clone().require(&["broken", "absent"]).is_ok());
    let error = resolved.require(&["broken"]).unwrap_err();
    assert!(matches!(error, ModuleError::Missing { ref name, .. } if name == "absent"));
}

#[test]
fn a_circle_is_an_error_that_names_it() {
    let folder = tree(&[("a", "b"), ("b", "c"), ("c", "b")]);
    let Err(ModuleError::Cycle(circle)) = resolve_in(&folder, &["a"]) else { panic!("no error") };
    assert_eq!(circle, ["b", "c", "b"]);
}

#[test]
fn an_endless_chain_is_an_error() {
    let chain: Vec<_> = (0..40).map(|n| (format!("m{n}"), format!("m{}", n + 1))).collect();
    let chain: Vec<_> = chain.iter().map(|(name, next)| (name.as_str(), next.as_str())).collect();
    let folder = tree(&chain);
    assert!(matches!(resolve_in(&folder, &["m0"]), Err(ModuleError::TooDeep(_))));
}

#[test]
fn every_compression_gives_the_same_module() {
    let plain = elf("veth", "");
    let xz = {
        let options = lzma_rust2::XzOptions::with_preset(1);
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        writer.write_all(&plain).unwrap();
        writer.finish().unwrap()
    };
    let gz = {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(&plain).unwrap();
        writer.finish().unwrap()
    };
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zst = ruzstd::encoding::compress_to_vec(plain.as_slice(), level);
    for (ending, data) in [("ko", &plain), ("ko.xz", &xz), ("ko.gz", &gz), ("ko.zst", &zst)] {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, &format!("kernel/veth.{ending}"), data);
        assert_eq!(resolve_in(&folder, &["veth"]).unwrap().load[0].data, plain, "{ending}");
        if ending != "ko" {
            put(&folder, &format!("kernel/veth.{ending}"), &data[..data.len() / 2]);
            let error = resolve_in(&folder, &["veth"]).unwrap_err();
            assert!(matches!(error, ModuleError::Compression { .. }), "{ending}: {error}");
        }
    }
}

#[test]
fn hostile_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "empty.ko", b"");
    put(&folder, "text.ko", b"no ELF file at all");
    put(&folder, "cut.ko", &elf("cut", "")[..80]);
    put(&folder, "alias.ko", &elf("another", ""));
    put(&folder, "garbage.ko.zst", b"garbage");
    for name in ["empty", "text", "cut", "alias"] {
        let error = resolve_in(&folder, &[name]).unwrap_err();
        assert!(matches!(error, ModuleError::NotAModule { .. }), "{name}: {error}");
    }
    let error = resolve_in(&folder, &["garbage"]).unwrap_err();
    assert!(matches!(error, ModuleError::Compression { .. }));
}

#[test]
fn a_bomb_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..65 {
        writer.write_all(&vec![0; 1 << 20]).unwrap();
    }
    put(&folder, "bomb.ko.gz", &writer.finish().unwrap());
    let error = resolve_in(&folder, &["bomb"]).unwrap_err();
    assert!(matches!(error, ModuleError::Compression { .. }));
}

#[test]
fn links_are_not_followed_and_a_folder_that_is_not_there_is_an_error() {
    let folder = tree(&[("veth", "")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("build")).unwrap();
    assert_eq!(ModuleTree::open(folder.path()).unwrap().files.len(), 1);
    let error = ModuleTree::open(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, ModuleError::Io { .. }));
}
