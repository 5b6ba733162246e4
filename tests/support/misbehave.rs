//! A lab that misbehaves, in the way that its last argument names, or the end of its own file does
//! (`MISBEHAVE=fork-bomb`): a program that was handed in gets the arguments of the lab.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn main() {
    let how = written_down().or_else(|| std::env::args().next_back()).unwrap_or_default();
    let before_last = || std::env::args().rev().nth(1).unwrap_or_default();
    let say = |text: &[u8]| {
        let _ = std::io::stdout().write_all(text);
        let _ = std::io::stdout().flush();
    };
    let mark = |stage: &str| eprintln!("@{stage}");
    match how.as_str() {
        // Hangs before it opens anything, and after it was attached.
        "hang-open" => forever(),
        "hang-observe" => {
            ["open", "load", "attach", "observe"].into_iter().for_each(mark);
            say(b"attached\n");
            forever();
        }
        // Leaves a child behind that keeps its streams open.
        "forgotten-child" => {
            let this = std::env::current_exe().expect("/proc is there");
            #[expect(clippy::zombie_processes, reason = "it is to be forgotten")]
            std::process::Command::new(this).arg("hang-open").spawn().expect("a child starts");
        }
        // Prints 100 MB.
        "flood" => (0..1000).for_each(|_| say(&[b"all work and no play\n".repeat(5000)].concat())),
        // Prints a little less than is taken, in the shortest lines, no two of them the same for long.
        "many-lines" => {
            let line = |n: u32| format!("{:x}\n", n.wrapping_mul(2_654_435_761) >> 20);
            say((0..1_900_000).map(line).collect::<String>().as_bytes());
        }
        // Prints bytes that are no text, and what would clear a terminal.
        "binary" => {
            ["open", "load", "attach", "observe"].into_iter().for_each(mark);
            say(b"caf\xe9 \x1b[2J\n\n\n");
        }
        "crash" => std::process::abort(),
        // Prints its last argument but one, and that is all.
        "print" => say(before_last().as_bytes()),
        // The same, and makes the kernel warn: it has not as much memory as this asks for at once.
        "warn" if Path::new("/sys/class/virtio-ports").is_dir() => {
            let _ = std::fs::write("/proc/irq/default_smp_affinity", vec![0; 8 << 20]);
            say(before_last().as_bytes());
        }
        // Takes the kernel down: only in a micro-VM of ours.
        "panic" if Path::new("/sys/class/virtio-ports").is_dir() && Path::new("/init").exists() => {
            std::fs::write("/proc/sysrq-trigger", "c").expect("the machine crashes");
        }
        // Starts itself without end. Of those that it starts, each does.
        "fork-bomb" if in_a_machine() => {
            ["open", "load", "attach", "observe"].into_iter().for_each(mark);
            let this = std::env::current_exe().expect("/proc is there");
            loop {
                let _ = Command::new(&this).spawn();
            }
        }
        // Writes until there is no room, wherever it can.
        "fill-disk" if in_a_machine() => {
            for folder in ["/tmp", "/run", "/dev", "/lab"] {
                let written = fs::File::create(format!("{folder}/full")).and_then(|mut file| {
                    loop {
                        file.write_all(&[b'x'; 1 << 20])?;
                    }
                });
                let error: std::io::Error = match written {
                    Ok(never) => never,
                    Err(error) => error,
                };
                eprintln!("error: {folder}: {error}");
            }
            panic!("there is no room left");
        }
        // Looks for a way to this machine's files, and to those of others.
        "write-outside" if in_a_machine() => {
            for path in outside() {
                if let Ok(mut file) = fs::OpenOptions::new().append(true).open(&path) {
                    let _ = file.write_all(b"written from inside");
                }
                let _ = fs::create_dir_all(&path);
                let _ = fs::write(path.join("written-from-inside"), "x");
            }
            say(format!("others: {:?}\n", others()).as_bytes());
        }
        "switch-off" if in_a_machine() => {
            fs::write("/proc/sysrq-trigger", "o").expect("the machine goes off");
            forever();
        }
        other => eprintln!("error: cannot misbehave like `{other}`"),
    }
}

/// Only in a micro-VM of ours is anything done that harms its machine.
fn in_a_machine() -> bool {
    Path::new("/sys/class/virtio-ports").is_dir() && Path::new("/init").exists()
}

/// How to misbehave, from the end of this program's file.
fn written_down() -> Option<String> {
    let own = fs::read(std::env::current_exe().ok()?).ok()?;
    let end = own.rsplit(|byte| *byte == b'\n').nth(1)?;
    let how = std::str::from_utf8(end).ok()?.strip_prefix("MISBEHAVE=")?;
    Some(how.to_string())
}

/// Places that a submission might reach if it were not in a machine of its own.
fn outside() -> Vec<std::path::PathBuf> {
    let places = [
        "/tmp/grade-outside",
        "/srv",
        "/root",
        "/home",
        "/../../../../tmp/grade-outside",
        "/dev/vda",
        "/dev/sda",
        "/dev/mem",
    ];
    places.map(Into::into).into()
}

/// Files of other submissions: in a machine of its own there are none.
fn others() -> Vec<String> {
    let entries = fs::read_dir("/lab").into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn forever() {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}
