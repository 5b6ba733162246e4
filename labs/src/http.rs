//! Just enough HTTP for a lab's network: a server that says who it is, and a client.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::net::Shutdown;

use crate::topology::Namespace;

/// The port of HTTP.
pub const PORT: u16 = 80;
/// How long one side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);
/// The end of a request without a body.
const END: &[u8] = b"\r\n\r\n";

/// A server in a namespace, which answers each connection once. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    served: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `address`, port 80, from within `namespace`. The body of each answer is `body`.
    ///
    /// # Errors
    /// The namespace does not have the address.
    pub fn start(namespace: &Namespace, address: Ipv4Addr, body: &str) -> Result<Self> {
        let at = SocketAddrV4::new(address, PORT);
        let listener = namespace.run(|| {
            TcpListener::bind(at)
                .with_context(|| format!("{}: cannot listen at {at}", namespace.name()))
        })?;
        let served = Arc::new(AtomicU32::new(0));
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let (accepting, counter) = (listener.try_clone()?, Arc::clone(&served));
        let thread = thread::Builder::new().name("http".into()).spawn(move || {
            while let Ok((mut stream, _)) = accepting.accept() {
                if answer(&mut stream, &response).is_ok() {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            }
        })?;
        Ok(Self { listener, served, thread: Some(thread) })
    }

    /// How many requests it has answered.
    pub fn served(&self) -> u32 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Wakes the thread, whose accept() fails from now on.
        let _ = rustix::net::shutdown(&self.listener, Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(stream: &mut TcpStream, response: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut bytes = [0; 1024];
    while !request.ends_with(END) {
        match stream.read(&mut bytes)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => request.extend_from_slice(&bytes[..length]),
        }
    }
    stream.write_all(response.as_bytes())
}

/// Asks the server at `address` for `path`, from the namespace in which we are. Gives the body.
///
/// # Errors
/// There is no connection or no answer within `patience`, or the answer is not `200 OK`.
pub fn get(address: Ipv4Addr, path: &str, patience: Duration) -> io::Result<String> {
    request(address, "GET", path, patience)
}

/// As [`get`], with another method.
///
/// # Errors
/// As [`get`].
pub fn request(
    address: Ipv4Addr,
    method: &str,
    path: &str,
    patience: Duration,
) -> io::Result<String> {
    let at = SocketAddrV4::new(address, PORT);
    let mut stream = TcpStream::connect_timeout(&at.into(), patience)?;
    stream.set_read_timeout(Some(patience))?;
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?; // at once, so that it is one packet
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    body(&response).map(str::to_owned).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn body(response: &str) -> Option<&str> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_follows_the_empty_line() {
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Some("hi"));
        assert_eq!(body("HTTP/1.1 404 Not Found\r\n\r\nhi"), None);
        assert_eq!(body("HTTP/1.1 200 OK\r\n"), None);
    }
}
