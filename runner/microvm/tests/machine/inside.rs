//! What the tests run inside a machine: does what its first argument names.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = std::env::args().collect();
    let argument = words.get(2).map(String::as_str).unwrap_or_default();
    match words.get(1).map(String::as_str).unwrap_or_default() {
        "echo" => {
            io::copy(&mut io::stdin(), &mut io::stdout())?;
            println!("the end");
        }
        "both" => {
            println!("out");
            eprintln!("err");
        }
        "flood" => flood(argument.parse().expect("a number of bytes"))?,
        "exit" => return Ok(ExitCode::from(argument.parse::<u8>().expect("a status"))),
        "abort" => std::process::abort(),
        "sleep" => {
            println!("asleep");
            sleep(Duration::from_secs(3600));
        }
        "hold" => {
            let memory = vec![1u8; argument.parse().expect("a number of bytes")];
            println!("{} bytes", memory.len());
            sleep(Duration::from_secs(3600));
            drop(memory);
        }
        "environment" => std::env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "mode" => println!("{:o}", fs::metadata(argument)?.permissions().mode() & 0o7777),
        "cat" => io::copy(&mut File::open(argument)?, &mut io::stdout()).map(drop)?,
        "clock" => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            println!("{}", now.expect("after 1970").as_millis());
        }
        "random" => {
            let mut bytes = [0; 16];
            File::open("/dev/urandom")?.read_exact(&mut bytes)?;
            println!("{bytes:02x?}");
        }
        "loopback" => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let mut near = TcpStream::connect(listener.local_addr()?)?;
            listener.accept()?.0.write_all(b"through the loopback\n")?;
            io::copy(&mut near, &mut io::stdout())?;
        }
        "say" => fs::write("/dev/kmsg", format!("{argument}\n"))?,
        // The rest harms the kernel that it runs on.
        _ if !Path::new("/sys/class/virtio-ports").is_dir() || !Path::new("/init").exists() => {
            return Err(io::Error::other("not outside of a machine of ours"));
        }
        "sysrq" => fs::write("/proc/sysrq-trigger", argument)?,
        // Makes the kernel ask for more memory at a time than it can have, which it warns of.
        "warn" => {
            let refused = fs::write("/proc/irq/default_smp_affinity", vec![0; 8 << 20]);
            println!("{refused:?}");
        }
        other => return Err(io::Error::other(format!("I cannot {other}"))),
    }
    Ok(ExitCode::SUCCESS)
}

/// Lines of 64 bytes that tell where they are, then a last short one.
fn flood(bytes: usize) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout());
    for at in (0..bytes).step_by(64) {
        let line = format!("{at:<63}\n");
        out.write_all(&line.as_bytes()[..line.len().min(bytes - at)])?;
    }
    out.flush()
}
