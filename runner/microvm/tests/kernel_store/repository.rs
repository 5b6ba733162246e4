//! A package archive on disk, made for a test, and a machine whose apt knows that alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use microvm::kernel::{AptMachine, Architecture};

/// A configuration with all that is needed.
pub(crate) const CONFIG: &str = "CONFIG_BPF_SYSCALL=y\nCONFIG_DEBUG_INFO_BTF=y\nCONFIG_BPF_EVENTS=y\n\
    CONFIG_KPROBES=y\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_DEVTMPFS=y\nCONFIG_VIRTIO_PCI=y\n\
    CONFIG_VIRTIO_CONSOLE=y\n";

/// The least that passes for a bzImage, `size` bytes long.
pub(crate) fn bzimage(release: &str, size: usize) -> Vec<u8> {
    let mut data = vec![0; size];
    data[0x1f1] = 3;
    data[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
    data[0x202..0x206].copy_from_slice(b"HdrS");
    data[0x20e..0x210].copy_from_slice(&0x300_u16.to_le_bytes());
    let banner = format!("{release} (test)\0");
    data[0x500..0x500 + banner.len()].copy_from_slice(banner.as_bytes());
    data
}

/// An archive of one suite, `bookworm`, and the folder of apt's sources that names it.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    index: String,
}

impl Repository {
    /// `None`, with the reason printed, where there is no apt.
    pub(crate) fn new() -> Option<Self> {
        for program in ["apt-get", "dpkg-deb"] {
            if Command::new(program).arg("--version").output().is_err() {
                eprintln!("skipped: {program} is not installed");
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("archive/pool")).unwrap();
        let repository = Self { folder, index: String::new() };
        repository.publish();
        Some(repository)
    }

    /// Where the archive lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    /// The machine that trusts this archive without a signature.
    pub(crate) fn machine(&self) -> AptMachine {
        let line = format!("deb [trusted=yes] file:{} bookworm main\n", self.path().display());
        self.machine_with(&line)
    }

    /// A machine with this `sources.list`.
    pub(crate) fn machine_with(&self, list: &str) -> AptMachine {
        let sources = self.folder.path().join("etc");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("sources.list"), list).unwrap();
        AptMachine { sources, own_lists: false, architecture: Architecture::Amd64 }
    }

    /// Adds the package of a kernel with these files, by their paths in it, and gives its file.
    pub(crate) fn add(&mut self, release: &str, version: &str, files: &[(&str, &[u8])]) -> PathBuf {
        let name = format!("linux-image-{release}");
        let tree = self.folder.path().join("tree");
        for (path, data) in files {
            let path = tree.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: test\n\
             Description: test\n"
        );
        fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        fs::write(tree.join("DEBIAN/control"), &control).unwrap();
        let deb = self.path().join(format!("pool/{name}_{version}_amd64.deb"));
        let build =
            Command::new("dpkg-deb").args(["-Zgzip", "--build"]).arg(&tree).arg(&deb).output();
        assert!(build.unwrap().status.success());
        fs::remove_dir_all(&tree).unwrap();
        self.enter(&control, &deb);
        deb
    }

    /// The same with the usual files.
    pub(crate) fn add_kernel(&mut self, release: &str, version: &str) -> PathBuf {
        let image = bzimage(release, 300_000);
        self.add_kernel_with(release, version, &image, CONFIG)
    }

    /// The same with this image and configuration.
    pub(crate) fn add_kernel_with(
        &mut self,
        release: &str,
        version: &str,
        image: &[u8],
        config: &str,
    ) -> PathBuf {
        let files: [(&str, &[u8]); 4] = [
            (&format!("boot/vmlinuz-{release}"), image),
            (&format!("boot/config-{release}"), config.as_bytes()),
            (
                &format!("lib/modules/{release}/modules.builtin"),
                b"kernel/drivers/virtio/virtio.ko\n",
            ),
            (&format!("lib/modules/{release}/kernel/drivers/net/veth.ko"), b"not looked at"),
        ];
        self.add(release, version, &files)
    }

    /// Writes a package into the index with the digest that its file has now.
    fn enter(&mut self, control: &str, deb: &Path) {
        let name = deb.file_name().unwrap().to_str().unwrap();
        let size = fs::metadata(deb).unwrap().len();
        let digest = sha256(deb);
        let place = format!("Filename: pool/{name}\nSize: {size}\nSHA256: {digest}\n\n");
        self.index.push_str(&(control.to_owned() + &place));
        self.publish();
    }

    /// Replaces a package's file by other bytes, and its digest in the index with it.
    pub(crate) fn replace(&mut self, deb: &Path, data: &[u8]) {
        let (digest, size) = (sha256(deb), fs::metadata(deb).unwrap().len());
        fs::write(deb, data).unwrap();
        self.index = self
            .index
            .replace(&digest, &sha256(deb))
            .replace(&format!("Size: {size}\n"), &format!("Size: {}\n", data.len()));
        self.publish();
    }

    fn publish(&self) {
        let suite = self.path().join("dists/bookworm");
        let lists = suite.join("main/binary-amd64");
        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join("Packages"), &self.index).unwrap();
        let digest = sha256(&lists.join("Packages"));
        let release = format!(
            "Origin: Test\nSuite: bookworm\nCodename: bookworm\nArchitectures: amd64\n\
             Components: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n \
             {digest} {} main/binary-amd64/Packages\n",
            self.index.len()
        );
        fs::write(suite.join("Release"), release).unwrap();
    }
}

/// What lies in a store's folder, but for the lock.
pub(crate) fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".lock");
    names.sort();
    names
}

fn sha256(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().to_owned()
}
