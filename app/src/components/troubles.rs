//! What the server cannot see of a cluster, above all that it shows from before.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::date::exact;
use crate::model::error::Result;
use crate::model::sight::{Sight, Trouble};
use crate::ui::{Flash, Tone};

#[component]
pub fn Troubles(troubles: Resource<Result<Vec<Trouble>>>) -> impl IntoView {
    let t = text();
    let one = move |trouble: Trouble| {
        let what = match trouble.of {
            Sight::Nodes => t.cluster.nodes_unseen,
            Sight::Jobs => t.cluster.jobs_unseen,
            Sight::Controller => t.cluster.controller_unseen,
            Sight::Accounts => t.cluster.accounts_unseen,
        };
        let title = format!("{what} {}", exact(trouble.since));
        view! { <Flash tone=Tone::Warning title message=trouble.words /> }
    };
    let all = move || troubles.get().and_then(Result::ok).unwrap_or_default();
    view! { <Transition>{move || all().into_iter().map(one).collect_view()}</Transition> }
        .into_any()
}
