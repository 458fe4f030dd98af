//! What is pressed. One that cannot be pressed now stays where the keyboard finds it and says why.

use leptos::prelude::*;

use super::Icon;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Normal,
    /// The one thing to do next; at most one at a time on a page.
    Primary,
    /// Ends something.
    Danger,
    /// As quiet as a link.
    Link,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Normal => "button",
            Look::Primary => "button button-primary",
            Look::Danger => "button button-danger",
            Look::Link => "button button-link",
        }
    }
}

/// `<Button label=t.queues.create look=Look::Primary disabled=why_not busy=busy on_press=move || … />`
///
/// While `disabled` holds a reason or `busy` is true, a press does nothing; the reason is the tooltip and is read out.
#[component]
pub fn Button(
    #[prop(into)] label: Signal<String>,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon: Option<Icon>,
    /// Why it cannot be pressed; None when it can.
    #[prop(optional, into)]
    disabled: Signal<Option<String>>,
    /// What it started is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Takes the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let press = move |_| {
        if !busy.get_untracked() && disabled.with_untracked(Option::is_none) {
            on_press.run(());
        }
    };
    view! {
        <span class="reason" data-reason=move || disabled.get()>
            <button
                type="button"
                class=look.class()
                autofocus=autofocus
                aria-disabled=move || (busy.get() || disabled.with(Option::is_some)).then_some("true")
                aria-busy=move || busy.get().then_some("true")
                aria-description=move || disabled.get()
                on:click=press
            >
                {move || if busy.get() { Some(Icon::Progress.view()) } else { icon.map(Icon::view) }}
                <span>{label}</span>
            </button>
        </span>
    }
    .into_any()
}

/// A link that looks like a button: for what leads to another page. With a reason it leads nowhere and says why.
///
/// `<ButtonLink label=t.clusters.create look=Look::Primary href=paths::CREATE_CLUSTER disabled=why_not />`
#[component]
pub fn ButtonLink(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] href: Signal<String>,
    #[prop(optional)] look: Look,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(optional, into)] disabled: Signal<Option<String>>,
) -> impl IntoView {
    let is_disabled = move || disabled.with(Option::is_some);
    view! {
        <span class="reason" data-reason=move || disabled.get()>
            // A link without an address is none for a reader: it says by itself that it is one, and reachable.
            <a
                class=look.class()
                href=move || (!is_disabled()).then(|| href.get())
                role=move || is_disabled().then_some("link")
                tabindex=move || is_disabled().then_some("0")
                aria-disabled=move || is_disabled().then_some("true")
                aria-description=move || disabled.get()
            >
                {icon.map(Icon::view)}
                <span>{label}</span>
            </a>
        </span>
    }
    .into_any()
}
