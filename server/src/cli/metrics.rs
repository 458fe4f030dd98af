//! `openpcs metrics`: what was measured of clusters, as a table that other programs read.

use app::model::metric::{GetMetricsRequest, Metrics, Series};

use super::client::Client;
use super::show_time;
use crate::config;
use crate::db::now;

pub fn run(options: &config::Metrics) -> anyhow::Result<()> {
    let end_time = now();
    let request = GetMetricsRequest {
        cluster_identifier: options.cluster.clone(),
        start_time: end_time - options.range.length(),
        end_time,
        metrics: vec![],
    };
    let metrics: Metrics = Client::new(&options.reach)?.post("/openpcs/v1/metrics", &request)?;
    print!("{}", table(&metrics));
    Ok(())
}

/// A line for each period of which something is known, with a tab between the columns.
fn table(metrics: &Metrics) -> String {
    let heads = metrics
        .series
        .iter()
        .map(|one| format!("\t{}", one.metric.as_str()));
    let mut text = format!("Time{}\n", heads.collect::<String>());
    let places = metrics.series.iter().map(|one| one.values.len()).max();
    for place in 0..places.unwrap_or_default() {
        let value = |one: &Series| one.values.get(place).copied().flatten();
        if metrics.series.iter().all(|one| value(one).is_none()) {
            continue;
        }
        let at = metrics.start_time + place as i64 * metrics.period;
        text += &show_time(at);
        for one in &metrics.series {
            let words = value(one).map_or_else(String::new, |value| value.to_string());
            text += &format!("\t{words}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use app::model::metric::Metric;

    use super::*;

    #[test]
    fn a_line_for_each_time_of_which_something_is_known() {
        let series = |metric, values: &[Option<f64>]| Series {
            metric,
            values: values.to_vec(),
            minimum: None,
            maximum: None,
        };
        let metrics = Metrics {
            start_time: 1_700_000_040_000,
            period: 60_000,
            series: vec![
                series(Metric::IdleCapacity, &[Some(1.5), None, None]),
                series(Metric::NodeStarts, &[None, None, Some(2.0)]),
            ],
        };
        assert_eq!(
            table(&metrics),
            "Time\tIdleCapacity\tNodeStarts\n2023-11-14T22:14:00Z\t1.5\t\n2023-11-14T22:16:00Z\t\t2\n"
        );
    }
}
