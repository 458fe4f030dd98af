//! What was found in a cluster's log, or in a node's, as a text to keep, written as it is read: no more than a page is in memory.

use std::sync::Arc;

use app::model::error::{Error, Result};
use app::model::log::{LogPage, LogQuery, LogSearch, LogView, MOST_LINES, NodeLogQuery};
use app::port::{Backend, ControlPlane, Ctx};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query as View};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};

use crate::db::now;

/// Lines of a download at most: the newest of them.
const MOST: i64 = 100_000;

/// Whose lines.
enum Query {
    Cluster(LogQuery),
    Node(NodeLogQuery),
}

impl Query {
    fn search(&mut self) -> &mut LogSearch {
        match self {
            Query::Cluster(query) => &mut query.search,
            Query::Node(query) => &mut query.search,
        }
    }

    async fn page(&self, plane: &dyn ControlPlane, ctx: &Ctx) -> Result<LogPage> {
        match self {
            Query::Cluster(query) => plane.search_log(ctx, query.clone()).await,
            Query::Node(query) => {
                let found = plane.search_node_log(ctx, query.clone()).await;
                found.map(|found| found.page)
            }
        }
    }
}

/// What a page is asked of.
struct Asked {
    plane: Arc<dyn ControlPlane>,
    ctx: Ctx,
    query: Query,
    /// So many lines may still come.
    left: i64,
}

pub async fn file(
    Extension(backend): Extension<Backend>,
    Path(cluster): Path<String>,
    View(view): View<LogView>,
) -> Response {
    answer(&backend, Query::Cluster(view.question(cluster, now()))).await
}

pub async fn node_file(
    Extension(backend): Extension<Backend>,
    Path((cluster, node)): Path<(String, String)>,
    View(view): View<LogView>,
) -> Response {
    let query = view.node_question(cluster, node, now());
    answer(&backend, Query::Node(query)).await
}

async fn answer(backend: &Backend, query: Query) -> Response {
    let first = async {
        let mut asked = Asked {
            plane: backend.plane.clone(),
            ctx: backend.ctx()?.clone(),
            query,
            left: MOST,
        };
        let first = page(&mut asked).await?;
        Ok::<_, Error>((asked, first))
    };
    let (asked, first) = match first.await {
        Ok(begun) => begun,
        Err(refusal) => return (app::api::status(&refusal), refusal.message).into_response(),
    };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"log.txt\""),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Body::from_stream(pages(asked, first))).into_response()
}

/// The next one, with where the one after it begins.
async fn page(asked: &mut Asked) -> Result<LogPage> {
    asked.query.search().limit = Some(asked.left.min(MOST_LINES));
    let page = asked.query.page(&*asked.plane, &asked.ctx).await?;
    asked.left -= i64::try_from(page.lines.len()).unwrap_or(i64::MAX);
    let search = asked.query.search();
    search.before = page.older;
    search.after = None;
    search.around = None;
    Ok(page)
}

/// One that fails breaks the download off, so that nobody takes it for all. What compresses it asks on at its end.
fn pages(asked: Asked, first: LogPage) -> impl Stream<Item = std::io::Result<String>> {
    let begin = Some((asked, Some(first)));
    let pages = futures::stream::unfold(begin, async |state| {
        let (mut asked, ready) = state?;
        let next = match ready {
            Some(ready) => Ok(ready),
            None => page(&mut asked).await,
        };
        Some(match next {
            Ok(page) => {
                let has_more = page.older.is_some();
                let goes_on = has_more && asked.left > 0;
                let mut text = text(page);
                if has_more && !goes_on {
                    text += &format!(
                        "(older lines are left out: a file has {MOST} at most; choose a shorter time)\n"
                    );
                }
                (Ok(text), goes_on.then_some((asked, None)))
            }
            Err(refusal) => (Err(std::io::Error::other(refusal.message)), None),
        })
    });
    pages.fuse()
}

/// Each line behind the name of its log.
fn text(page: LogPage) -> String {
    let lines = page.lines.into_iter();
    lines
        .map(|line| format!("{} {}\n", line.log, line.text))
        .collect()
}
