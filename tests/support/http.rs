//! Requests as no browser would let one make them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, by its address.
#[derive(Debug, Clone)]
pub struct Http {
    host: String,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// 200, 404, …
    pub status: u16,
    /// The headers, as they came.
    pub headers: String,
    /// The body, as far as it is text.
    pub body: String,
}

impl Http {
    /// The server at `http://127.0.0.1:3000/`.
    pub fn at(address: &str) -> Self {
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        Self { host: host.to_string() }
    }

    /// `127.0.0.1:3000`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether somebody listens there.
    pub fn is_there(&self) -> bool {
        TcpStream::connect(&self.host).is_ok()
    }

    /// A page or a file.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &self.host)
    }

    /// Any request, with this `Host`.
    pub fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut stream = self.send(method, path, host, "Connection: close\r\n");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: headers.to_string(), body: body.to_string() }
    }

    /// Reads a path again and again until what it has is as it should be.
    pub fn until(&self, path: &str, good: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let body = self.get(path).body;
            if good(&body) {
                return body;
            }
            assert!(Instant::now() < deadline, "{path}: {body}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What a stream of events tells, one after the other.
    pub fn events(&self, path: &str) -> impl Iterator<Item = Value> {
        let stream = self.send("GET", path, &self.host, "");
        let lines = BufReader::new(stream).lines();
        let data = lines.map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("data: ").map(|data| serde_json::from_str(data).unwrap())
        });
        Box::new(data)
    }

    fn send(&self, method: &str, path: &str, host: &str, more: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).expect("the server is there");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").unwrap();
        stream
    }
}
