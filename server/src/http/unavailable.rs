//! The console's answer while its database cannot be asked or written: whoever is signed in stays so, nothing was
//! changed, and the same request a moment later may do, or once somebody has made room on a disk.

use app::model::error::{Error, ErrorKind};
use app::paths;
use app::preference::Preference;
use axum::http::header::{CONTENT_TYPE, REFRESH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::function;

/// When to ask again, in seconds.
const RETRY_SECONDS: i64 = 5;

/// For a request to that path: a page for people, the refusal of a server function for the console's own calls.
pub fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    let t = Preference::of(headers).language.text();
    let is_form = [paths::POST_SIGN_IN, paths::POST_SIGN_OUT].contains(&path);
    let mut response = match path.starts_with(paths::CONSOLE) && !is_form {
        true => {
            let retry_after_seconds = RETRY_SECONDS;
            let kind = ErrorKind::Throttling {
                retry_after_seconds,
            };
            let error = Error::new(kind, t.errors.busy);
            function::refused(StatusCode::SERVICE_UNAVAILABLE, error)
        }
        false => page(method, headers, [t.errors.busy_title, t.errors.busy]),
    };
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}

/// For a form that could not be taken because a disk is full.
pub fn disk_full(headers: &HeaderMap) -> Response {
    let t = Preference::of(headers).language.text();
    let words = [t.errors.disk_full_title, t.errors.disk_full];
    let mut response = page(&Method::POST, headers, words);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, RETRY_SECONDS.into());
    response
}

/// Plain: the answer's policy lets no style in. What was only read is asked for again by the browser itself.
fn page(method: &Method, headers: &HeaderMap, [title, words]: [&str; 2]) -> Response {
    let language = Preference::of(headers).language;
    let t = language.text();
    // An empty address is this page's own. The way from a form is the list: it is shown to whoever is signed in.
    let (is_read, again) = match *method == Method::GET {
        true => (true, ""),
        false => (false, paths::CLUSTERS),
    };
    let html = format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title></head><body><h1>{title}</h1><p>{words}</p><p><a href=\"{again}\">{}</a></p></body></html>",
        language.tag(),
        t.errors.retry,
    );
    let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, kind, html).into_response();
    if is_read {
        response
            .headers_mut()
            .insert(REFRESH, HeaderValue::from(RETRY_SECONDS));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    #[tokio::test]
    async fn everybody_is_told_to_come_again_in_a_form_they_can_read() {
        for (method, path, kind, refreshes) in [
            (Method::GET, "/clusters?filter=a", "text/html", true),
            (Method::POST, paths::POST_SIGN_IN, "text/html", false),
            (Method::POST, paths::POST_SIGN_OUT, "text/html", false),
            (
                Method::POST,
                "/console/list-clusters",
                "application/json",
                false,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static("openpcs-language=zh-CN"));
            let response = answer(&method, path, &headers);
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            let header = |name| response.headers().get(name).map(|v| v.to_str().unwrap());
            assert_eq!(header(RETRY_AFTER), Some("5"), "{path}");
            assert_eq!(header(REFRESH).is_some(), refreshes, "{path}");
            assert!(header(CONTENT_TYPE).unwrap().starts_with(kind), "{path}");
            let body = axum::body::to_bytes(response.into_body(), 10_000)
                .await
                .unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            let words = app::i18n::Language::SimplifiedChinese.text().errors.busy;
            assert!(text.contains(words), "{path}: {text}");
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_in_both_languages() {
        for (cookie, language) in [
            ("openpcs-language=en", app::i18n::Language::English),
            (
                "openpcs-language=zh-CN",
                app::i18n::Language::SimplifiedChinese,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(cookie));
            let response = disk_full(&headers);
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            let body = axum::body::to_bytes(response.into_body(), 10_000)
                .await
                .unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(text.contains(language.text().errors.disk_full), "{text}");
        }
    }
}
