//! The tags of a cluster, to read and to change.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::use_page;
use crate::api::tag::{list_cluster_tags, update_cluster_tags};
use crate::components::guard::guard_changes;
use crate::components::{Fetched, Refused, Submission, TagsField, asked};
use crate::i18n::text;
use crate::ui::form::{Form, Rows};
use crate::ui::{Button, Card, Look, Tone, flashes};

type TagMap = BTreeMap<String, String>;

#[component]
pub fn Tags() -> impl IntoView {
    let t = text();
    let page = use_page();
    // Not refetched with each change of the cluster: what is being typed would be lost.
    let tags = asked([page.id], &[], |[id]| list_cluster_tags(id));
    view! {
        <Fetched resource=tags let:tags>
            <Card title=t.details.tags>
                <Editor tags=tags.get_untracked() id=page.id />
            </Card>
        </Fetched>
    }
    .into_any()
}

#[component]
fn Editor(tags: TagMap, id: Memo<String>) -> impl IntoView {
    let t = text();
    let form = Form::provide();
    guard_changes(form.dirty);
    let submission = Submission::new();
    let flashes = flashes();
    let rows = Rows::new(tags.clone());
    let saved = RwSignal::new(tags);
    let wanted = move || rows.pairs().into_iter().collect::<TagMap>();
    let unchanged = move || {
        let same = saved.with(|saved| *saved == wanted());
        same.then(|| t.edit_cluster.unchanged.to_owned())
    };
    let save = move || {
        if !form.accept() {
            form.focus_first();
            return;
        }
        let wanted = untrack(wanted);
        let (set, remove) = saved.with_untracked(|saved| difference(saved, &wanted));
        let request = update_cluster_tags(id.get_untracked(), set, remove);
        submission.send(request, move |()| {
            saved.set(wanted);
            form.dirty.set(false);
            flashes.push(Tone::Success, t.forms.tags_saved, "", None);
        });
    };
    view! {
        <div class="grid gap-4">
            <TagsField rows />
            <Refused submission title=t.forms.tags_not_saved />
            <div>
                <Button
                    label=t.common.save
                    look=Look::Primary
                    disabled=Signal::derive(unchanged)
                    busy=submission.busy
                    on_press=save
                />
            </div>
        </div>
    }
    .into_any()
}

/// What to set and what to remove.
fn difference(before: &TagMap, after: &TagMap) -> (TagMap, Vec<String>) {
    let set = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value));
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    (
        set.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        removed.cloned().collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_sent() {
        let tags = |pairs: &[(&str, &str)]| -> TagMap {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        let before = tags(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let after = tags(&[("a", "1"), ("b", "two"), ("d", "4")]);
        let (set, remove) = difference(&before, &after);
        assert_eq!(set, tags(&[("b", "two"), ("d", "4")]));
        assert_eq!(remove, ["c"]);
    }
}
