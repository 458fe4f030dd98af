//! Why something waits or failed: what it means, whether it passes, what to do.

use leptos::prelude::*;
use leptos_router::components::A;

use super::TroubleLink;
use crate::i18n::text;
use crate::model::explanation::{Explanation, Outlook};
use crate::ui::{Tone, foreign};

#[component]
pub fn Explained(
    explanation: Explanation,
    /// Where the log says more about it.
    #[prop(optional_no_strip)]
    log: Option<String>,
) -> impl IntoView {
    let t = text();
    let (tone, class) = match explanation.outlook {
        Outlook::ByItself => (Tone::Info, "explained border-info bg-info-soft"),
        Outlook::NeedsAction => (Tone::Warning, "explained border-warning bg-warning-soft"),
        Outlook::Over => (Tone::Danger, "explained border-danger bg-danger-soft"),
    };
    let title = explanation.title;
    let label = title.clone();
    view! {
        <section class=class aria-label=label>
            <h3 class="flex flex-wrap items-center gap-x-2 font-semibold">
                <span class=tone.class()>{tone.icon().view()}</span>
                {title}
                <code class="code-text text-xs font-normal text-muted">{foreign(explanation.code)}</code>
                {log.map(|href| view! { <A href>{t.logs.at_log}</A> })}
            </h3>
            <dl class="explained-facts">
                <div>
                    <dt>{t.job.meaning}</dt>
                    <dd>{explanation.meaning}</dd>
                </div>
                <div>
                    <dt>{t.job.prospect}</dt>
                    <dd>{explanation.prospect}</dd>
                </div>
                <div>
                    <dt>{t.job.remedy}</dt>
                    <dd>{explanation.remedy}</dd>
                </div>
            </dl>
            <TroubleLink code=explanation.page />
        </section>
    }
    .into_any()
}
