//! Icons of 16 × 16, drawn in the colour of the text around them. They decorate words and are hidden from readers.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Audit,
    Bell,
    Chart,
    Check,
    ChevronDown,
    ChevronLeft,
    ChevronRight,
    Close,
    Cluster,
    Copy,
    Cross,
    Dot,
    Globe,
    Help,
    Lines,
    Lock,
    Menu,
    Minus,
    Nodes,
    Play,
    Plus,
    Progress,
    Pulse,
    Search,
    Sliders,
    Theme,
    Tick,
    User,
    Warning,
}

impl Icon {
    /// The outline, stroked with rounded ends.
    fn path(self) -> &'static str {
        match self {
            Icon::Audit => "M3.500 1.750h6l3 3v9.500h-9zM9.500 1.750v3h3M5.500 8h5M5.500 11h5",
            Icon::Bell => {
                "M3 12h10c-1-1.250-1.500-2-1.500-5a3.500 3.500 0 0 0-7 0c0 3-.5 3.750-1.500 5M6.750 14h2.500"
            }
            Icon::Chart => "M2 2v12h12M4.500 10.500l3-4l2.500 2l4-5",
            Icon::Check => {
                "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M5.25 8.25l2 2l3.5-4.25"
            }
            Icon::ChevronDown => "M4 6.25l4 4l4-4",
            Icon::ChevronLeft => "M9.75 4l-4 4l4 4",
            Icon::ChevronRight => "M6.25 4l4 4l-4 4",
            Icon::Close => "M4 4l8 8M12 4l-8 8",
            Icon::Cluster => "M2 2.5h5v5h-5zM9 2.5h5v5h-5zM2 9.5h5v4h-5zM9 9.5h5v4h-5z",
            Icon::Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
            Icon::Cross => {
                "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5"
            }
            Icon::Dot => "M4.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
            Icon::Globe => {
                "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M1.75 8h12.5M8 1.75c4 4 4 8.500 0 12.5c-4-4-4-8.500 0-12.5"
            }
            Icon::Help => {
                "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M6.25 6.25c0-2.500 3.500-2.500 3.500-.25c0 1.500-1.750 1.500-1.750 3M8 11.250v.1"
            }
            Icon::Lines => "M2 3.5h12M2 6.5h9M2 9.5h12M2 12.5h7",
            Icon::Lock => "M3.75 7.25h8.5v6h-8.5zM5.5 7.25V5a2.5 2.5 0 0 1 5 0v2.25",
            Icon::Menu => "M2 4h12M2 8h12M2 12h12",
            Icon::Minus => "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M5 8h6",
            Icon::Nodes => "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5v.1M5 11v.1",
            Icon::Play => {
                "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M6.500 5.250l4 2.750l-4 2.750z"
            }
            Icon::Plus => "M8 3v10M3 8h10",
            Icon::Progress => "M8 1.75a6.25 6.25 0 1 1-5.8 3.9",
            Icon::Pulse => "M1.75 8.500h3l2-5l3 9l1.750-4h2.750",
            Icon::Search => "M2 7a5 5 0 1 0 10 0a5 5 0 1 0-10 0M10.75 10.75l3.25 3.25",
            Icon::Sliders => "M2 4.500h7M12 4.500h2M9 3v3M2 11.500h2M7 11.500h7M6.500 10v3",
            Icon::Theme => {
                "M8 1.75a6.25 6.25 0 1 0 0 12.5zM8 1.75a6.25 6.25 0 1 1 0 12.5M8 4.500h4M8 8h6M8 11.500h4"
            }
            Icon::Tick => "M3 8.500l3.250 3.250l6.750-7.500",
            Icon::User => {
                "M5 5.250a3 3 0 1 0 6 0a3 3 0 1 0-6 0M2.250 14c.5-3 3-4 5.750-4s5.250 1 5.750 4"
            }
            Icon::Warning => "M8 2l6.500 11.750h-13zM8 6.500v3.250M8 11.750v.1",
        }
    }

    pub fn view(self) -> impl IntoView {
        let spin = self == Icon::Progress;
        view! {
            <svg
                class="icon"
                class:spin=spin
                viewBox="0 0 16 16"
                width="16"
                height="16"
                aria-hidden="true"
                focusable="false"
            >
                <path d=self.path()></path>
            </svg>
        }
        .into_any()
    }
}
