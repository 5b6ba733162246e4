//! Finds kernel modules in an unpacked modules folder and orders them for loading.
//!
//! The folder is `lib/modules/RELEASE` as a package has it. `modules.dep` is not needed (a package has
//! none: depmod makes it on the target): what a module depends on is read from its own `.modinfo`.
//! Soft dependencies and aliases are not followed.

mod decompress;
mod modinfo;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

pub use modinfo::ModInfo;

/// Endings of module files, the compressed ones as distributions have them.
const ENDINGS: [&str; 4] = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];
/// Longest chain of dependencies followed; real ones are below ten.
const DEEPEST_CHAIN: usize = 32;
/// Deepest nesting of folders searched; real ones are below ten.
const DEEPEST_FOLDER: usize = 16;

/// Why modules cannot be read or ordered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// Wanted and not optional, but neither in the folder nor built in.
    #[error(
        "module {name} is neither in {folder} nor built into that kernel: use a kernel that has it",
        folder = folder.display()
    )]
    Missing {
        /// The module's name.
        name: String,
        /// The modules folder.
        folder: PathBuf,
    },
    /// A file or folder could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The compressed data are damaged, or much larger than any module when unpacked.
    #[error("cannot unpack {path}: {reason}; add the kernel again", path = path.display())]
    Compression {
        /// The module's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Not an ELF file, or one without a readable `.modinfo`.
    #[error("{path} is no kernel module: {reason}; add the kernel again", path = path.display())]
    NotAModule {
        /// The module's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Modules that depend on each other in a circle.
    #[error("modules depend on each other in a circle: {}; add the kernel again", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// A chain of dependencies longer than any real one.
    #[error("the dependencies of module {0} go deeper than 32 modules; add the kernel again")]
    TooDeep(String),
}

/// A module, unpacked and ready to be given to `init_module`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name, with `_` for `-`.
    pub name: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// The ELF file, not compressed.
    pub data: Vec<u8>,
}

/// A module that was looked for in vain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Its name, with `_` for `-`.
    pub name: String,
    /// The wanted module that cannot be loaded for want of it; itself if it was wanted directly.
    pub wanted: String,
}

/// What became of the wanted modules.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[must_use]
pub struct Resolved {
    /// To be loaded, in this order: each after all it depends on.
    pub load: Vec<Module>,
    /// Wanted, and part of the kernel image already.
    pub builtin: Vec<String>,
    /// Not there. A wanted module that depends on one of them is not in `load`.
    pub missing: Vec<Missing>,
    folder: PathBuf,
}

impl Resolved {
    /// The modules to load, or an error for the first missing one unless its wanted module is optional.
    pub fn require(self, optional: &[&str]) -> Result<Vec<Module>, ModuleError> {
        let is_optional = |wanted: &str| optional.iter().any(|name| canonical(name) == wanted);
        match self.missing.into_iter().find(|missing| !is_optional(&missing.wanted)) {
            Some(missing) => Err(ModuleError::Missing { name: missing.name, folder: self.folder }),
            None => Ok(self.load),
        }
    }
}

/// The modules of one kernel: which files there are, and what is built in.
#[derive(Debug, Clone)]
pub struct ModuleTree {
    folder: PathBuf,
    files: BTreeMap<String, PathBuf>,
    builtin: BTreeSet<String>,
}

impl ModuleTree {
    /// Lists the module files below `folder` (symbolic links are not followed) and reads
    /// `modules.builtin` if it is there. An empty folder is a tree without modules.
    pub fn open(folder: &Path) -> Result<Self, ModuleError> {
        let mut files = BTreeMap::new();
        list_modules(folder, DEEPEST_FOLDER, &mut files)?;
        Ok(Self { folder: folder.to_owned(), files, builtin: read_builtin(folder)? })
    }

    /// True if the module is a file of this tree or built in.
    pub fn has(&self, name: &str) -> bool {
        let name = canonical(name);
        self.files.contains_key(&name) || self.builtin.contains(&name)
    }

    /// The release of the kernel that the modules are built for, as the first of them says.
    pub fn release(&self) -> Result<Option<String>, ModuleError> {
        let Some(path) = self.files.values().next() else { return Ok(None) };
        let info = ModInfo::parse(&decompress::read(path)?)
            .map_err(|reason| ModuleError::NotAModule { path: path.clone(), reason })?;
        Ok(info.release)
    }

    /// Reads the wanted modules and all they depend on.
    pub fn resolve(&self, wanted: &[&str]) -> Result<Resolved, ModuleError> {
        let mut resolved = Resolved { folder: self.folder.clone(), ..Resolved::default() };
        let mut read = BTreeMap::new();
        for name in wanted {
            let name = canonical(name);
            if self.builtin.contains(&name) {
                if !resolved.builtin.contains(&name) {
                    resolved.builtin.push(name);
                }
                continue;
            }
            let mut search = Search { tree: self, read: &mut read, order: vec![], missing: vec![] };
            search.visit(&name, &mut vec![])?;
            let Search { order, missing, .. } = search;
            if missing.is_empty() {
                for module in order {
                    if !resolved.load.iter().any(|loaded| loaded.name == module.name) {
                        resolved.load.push(module);
                    }
                }
            }
            for absent in missing {
                let absent = Missing { name: absent, wanted: name.clone() };
                if !resolved.missing.contains(&absent) {
                    resolved.missing.push(absent);
                }
            }
        }
        Ok(resolved)
    }
}

/// A depth-first walk from one wanted module.
struct Search<'a> {
    tree: &'a ModuleTree,
    read: &'a mut BTreeMap<String, (Module, Vec<String>)>,
    order: Vec<Module>,
    missing: Vec<String>,
}

impl Search<'_> {
    /// Adds what `name` depends on, then `name`. `chain` is the way from the wanted module to here.
    fn visit(&mut self, name: &str, chain: &mut Vec<String>) -> Result<(), ModuleError> {
        if let Some(start) = chain.iter().position(|above| above == name) {
            let mut circle = chain.split_off(start);
            circle.push(name.to_owned());
            return Err(ModuleError::Cycle(circle));
        }
        if self.tree.builtin.contains(name) || self.order.iter().any(|module| module.name == name) {
            return Ok(());
        }
        if chain.len() >= DEEPEST_CHAIN {
            return Err(ModuleError::TooDeep(chain[0].clone()));
        }
        let Some(path) = self.tree.files.get(name) else {
            self.missing.push(name.to_owned());
            return Ok(());
        };
        let (module, depends) = match self.read.get(name) {
            Some(known) => known.clone(),
            None => {
                let fresh = read_module(name, path)?;
                self.read.insert(name.to_owned(), fresh.clone());
                fresh
            }
        };
        chain.push(name.to_owned());
        for dependency in &depends {
            self.visit(dependency, chain)?;
        }
        chain.pop();
        self.order.push(module);
        Ok(())
    }
}

/// The name under which the kernel knows a module: `-` and `_` are the same to it.
fn canonical(name: &str) -> String {
    name.replace('-', "_")
}

/// `kernel/net/sched/sch-x.ko.xz` is module `sch_x`; `None` if this is no module's file.
fn module_name(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).map(canonical)
}

fn read_module(name: &str, path: &Path) -> Result<(Module, Vec<String>), ModuleError> {
    let data = decompress::read(path)?;
    let info = ModInfo::parse(&data)
        .map_err(|reason| ModuleError::NotAModule { path: path.to_owned(), reason })?;
    if let Some(own) = info.name
        && canonical(&own) != name
    {
        let reason = format!("it calls itself {own}");
        return Err(ModuleError::NotAModule { path: path.to_owned(), reason });
    }
    let depends = info.depends.iter().map(|dependency| canonical(dependency)).collect();
    Ok((Module { name: name.to_owned(), path: path.to_owned(), data }, depends))
}

fn list_modules(
    folder: &Path,
    depth: usize,
    files: &mut BTreeMap<String, PathBuf>,
) -> Result<(), ModuleError> {
    let failed = |source| ModuleError::Io { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            list_modules(&path, depth - 1, files)?;
        } else if kind.is_file()
            && let Some(name) = module_name(&path)
        {
            files.insert(name, path);
        }
    }
    Ok(())
}

fn read_builtin(folder: &Path) -> Result<BTreeSet<String>, ModuleError> {
    let path = folder.join("modules.builtin");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter_map(|line| module_name(Path::new(line))).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(source) => Err(ModuleError::Io { path, source }),
    }
}

/// The modules to load for `wanted`, in order. What the kernel has built in or does not have is left
/// out; [`ModuleTree::resolve`] tells which those are.
pub fn resolve(folder: &Path, wanted: &[&str]) -> Result<Vec<Module>, ModuleError> {
    Ok(ModuleTree::open(folder)?.resolve(wanted)?.load)
}
