//! A chart over time, drawn as SVG: curves, areas and bars, axes with round numbers and times, a legend that tells the
//! values where the pointer is, gaps where nothing is known. It is whole without the WebAssembly, and as wide as its place:
//! what is drawn is stretched, lines and words are not.

mod path;
mod scale;
mod table;

use leptos::prelude::*;

pub use self::scale::Unit;
use self::scale::{numbers, times};
pub use self::table::{ChartTable, NumberTable, Numbers};
use super::time::{duration, moment, zone};
use crate::browser;
use crate::i18n::{Text, text};

/// How values are drawn. Areas and bars stand on those before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Area,
    Bar,
    Line,
}

/// The colours; each has a class in `style/chart.css`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Main,
    Soft,
    Good,
    Bad,
    Attention,
    Outline,
    /// Of parts that are equals, from 0 to [`PARTS`].
    Part(usize),
}

/// So many parts are told apart.
pub const PARTS: usize = 8;
const OF_PARTS: [&str; PARTS] = [
    "ink-part-0",
    "ink-part-1",
    "ink-part-2",
    "ink-part-3",
    "ink-part-4",
    "ink-part-5",
    "ink-part-6",
    "ink-part-7",
];

impl Ink {
    fn class(self) -> &'static str {
        match self {
            Ink::Main => "ink-main",
            Ink::Soft => "ink-soft",
            Ink::Good => "ink-good",
            Ink::Bad => "ink-bad",
            Ink::Attention => "ink-attention",
            Ink::Outline => "ink-outline",
            Ink::Part(part) => OF_PARTS[part % PARTS],
        }
    }
}

/// One thing over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub label: String,
    pub mark: Mark,
    pub ink: Ink,
    /// None: nobody knows.
    pub values: Vec<Option<f64>>,
}

impl Curve {
    /// What the legend tells while nothing is pointed at: how many of what is counted there were, of all else the last.
    fn told(&self) -> Option<f64> {
        let known = || self.values.iter().copied().flatten();
        match self.mark {
            Mark::Bar => known().reduce(|all, one| all + one),
            Mark::Line | Mark::Area => known().last(),
        }
    }
}

/// What a chart shows. All curves have as many values, one for each period.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// When the first period begins, in milliseconds since 1970, and how long each is.
    pub start: i64,
    pub period: i64,
    pub unit: Unit,
    pub curves: Vec<Curve>,
}

impl Plot {
    fn places(&self) -> usize {
        let lengths = self.curves.iter().map(|curve| curve.values.len());
        lengths.max().unwrap_or_default()
    }

    fn end(&self) -> i64 {
        self.start + self.places() as i64 * self.period
    }

    /// When the period of that place begins.
    fn at(&self, place: usize) -> i64 {
        self.start + place as i64 * self.period
    }

    /// In percent of the width.
    fn across(&self, at: i64) -> String {
        let length = (self.end() - self.start).max(1) as f64;
        percent((at - self.start) as f64 / length)
    }

    /// The curves as they stand on each other.
    fn standing(&self) -> Vec<Standing> {
        let mut below: Vec<Option<f64>> = vec![];
        let stand = |curve: &Curve| match curve.mark {
            Mark::Line => Standing {
                above: curve.values.clone(),
                below: vec![],
            },
            Mark::Area | Mark::Bar => {
                let above = path::stacked(&curve.values, &below);
                let below = std::mem::replace(&mut below, above.clone());
                Standing { above, below }
            }
        };
        self.curves.iter().map(stand).collect()
    }
}

/// The values above and below a curve, where those before it are below.
struct Standing {
    above: Vec<Option<f64>>,
    below: Vec<Option<f64>>,
}

/// Where on the axis.
fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

/// A value in words.
pub fn in_words(t: &'static Text, unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => duration(t, (value * 1000.0) as i64),
        Unit::Percent => format!("{value:.0} %"),
        Unit::Count if value.fract().abs() < 0.05 => format!("{value:.0}"),
        Unit::Count => format!("{value:.1}"),
        Unit::Hours => format!("{value:.2}"),
    }
}

/// As short as an axis needs it: times as minutes and seconds.
fn on_axis(unit: Unit, number: f64) -> String {
    let whole = number as i64;
    match unit {
        Unit::Seconds => format!("{}:{:02}", whole / 60, whole % 60),
        Unit::Percent => format!("{whole} %"),
        Unit::Count => whole.to_string(),
        Unit::Hours => ((number * 100.0).round() / 100.0).to_string(),
    }
}

/// `pointed`: the place at which the pointer is, on any of the charts that share it.
#[component]
pub fn Chart(
    title: &'static str,
    plot: Signal<Plot>,
    pointed: RwSignal<Option<usize>>,
) -> impl IntoView {
    // One for the whole chart: where summer begins within it, times before that are told as they are told after it.
    let zone = zone(plot.with_untracked(Plot::end));
    let drawn = move || plot.with(|plot| drawing(plot, zone.get()));
    let hair = move || {
        let (place, plot) = (pointed.get()?, plot.read());
        let x = plot.across(plot.at(place) + plot.period / 2);
        Some(view! { <line class="chart-hair" x1=x.clone() x2=x y1="0" y2="100%"></line> })
    };
    let point = move |event: leptos::ev::PointerEvent| {
        let places = plot.with_untracked(Plot::places);
        let part = browser::part_across(&event);
        let place = part.map(|part| (part * places as f64) as usize);
        pointed.set(place.filter(|place| *place < places));
    };
    view! {
        <figure class="chart" aria-label=title>
            <figcaption class="chart-title">{title}</figcaption>
            <Legend plot pointed zone />
            <div class="chart-plot">
                <svg class="chart-picture" role="img" aria-label=title>
                    {drawn}
                    {hair}
                    <rect
                        class="chart-pointed"
                        width="100%"
                        height="100%"
                        on:pointermove=point
                        on:pointerleave=move |_| pointed.set(None)
                    ></rect>
                </svg>
            </div>
        </figure>
    }
    .into_any()
}

/// Axes and curves.
fn drawing(plot: &Plot, zone: i64) -> AnyView {
    let standing = plot.standing();
    let values = standing.iter().flat_map(|one| one.above.iter().flatten());
    let numbers = numbers(plot.unit, values.copied().fold(0.0, f64::max));
    let top = numbers.last().copied().unwrap_or(1.0);
    let number = |number: f64| {
        let y = percent(1.0 - number / top);
        let words = on_axis(plot.unit, number);
        view! {
            <line class="chart-grid" x1="0" x2="100%" y1=y.clone() y2=y.clone()></line>
            <text class="chart-number" x="-8" y=y dy="0.32em">
                {words}
            </text>
        }
    };
    let time = |(at, words): (i64, String)| {
        view! {
            <text class="chart-time" x=plot.across(at) y="100%" dy="1.5em">
                {words}
            </text>
        }
    };
    let curve = |(curve, Standing { above, below }): (&Curve, &Standing)| {
        let (shape, outline) = match curve.mark {
            Mark::Line => ("chart-line", path::line(above, top)),
            Mark::Area => ("chart-area", path::area(above, below, top)),
            Mark::Bar => ("chart-area", path::bars(above, below, top)),
        };
        view! { <path class=format!("{shape} {}", curve.ink.class()) d=outline></path> }
    };
    let curves = plot.curves.iter().zip(&standing).map(curve);
    let frame = format!("0 0 {} {}", plot.places().max(1), path::HEIGHT);
    view! {
        {numbers.into_iter().map(number).collect_view()}
        {times(plot.start, plot.end(), zone).into_iter().map(time).collect_view()}
        <svg class="chart-curves" viewBox=frame preserveAspectRatio="none" aria-hidden="true">
            {curves.collect_view()}
        </svg>
    }
    .into_any()
}

/// What is what, and how much: where the pointer is, else last.
#[component]
fn Legend(
    plot: Signal<Plot>,
    pointed: RwSignal<Option<usize>>,
    zone: RwSignal<i64>,
) -> impl IntoView {
    let t = text();
    let when = move || {
        let place = pointed.get()?;
        let at = plot.with(|plot| plot.at(place));
        Some(moment(at, zone.get()))
    };
    let entries = move || {
        let place = pointed.get();
        let plot = plot.read();
        let entry = |curve: &Curve| {
            let value = match place {
                Some(place) => curve.values.get(place).copied().flatten(),
                None => curve.told(),
            };
            let words = value.map_or_else(|| "–".to_owned(), |value| in_words(t, plot.unit, value));
            view! {
                <li>
                    <span class=format!("chart-key {}", curve.ink.class())></span>
                    {curve.label.clone()}
                    " "
                    <span class="chart-value">{words}</span>
                </li>
            }
        };
        plot.curves.iter().map(entry).collect_view()
    };
    view! {
        <div class="chart-legend">
            <ul>{entries}</ul>
            <span class="chart-when">{when}</span>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_tells_the_sum_of_what_is_counted_and_the_last_of_all_else() {
        let values = vec![None, Some(2.0), Some(3.0), None];
        for (mark, told) in [(Mark::Bar, 5.0), (Mark::Line, 3.0), (Mark::Area, 3.0)] {
            let curve = |values: Vec<Option<f64>>| Curve {
                label: "one".into(),
                mark,
                ink: Ink::Main,
                values,
            };
            assert_eq!(curve(values.clone()).told(), Some(told), "{mark:?}");
            assert_eq!(curve(vec![None]).told(), None);
        }
    }
}
