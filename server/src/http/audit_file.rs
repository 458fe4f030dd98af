//! The audit trail as a file, written as it is read: no more than a page of it is in memory.

use std::sync::Arc;

use app::model::error::{Error, Result};
use app::model::trail::{TrailOf, TrailPage, TrailRow};
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

const HEAD: &str = "time,user,operation,source,resource,readOnly,errorCode,record\r\n";

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Csv,
    /// JSON, a record a line.
    Jsonl,
}

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    form: Form,
    /// [`TrailOf`] in JSON.
    #[serde(default)]
    of: String,
}

struct Asked {
    plane: Arc<dyn ControlPlane>,
    ctx: Ctx,
    of: TrailOf,
    form: Form,
}

pub async fn file(
    Extension(backend): Extension<Backend>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let form = wanted.form;
    let begun = async {
        let of = match wanted.of.as_str() {
            "" => TrailOf::default(),
            text => serde_json::from_str(text).map_err(|error| {
                Error::field("of", format!("This cannot be read as JSON: {error}."))
            })?,
        };
        let (plane, ctx) = (backend.plane.clone(), backend.ctx()?.clone());
        let asked = Asked {
            plane,
            ctx,
            of,
            form,
        };
        let first = asked.page().await?;
        Ok::<_, Error>((asked, first))
    };
    let (asked, first) = match begun.await {
        Ok(begun) => begun,
        Err(refusal) => return (app::api::status(&refusal), refusal.message).into_response(),
    };
    let (kind, file) = match form {
        Form::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"audit.csv\"",
        ),
        Form::Jsonl => (
            "application/x-ndjson",
            "attachment; filename=\"audit.jsonl\"",
        ),
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, file),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Body::from_stream(pieces(asked, first))).into_response()
}

impl Asked {
    async fn page(&self) -> Result<TrailPage> {
        self.plane.list_trail(&self.ctx, self.of.clone()).await
    }

    fn text(&self, page: &TrailPage) -> String {
        page.rows.iter().map(|row| line(self.form, row)).collect()
    }
}

fn line(form: Form, row: &TrailRow) -> String {
    let record: serde_json::Value = serde_json::from_str(&row.record).unwrap_or_default();
    let record = record.to_string();
    match form {
        Form::Jsonl => record + "\n",
        Form::Csv => {
            let at = chrono::DateTime::from_timestamp_millis(row.at).unwrap_or_default();
            let read_only = row.read_only.to_string();
            let cells = [
                &at.to_rfc3339(),
                &row.user,
                &row.operation,
                &row.source,
                &row.resource_arn,
                &read_only,
                &row.error_code,
                &record,
            ];
            cells.map(|cell| cell_of(cell)).join(",") + "\r\n"
        }
    }
}

/// As RFC 4180 has it; what a spreadsheet would take for a formula stays a text.
fn cell_of(text: &str) -> String {
    let text = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// One that fails breaks the download off, so that nobody takes it for all.
fn pieces(asked: Asked, first: TrailPage) -> impl Stream<Item = std::io::Result<String>> {
    let head = match asked.form {
        Form::Csv => HEAD,
        Form::Jsonl => "",
    };
    let begin = Some((asked, Some(first), head));
    let pieces = futures::stream::unfold(begin, async |state| {
        let (mut asked, ready, head) = state?;
        let page = match ready {
            Some(ready) => Ok(ready),
            None => asked.page().await,
        };
        Some(match page {
            Ok(page) => {
                let text = head.to_owned() + &asked.text(&page);
                asked.of.before = page.next;
                (Ok(text), page.next.map(|_| (asked, None, "")))
            }
            Err(refusal) => (Err(std::io::Error::other(refusal.message)), None),
        })
    });
    pieces.fuse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_text_whatever_is_in_it() {
        assert_eq!(cell_of("a\"b,c\n"), "\"a\"\"b,c\n\"");
        assert_eq!(cell_of("=1+1"), "\"'=1+1\"");
    }
}
