//! Answers requests: pages with the script in them, files, and the state.

use std::convert::Infallible;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;
use tower_http::services::{ServeDir, ServeFile};

use super::Handle;

/// What goes into each page, before the end of its body.
const TAG: &str = "<script src=\"/labrunner/served.js\"></script>\n";

const SCRIPT: &str = include_str!("served.js");

/// The page that says that there is none; only its status is another.
const NOT_FOUND: &str = "404.html";

pub(super) fn app(destination: &Path, handle: &Handle) -> Router {
    let files =
        ServeDir::new(destination).not_found_service(ServeFile::new(destination.join(NOT_FOUND)));
    let (events, state) = (handle.clone(), handle.clone());
    Router::new()
        .route(
            "/labrunner/served.js",
            get(|| async { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT) }),
        )
        .route("/labrunner/state.json", get(async move || Json(state.state.borrow().clone())))
        .route("/labrunner/events", get(async move || stream(&events)))
        .fallback_service(files)
        .layer(from_fn(inject))
        .layer(from_fn(guard))
}

/// The state at once, and again whenever it changes.
fn stream(handle: &Handle) -> impl IntoResponse + use<> {
    let states = WatchStream::new(handle.state.subscribe());
    let events = states.map(|state| {
        let text = serde_json::to_string(&state).unwrap_or_default();
        Ok::<_, Infallible>(Event::default().data(text))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Refuses what does not come from a page of this server: a page of another site could have its own name
/// lead here (DNS rebinding), and would then be let read everything.
async fn guard(request: Request, next: Next) -> Response {
    let refuse = |status: StatusCode, why: &'static str| (status, why).into_response();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "the book can only be read\n");
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        return refuse(StatusCode::FORBIDDEN, "this server answers to localhost only\n");
    }
    next.run(request).await
}

/// Whether a `Host` names this machine's loopback: `127.0.0.1:3000`, `localhost`, `[::1]:3000`.
fn is_loopback(host: &str) -> bool {
    let Ok(uri) = host.parse::<Uri>() else { return false };
    let plain = uri.path().is_empty() || uri.path() == "/";
    plain && matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// Puts the script into pages. Browsers keep nothing: a page may change twice in a second, and the times
/// of files do not tell.
async fn inject(mut request: Request, next: Next) -> Response {
    for name in [IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE] {
        request.headers_mut().remove(name);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(LAST_MODIFIED);
    headers.remove(ACCEPT_RANGES);
    let is_page =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return response;
    }
    headers.remove(CONTENT_LENGTH);
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(with_script(&bytes))),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{e}\n")).into_response(),
    }
}

/// Nothing is added where there is no end of a body, as in the answer to a `HEAD`.
fn with_script(page: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"</body>";
    let Some(at) = page.windows(END.len()).rposition(|window| window == END) else {
        return page.to_vec();
    };
    [&page[..at], TAG.as_bytes(), &page[at..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_loopback_are_answered() {
        for host in ["127.0.0.1:3000", "localhost", "localhost:1", "[::1]:3000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "127.0.0.1.example.org",
            "localhost.example.org:3000",
            "a@localhost/x",
            "0.0.0.0:3000",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_script_goes_before_the_last_end_of_a_body() {
        let page = with_script(b"<body></body></body></html>");
        assert_eq!(page, format!("<body></body>{TAG}</body></html>").into_bytes());
        assert_eq!(with_script(b""), b"");
    }
}
