//! Slurm settings in a cell: `Weight=10`.

use leptos::prelude::*;

use crate::i18n::text;
use crate::model::setting::SlurmCustomSetting;
use crate::ui::foreign;

#[component]
pub fn Settings(settings: Vec<SlurmCustomSetting>) -> impl IntoView {
    if settings.is_empty() {
        return view! { <span class="text-muted">{text().common.default}</span> }.into_any();
    }
    let setting = |s: SlurmCustomSetting| {
        let text = format!("{}={}", s.parameter_name, s.parameter_value);
        view! { <code class="chip" title=text.clone()>{foreign(&text)}</code> }
    };
    view! {
        <span class="flex flex-wrap gap-1">{settings.into_iter().map(setting).collect_view()}</span>
    }
    .into_any()
}
