//! Tags in a form.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::limits;
use crate::rules::check_tags;
use crate::ui::form::{Field, KeyValues, Rows};
use crate::ui::help::topic;

#[component]
pub fn TagsField(rows: Rows) -> impl IntoView {
    let t = text();
    view! {
        <Field
            name="tags"
            label=t.details.tags
            hint=t.forms.tags_hint
            optional=true
            group=true
            help=topic::TAGS
            check=move || check_tags(t, &rows.pairs()).err()
        >
            <KeyValues
                rows
                name_label=t.details.tag_key
                value_label=t.details.tag_value
                add_label=t.forms.add_tag
                most=limits::TAGS
            />
        </Field>
    }
    .into_any()
}

/// `project = weather, stage = test`, or that there are none.
pub fn shown_tags(tags: &[(String, String)]) -> String {
    if tags.is_empty() {
        return text().common.none.into();
    }
    let tag = |(key, value): &(String, String)| format!("{key} = {value}");
    tags.iter().map(tag).collect::<Vec<_>>().join(", ")
}
