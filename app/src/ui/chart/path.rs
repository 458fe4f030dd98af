//! The outlines of what a chart shows. A place is as wide as one period: the first begins at 0. Values are at most
//! [`HEIGHT`] above the ground, which is at [`HEIGHT`] as well, for pictures count from above.

use std::fmt::Write;
use std::ops::Range;

pub const HEIGHT: f64 = 1000.0;
/// Between a bar and the next.
const GAP: f64 = 0.2;

/// From where to where there are values without a gap.
fn runs(values: &[Option<f64>]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = vec![];
    for (at, _) in values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_some())
    {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Where a value stands; what is not known stands on the ground.
fn y(value: Option<f64>, top: f64) -> f64 {
    HEIGHT - value.unwrap_or_default() / top * HEIGHT
}

/// Goes on to a place.
fn go(path: &mut String, command: char, x: f64, y: f64) {
    // Writing to a String cannot fail.
    let _ = write!(path, "{command}{x:.1} {y:.1}");
}

/// From the middle of a place to the middle of the next; at both ends of a run as far as the place goes, so that a single
/// value is seen.
fn along(path: &mut String, run: &Range<usize>, values: &[Option<f64>], top: f64) {
    let value = |at: usize| y(values.get(at).copied().flatten(), top);
    for at in run.clone() {
        go(path, 'L', at as f64 + 0.5, value(at));
    }
    go(path, 'L', run.end as f64, value(run.end - 1));
}

pub fn line(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    for run in runs(values) {
        let first = values.get(run.start).copied().flatten();
        go(&mut path, 'M', run.start as f64, y(first, top));
        along(&mut path, &run, values, top);
    }
    path
}

/// What is between these values and those below.
pub fn area(values: &[Option<f64>], below: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    for run in runs(values) {
        let at = |values: &[Option<f64>], at: usize| y(values.get(at).copied().flatten(), top);
        go(&mut path, 'M', run.start as f64, at(values, run.start));
        along(&mut path, &run, values, top);
        go(&mut path, 'L', run.end as f64, at(below, run.end - 1));
        for place in run.clone().rev() {
            go(&mut path, 'L', place as f64 + 0.5, at(below, place));
        }
        go(&mut path, 'L', run.start as f64, at(below, run.start));
        path.push('Z');
    }
    path
}

/// Bars from the values below up to these.
pub fn bars(values: &[Option<f64>], below: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    for (at, value) in values.iter().enumerate() {
        let ground = below.get(at).copied().flatten();
        if value.unwrap_or_default() <= ground.unwrap_or_default() {
            continue;
        }
        let (left, right) = (at as f64 + GAP / 2.0, (at + 1) as f64 - GAP / 2.0);
        go(&mut path, 'M', left, y(ground, top));
        go(&mut path, 'L', left, y(*value, top));
        go(&mut path, 'L', right, y(*value, top));
        go(&mut path, 'L', right, y(ground, top));
        path.push('Z');
    }
    path
}

/// These values on those below.
pub fn stacked(values: &[Option<f64>], below: &[Option<f64>]) -> Vec<Option<f64>> {
    let ground = below.iter().copied().chain(std::iter::repeat(None));
    let both = values.iter().zip(ground);
    both.map(|(value, ground)| value.map(|value| value + ground.unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_a_gap_and_a_single_value_is_seen() {
        let values = [Some(1.0), Some(2.0), None, Some(0.0), None];
        assert_eq!(
            line(&values, 2.0),
            "M0.0 500.0L0.5 500.0L1.5 0.0L2.0 0.0M3.0 1000.0L3.5 1000.0L4.0 1000.0"
        );
        assert_eq!(line(&[None, None], 2.0), "");
        assert_eq!(line(&[], 2.0), "");
    }

    #[test]
    fn what_is_stacked_stands_on_what_is_below() {
        let (below, values) = ([Some(1.0), None], [Some(1.0), Some(1.0)]);
        let both = stacked(&values, &below);
        assert_eq!(both, [Some(2.0), Some(1.0)]);
        assert_eq!(
            area(&both[..1], &below, 2.0),
            "M0.0 0.0L0.5 0.0L1.0 0.0L1.0 500.0L0.5 500.0L0.0 500.0Z"
        );
        assert_eq!(
            bars(&[Some(1.0), Some(0.0), None], &[], 2.0),
            "M0.1 1000.0L0.1 500.0L0.9 500.0L0.9 1000.0Z"
        );
    }
}
