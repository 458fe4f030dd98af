//! Past jobs as a table to keep, written as it is read: of a million jobs no more than a piece is in memory.

use std::sync::Arc;

use app::model::error::{Error, Result};
use app::model::page::PageRequest;
use app::model::past_job::{PastCsv, PastJobsOf};
use app::port::{Backend, ControlPlane, Ctx};
use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// As the console writes it.
#[derive(Deserialize)]
pub struct Wanted {
    /// Each in JSON.
    of: Option<String>,
    page: Option<String>,
    /// In whose words the filter is.
    language: Option<String>,
}

/// What a piece is asked of.
struct Asked {
    plane: Arc<dyn ControlPlane>,
    ctx: Ctx,
    of: PastJobsOf,
    page: PageRequest,
}

pub async fn file(
    Extension(backend): Extension<Backend>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let first = async {
        let mut asked = asked(&backend, wanted)?;
        let first = piece(&mut asked).await?;
        Ok::<_, Error>((asked, first))
    };
    let (asked, first) = match first.await {
        Ok(begun) => begun,
        Err(refusal) => return (app::api::status(&refusal), refusal.message).into_response(),
    };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"past-jobs.csv\"",
        ),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Body::from_stream(pieces(asked, first))).into_response()
}

fn asked(backend: &Backend, wanted: Wanted) -> Result<Asked> {
    let mut ctx = backend.ctx()?.clone();
    if let Some(language) = &wanted.language {
        ctx = ctx.in_language(language);
    }
    Ok(Asked {
        plane: backend.plane.clone(),
        of: json("of", wanted.of)?,
        page: json("page", wanted.page)?,
        ctx,
    })
}

fn json<T: Default + DeserializeOwned>(name: &str, text: Option<String>) -> Result<T> {
    let read = text.map_or_else(|| Ok(T::default()), |text| serde_json::from_str(&text));
    read.map_err(|error| Error::field(name, format!("This cannot be read as JSON: {error}.")))
}

/// The next one; where it ends is where the one after it begins.
async fn piece(asked: &mut Asked) -> Result<PastCsv> {
    let (of, page) = (asked.of.clone(), asked.page.clone());
    let piece = asked.plane.export_past_jobs(&asked.ctx, of, page).await?;
    asked.of.after.clone_from(&piece.next);
    Ok(piece)
}

/// One that fails breaks the download off, so that nobody takes it for all. What compresses it asks on at its end.
fn pieces(asked: Asked, first: PastCsv) -> impl Stream<Item = std::io::Result<String>> {
    let begin = Some((asked, Some(first)));
    let pieces = futures::stream::unfold(begin, async |state| {
        let (mut asked, ready) = state?;
        let next = match ready {
            Some(ready) => Ok(ready),
            None => piece(&mut asked).await,
        };
        Some(match next {
            Ok(PastCsv { text, next }) => (Ok(text), next.map(|_| (asked, None))),
            Err(refusal) => (Err(std::io::Error::other(refusal.message)), None),
        })
    });
    pieces.fuse()
}
