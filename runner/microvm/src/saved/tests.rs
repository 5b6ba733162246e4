//! Which files of the folder are kept.

use super::*;

/// A folder of saved machines; each was used at a time of its own, in days after 1970.
struct Cache(tempfile::TempDir);

impl Cache {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: &str, day: u64, size: u64) -> PathBuf {
        let path = self.0.path().join(name);
        let file = File::create(&path).unwrap();
        file.set_len(size).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86400)).unwrap();
        path
    }

    fn clean(&self, new: &Path, total: u64) -> Vec<String> {
        Folder::open(self.0.path()).unwrap().clean(new, total);
        self.names()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn of_each_label_the_two_that_were_used_last_are_kept() {
    let cache = Cache::new();
    cache.add("6.1-00000000000000aa.state", 1, 1);
    cache.add("6.1-00000000000000aa.notes", 9, 1);
    cache.add("6.1-00000000000000bb.state", 3, 1);
    cache.add("6.1-00000000000000bb.notes", 3, 1);
    let new = cache.add("6.1-00000000000000cc.state", 2, 1);
    cache.add("6.12-00000000000000dd.state", 1, 1);
    cache.add("6.1-mine-00000000000000ee.state", 1, 1);
    let kept = [
        "6.1-00000000000000bb.notes",
        "6.1-00000000000000bb.state",
        "6.1-00000000000000cc.state",
        "6.1-mine-00000000000000ee.state",
        "6.12-00000000000000dd.state",
    ];
    assert_eq!(cache.clean(&new, TOTAL), kept);
}

#[test]
fn all_of_them_take_no_more_than_the_bound_and_the_new_one_stays() {
    let cache = Cache::new();
    for day in 1..=4 {
        cache.add(&format!("{day}-0000000000000000.state"), day, 300);
    }
    let new = cache.add("new-0000000000000000.state", 0, 500);
    let kept = ["4-0000000000000000.state", "new-0000000000000000.state"];
    assert_eq!(cache.clean(&new, 1000), kept);
    assert_eq!(cache.clean(&new, 100), kept[1..]);
}

#[test]
fn what_is_left_of_former_versions_and_of_kills_is_removed() {
    let cache = Cache::new();
    cache.add("6.1-94a953d3e3e46dca-f98e7801.state", 1, 1);
    cache.add("6.1-94a953d3e3e46dca-f98e7801.notes", 1, 1);
    cache.add("6.1-00000000000000aa.notes-123", 1, 1);
    cache.add("6.1-00000000000000bb.notes", 1, 1);
    cache.add("lock", 1, 1);
    cache.add("accelerator.json", 1, 1);
    cache.add("not ours.state", 1, 1);
    // Another process is just about to give its machine a name.
    let young = cache.0.path().join("6.1-00000000000000cc.notes");
    fs::write(&young, "").unwrap();
    let new = cache.add("6.1-00000000000000aa.state", 1, 1);
    cache.add("6.1.lock", 1, 1);
    let kept = [
        "6.1-00000000000000aa.state",
        "6.1-00000000000000cc.notes",
        "6.1.lock",
        "accelerator.json",
        "not ours.state",
    ];
    assert_eq!(cache.clean(&new, TOTAL), kept);
}

#[test]
fn only_who_makes_the_same_machine_is_waited_for() {
    let cache = Cache::new();
    let folder = Folder::open(cache.0.path()).unwrap();
    let one = folder.lock("6.1", || panic!("nobody is at it")).unwrap();
    let _other = folder.lock("6.12", || panic!("6.1 is another")).unwrap();
    let (told, waits) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let same = scope.spawn(|| folder.lock("6.1", || told.send(()).unwrap()).unwrap());
        waits.recv().unwrap();
        assert!(!same.is_finished());
        drop(one);
    });
}

#[test]
fn what_is_found_counts_as_used() {
    let cache = Cache::new();
    let path = cache.add("6.1-00000000000000aa.state", 1, 1);
    let folder = Folder::open(cache.0.path()).unwrap();
    assert_eq!(folder.find("6.1", "00000000000000bb"), None);
    assert!(folder.find("6.1", "00000000000000aa").is_some());
    assert!(age(&path) < ABANDONED);
}

#[test]
fn a_file_that_has_the_name_is_replaced() {
    let cache = Cache::new();
    let folder = Folder::open(cache.0.path()).unwrap();
    let saved = SavedFile { path: cache.add("6.1-00000000000000aa.state", 1, 1) };
    for text in ["kprobe yes\n", "kprobe yes\nxdp no\n"] {
        saved.write_notes(text).unwrap();
        assert_eq!(fs::read_to_string(saved.notes()).unwrap(), text);
    }
    assert_eq!(cache.names(), ["6.1-00000000000000aa.notes", "6.1-00000000000000aa.state"]);
    let mut file = folder.nameless().unwrap();
    file.write_all(b"new").unwrap();
    folder.publish(&file, "6.1", "00000000000000aa").unwrap();
    assert_eq!(fs::read(saved.path()).unwrap(), b"new");
}

#[test]
fn many_write_the_same_and_all_succeed() {
    let cache = Cache::new();
    let saved = SavedFile { path: cache.add("6.1-00000000000000aa.state", 1, 1) };
    thread::scope(|scope| {
        for number in 0..8 {
            let saved = &saved;
            scope.spawn(move || {
                for _ in 0..50 {
                    saved.write_notes(&format!("{number} {number}")).unwrap();
                }
            });
        }
    });
    let text = fs::read_to_string(saved.notes()).unwrap();
    assert!(text.len() == 3 && text[..1] == text[2..], "{text}");
}
