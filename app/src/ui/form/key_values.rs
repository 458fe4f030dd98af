//! Rows of a name and a value: tags, Slurm settings.

use leptos::prelude::*;

use super::{Form, use_field};
use crate::browser;
use crate::i18n::text;
use crate::model::echo::clip;
use crate::ui::{Choice, Icon};

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    id: usize,
    name: RwSignal<String>,
    value: RwSignal<String>,
    /// What the row had when it was made: nobody typed that, and nobody trims it.
    given: StoredValue<(String, String)>,
}

impl Row {
    /// Its name and value as they are meant; none of an empty row.
    fn pair(self) -> Option<(String, String)> {
        let (given_name, given_value) = self.given.get_value();
        let meant = |text: RwSignal<String>, given: &str| {
            text.with(|text| match text == given {
                true => text.clone(),
                false => text.trim().to_owned(),
            })
        };
        let name = meant(self.name, &given_name);
        let value = meant(self.value, &given_value);
        (!name.is_empty() || !value.is_empty()).then_some((name, value))
    }
}

/// The rows as they are being edited.
#[derive(Clone, Copy)]
pub struct Rows {
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<usize>,
}

impl Rows {
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Rows {
        let rows = Rows {
            rows: RwSignal::default(),
            next: StoredValue::new(0),
        };
        for (name, value) in pairs {
            rows.push(name, value);
        }
        rows
    }

    /// All rows but the empty ones.
    pub fn pairs(self) -> Vec<(String, String)> {
        self.rows
            .with(|rows| rows.iter().filter_map(|row| row.pair()).collect())
    }

    /// Where a row stands among the [pairs](Self::pairs), which the server counts; with its name.
    fn sent(self, id: usize) -> Option<(usize, String)> {
        self.rows.with(|rows| {
            let sent = rows.iter().filter_map(|row| Some((row.id, row.pair()?.0)));
            let mut sent = sent.enumerate();
            let (index, (_, name)) = sent.find(|(_, (other, _))| *other == id)?;
            Some((index, name))
        })
    }

    /// Every row has a name and a value, and each name is there once.
    pub fn check_whole(self) -> Option<String> {
        let t = text();
        let pairs = self.pairs();
        if pairs
            .iter()
            .any(|(name, value)| name.is_empty() || value.is_empty())
        {
            return Some(t.forms.row_incomplete.into());
        }
        let is_again = |(i, (name, _)): &(usize, &(String, String))| {
            pairs[..*i]
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let again = pairs.iter().enumerate().find(is_again);
        again.map(|(_, (name, _))| t.rules.twice(name))
    }

    fn push(self, name: String, value: String) -> usize {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        let row = Row {
            id,
            given: StoredValue::new((name.clone(), value.clone())),
            name: RwSignal::new(name),
            value: RwSignal::new(value),
        };
        self.rows.update(|rows| rows.push(row));
        id
    }

    fn remove(self, id: usize) {
        self.rows.update(|rows| rows.retain(|row| row.id != id));
    }
}

/// Inside a `Field group=true`, whose check reads [`Rows::pairs`]. Errors of the server for one row, `settings[2]…` or
/// `tags.NAME`, stand below that row.
///
/// `<KeyValues rows name_label=t.x.key value_label=t.x.value add_label=t.x.add_tag suggestions=known most=50 />`
#[component]
pub fn KeyValues(
    rows: Rows,
    name_label: &'static str,
    value_label: &'static str,
    add_label: &'static str,
    /// Names to offer: `id` is the name, `description` says what it is and stands below the row.
    #[prop(optional, into)]
    suggestions: Signal<Vec<Choice>>,
    #[prop(default = usize::MAX)] most: usize,
) -> impl IntoView {
    let t = text();
    let field = use_field();
    field.shows_rows();
    let list = format!("{}-names", field.id);
    let add = {
        let field = field.clone();
        move |()| {
            let id = rows.push(String::new(), String::new());
            browser::focus_soon(format!("{}-{id}", field.id));
            field.edited();
        }
    };
    let full = move || {
        let count = rows.rows.with(Vec::len);
        (count >= most).then(|| t.forms.rows_full(most))
    };
    let columns = KeyValueColumns {
        name_label,
        value_label,
        suggestions,
    };
    let row = {
        let (list, field) = (list.clone(), field.clone());
        move |row: Row| view_row(rows, row, columns, list.clone(), field.clone())
    };
    view! {
        <div id=field.id.to_string() class="key-values" tabindex="-1">
            <For each=move || rows.rows.get() key=|row| row.id children=row />
            <datalist id=list>
                {move || {
                    suggestions
                        .get()
                        .into_iter()
                        .map(|choice| view! { <option value=choice.id></option> })
                        .collect_view()
                }}
            </datalist>
            <div>
                <crate::ui::Button label=add_label icon=Icon::Plus disabled=full on_press=move || add(()) />
            </div>
        </div>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct KeyValueColumns {
    name_label: &'static str,
    value_label: &'static str,
    suggestions: Signal<Vec<Choice>>,
}

fn view_row(
    rows: Rows,
    row: Row,
    columns: KeyValueColumns,
    list: String,
    field: super::FieldContext,
) -> AnyView {
    let t = text();
    let form = use_context::<Form>();
    let place = Memo::new(move |_| {
        rows.rows
            .with(|all| all.iter().position(|other| other.id == row.id))
    });
    let path = field.name.clone();
    let sent = Memo::new(move |_| rows.sent(row.id));
    let refusal = move || {
        let (form, (index, name)) = (form?, sent.get()?);
        form.refusal(&format!("{path}[{index}]"))
            .or_else(|| form.refusal_of_all(&format!("{path}.{}", clip(&name))))
    };
    let about = move || {
        let name = row.name.get();
        columns.suggestions.with(|all| {
            let known = all
                .iter()
                .find(|choice| choice.id.eq_ignore_ascii_case(name.trim()));
            known.map(|choice| choice.description.clone())
        })
    };
    let number = move || place.get().map_or(0, |place| place + 1);
    let name_label = move || t.forms.row_label(columns.name_label, number());
    let value_label = move || t.forms.row_label(columns.value_label, number());
    let (edit_name, edit_value, edit_rows) = (field.clone(), field.clone(), field.clone());
    let invalid = field.aria_invalid();
    view! {
        <div class="key-value">
            <input
                id=format!("{}-{}", field.id, row.id)
                type="text"
                class="input"
                list=list
                autocomplete="off"
                spellcheck="false"
                placeholder=columns.name_label
                aria-label=name_label
                aria-describedby=field.described_by.to_string()
                aria-invalid=invalid.clone()
                bind:value=row.name
                on:input=move |_| edit_name.edited()
            />
            <input
                type="text"
                class="input"
                autocomplete="off"
                spellcheck="false"
                placeholder=columns.value_label
                aria-label=value_label
                aria-describedby=field.described_by.to_string()
                aria-invalid=invalid
                bind:value=row.value
                on:input=move |_| edit_value.edited()
            />
            <button
                type="button"
                class="icon-button key-value-remove"
                aria-label=move || t.forms.remove_row(number())
                on:click=move |_| {
                    rows.remove(row.id);
                    browser::focus_soon(edit_rows.id.to_string());
                    edit_rows.edited();
                }
            >
                {Icon::Close.view()}
            </button>
            <p class="key-value-note text-muted">{about}</p>
            <p class="key-value-note form-error">{refusal}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sent_as_they_are_meant() {
        let owner = Owner::new();
        owner.set();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let given = [pair(" a ", "1 "), pair("b", "2")];
        let rows = Rows::new(given.clone());
        let add = |name: &str, value: &str| {
            let id = rows.push(String::new(), String::new());
            let row = rows.rows.with_untracked(|all| *all.last().unwrap());
            row.name.set(name.into());
            row.value.set(value.into());
            id
        };
        // What nobody touched stays as it is; what is typed is trimmed.
        assert_eq!(rows.pairs(), given);
        let (empty, blank, typed) = (add("", ""), add(" ", ""), add(" c ", " 3"));
        assert_eq!(rows.pairs()[2..], [pair("c", "3")]);
        let first = rows.rows.with_untracked(|all| all[0]);
        first.value.set(" 7 ".into());
        assert_eq!(rows.pairs()[0], pair(" a ", "7"));
        // The server counts what was sent.
        for (id, place) in [
            (first.id, Some((0, " a ".to_owned()))),
            (empty, None),
            (blank, None),
            (typed, Some((2, "c".to_owned()))),
        ] {
            assert_eq!(rows.sent(id), place, "{id}");
        }
    }
}
