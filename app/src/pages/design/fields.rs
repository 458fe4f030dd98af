//! Form fields: empty, filled, wrong.

use leptos::prelude::*;

use super::Shelf;
use crate::i18n::text;
use crate::paths;
use crate::ui::form::*;
use crate::ui::help::topic;
use crate::ui::*;

#[component]
pub fn Fields() -> impl IntoView {
    let t = text();
    let form = Form::provide();
    let name = RwSignal::new(String::new());
    let number = RwSignal::new("600".to_owned());
    let code = RwSignal::new("#!/bin/bash\n#SBATCH --nodes=2\nsrun hostname\n".to_owned());
    let one = RwSignal::new(String::new());
    let many = RwSignal::new(vec!["b".to_owned()]);
    let select = RwSignal::new("a".to_owned());
    let card = RwSignal::new("a".to_owned());
    let check = RwSignal::new(true);
    let rows = Rows::new([("project".to_owned(), "weather".to_owned())]);
    let choices = Signal::stored(choices());
    let needed = move |value: RwSignal<String>| {
        move || {
            value
                .with(String::is_empty)
                .then(|| t.forms.required.to_owned())
        }
    };
    let accept = move || {
        if form.accept() {
            form.refuse(vec![("rows[0].value".into(), t.design.reason.into())]);
        } else {
            form.focus_first();
        }
    };
    view! {
        <Shelf title=t.design.fields>
            <Field name="name" label=t.design.text_input hint=t.design.words help=topic::CLUSTER_NAME check=needed(name)>
                <TextInput value=name />
            </Field>
            <Field name="number" label=t.design.number optional=true>
                <TextInput value=number numeric=true unit="s" />
            </Field>
            <Field name="code" label=t.design.code>
                <TextArea value=code />
            </Field>
            <Field name="one" label=t.design.combobox_one help=topic::SUBNETS check=needed(one)>
                <Combobox value=one choices placeholder=t.design.choose />
            </Field>
            <Field name="many" label=t.design.combobox_many optional=true>
                <Combobox value=many choices placeholder=t.design.choose />
            </Field>
            <Field name="select" label=t.design.select>
                <Select value=select choices />
            </Field>
            <Field name="cards" label=t.design.cards group=true>
                <RadioCards value=card choices />
            </Field>
            <Field name="check" label=t.design.check group=true>
                <Checkbox value=check label=t.design.check hint=t.design.words />
                <Checkbox value=check label=t.design.check disabled=t.design.reason />
            </Field>
            <Field name="rows" label=t.design.rows group=true help=topic::TAGS>
                <KeyValues
                    rows
                    name_label=t.details.tag_key
                    value_label=t.details.tag_value
                    add_label=t.design.rows
                    suggestions=choices
                    most=3
                />
            </Field>
            <div class="flex gap-3">
                <Button label=t.common.save look=Look::Primary on_press=accept />
                <ButtonLink label=t.common.cancel href=paths::CLUSTERS />
            </div>
        </Shelf>
    }
    .into_any()
}

fn choices() -> Vec<Choice> {
    let t = text();
    vec![
        Choice::new("a", "private-a").description("us-east-1a · 10.3.64.0/20"),
        Choice::new("b", "private-b").description("us-east-1b · 10.3.80.0/20"),
        Choice::new("c", "public-c")
            .description("us-east-1c · 10.3.96.0/20")
            .disabled(Some(t.design.reason.to_owned())),
    ]
}
