//! Adding kernels from files: a user's own image, modules and configuration.

#[path = "kernel_store/repository.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod repository;

use std::fs;
use std::path::PathBuf;

use microvm::kernel::{Architecture, ImageFiles, Kernel, KernelError, Store};
use object::write::Object;
use object::{BinaryFormat, Endianness, SectionKind};
use repository::{CONFIG, bzimage};

const RELEASE: &str = "6.9.3-mine";

/// A folder with a kernel's files in the usual places, and an empty store.
struct Files {
    folder: tempfile::TempDir,
    store: Store,
}

impl Files {
    fn new() -> Option<Self> {
        if Architecture::of_this_machine().ok() != Some(Architecture::Amd64) {
            eprintln!("skipped: the image made here is for another processor");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("store"));
        let files = Self { folder, store };
        files.put(&format!("boot/vmlinuz-{RELEASE}"), &bzimage(RELEASE, 9000));
        files.put(&format!("boot/config-{RELEASE}"), CONFIG.as_bytes());
        files.put("modules/kernel/drivers/net/veth.ko", &module(RELEASE));
        files.put("modules/kernel/fs/ext4/ext4.ko", &module(RELEASE));
        files.put("modules/modules.dep", b"not needed");
        Some(files)
    }

    fn put(&self, path: &str, data: &[u8]) -> PathBuf {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, data).unwrap();
        path
    }

    fn add(&self, image: &str, modules: Option<&str>) -> Result<Kernel, KernelError> {
        let at = |path: &str| self.folder.path().join(path);
        let modules = modules.map(at);
        let files = ImageFiles { image: &at(image), modules: modules.as_deref(), config: None };
        self.store.add_image("mine", &files, &mut |_| {})
    }
}

/// The ELF file of a module that was built for this kernel.
fn module(release: &str) -> Vec<u8> {
    let architecture = object::Architecture::X86_64;
    let mut file = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let section = file.add_section(vec![], b".modinfo".to_vec(), SectionKind::ReadOnlyData);
    let text = format!("vermagic={release} SMP\0");
    file.append_section_data(section, text.as_bytes(), 1);
    file.write().unwrap()
}

#[test]
fn an_image_brings_its_configuration_and_the_modules_of_use() {
    let Some(files) = Files::new() else { return };
    let kernel = files.add("boot/vmlinuz-6.9.3-mine", Some("modules")).unwrap();
    assert_eq!((kernel.series.as_str(), kernel.release.as_str()), ("mine", RELEASE));
    assert_eq!(fs::read_to_string(kernel.config.unwrap()).unwrap(), CONFIG);
    assert!(kernel.modules.join("kernel/drivers/net/veth.ko").exists());
    assert!(!kernel.modules.join("kernel/fs/ext4/ext4.ko").exists());
    assert!(!kernel.modules.join("modules.dep").exists());
}

#[test]
fn an_image_alone_will_do_and_takes_the_place_of_another() {
    let Some(files) = Files::new() else { return };
    files.add("boot/vmlinuz-6.9.3-mine", Some("modules")).unwrap();
    files.put("bzImage", &bzimage("6.10.0-new", 9000));
    let kernel = files.add("bzImage", None).unwrap();
    assert_eq!((kernel.release.as_str(), kernel.config), ("6.10.0-new", None));
    assert_eq!(fs::read_dir(kernel.modules).unwrap().count(), 0);
    assert_eq!(files.store.list().unwrap().len(), 1);
}

#[test]
fn what_is_no_kernel_is_refused_and_the_one_that_is_there_stays() {
    let Some(files) = Files::new() else { return };
    let kernel = files.add("boot/vmlinuz-6.9.3-mine", None).unwrap();
    files.put("text", b"not a kernel");
    files.put("half", &bzimage(RELEASE, 9000)[..1600]);
    let mut arm = vec![0; 4096];
    arm[56..60].copy_from_slice(b"ARM\x64");
    files.put("arm", &arm);
    for image in ["text", "half", "arm"] {
        let error = files.add(image, None).unwrap_err();
        assert!(matches!(error, KernelError::NotAKernel { .. }), "{image}: {error}");
    }
    let error = files.add("absent", None).unwrap_err();
    assert!(matches!(error, KernelError::Io { .. }), "{error}");
    assert_eq!(files.store.get("mine").unwrap(), kernel);
}

#[test]
fn modules_of_another_kernel_are_refused() {
    let Some(files) = Files::new() else { return };
    files.put("others/kernel/net/x.ko", &module("6.1.0-other"));
    let error = files.add("boot/vmlinuz-6.9.3-mine", Some("others")).unwrap_err();
    let KernelError::OtherModules { modules, image, .. } = &error else { panic!("{error}") };
    assert_eq!((modules.as_str(), image.as_str()), ("6.1.0-other", RELEASE));
    let error = files.add("boot/vmlinuz-6.9.3-mine", Some("nowhere")).unwrap_err();
    assert!(matches!(error, KernelError::Io { .. }), "{error}");
}

#[test]
fn a_kernel_without_bpf_names_what_is_missing() {
    let Some(files) = Files::new() else { return };
    let config = CONFIG.replace("CONFIG_BPF_SYSCALL=y", "# CONFIG_BPF_SYSCALL is not set");
    files.put("boot/config-6.9.3-mine", config.as_bytes());
    let error = files.add("boot/vmlinuz-6.9.3-mine", None).unwrap_err();
    assert!(error.to_string().contains("CONFIG_BPF_SYSCALL is not set"), "{error}");
    assert!(files.store.list().unwrap().is_empty());
}

#[test]
fn a_channel_of_modules_needs_them() {
    let Some(files) = Files::new() else { return };
    let config = CONFIG.replace("VIRTIO_PCI=y", "VIRTIO_PCI=m").replace("CONSOLE=y", "CONSOLE=m");
    files.put("boot/config-6.9.3-mine", config.as_bytes());
    let error = files.add("boot/vmlinuz-6.9.3-mine", Some("modules")).unwrap_err();
    let KernelError::NoModules { missing, .. } = &error else { panic!("{error}") };
    assert_eq!(missing[..], ["virtio_pci", "virtio_console"]);
    assert!(error.to_string().contains("boot/vmlinuz-6.9.3-mine has virtio_pci"), "{error}");

    files.put("modules/kernel/drivers/virtio/virtio_pci.ko", &module(RELEASE));
    files.put("modules/modules.builtin", b"kernel/drivers/char/virtio_console.ko\n");
    files.add("boot/vmlinuz-6.9.3-mine", Some("modules")).unwrap();
}

#[test]
fn a_truncated_header_is_no_reason_to_stumble() {
    let Some(files) = Files::new() else { return };
    let image = bzimage(RELEASE, 9000);
    for length in [0, 1, 0x202, 0x206, 0x20e, 0x210] {
        files.put("cut", &image[..length]);
        assert!(files.add("cut", None).is_err(), "{length}");
    }
}
