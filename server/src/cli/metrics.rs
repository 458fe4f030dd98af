//! `openpcs metrics`: what was measured of clusters, as a table that other programs read.

use app::model::metric::{GetMetricsRequest, Metric, Metrics};
use app::model::metric_part::{By, Part};

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
        by: options.by,
        ..GetMetricsRequest::default()
    };
    let metrics: Metrics = Client::new(&options.reach)?.post("/openpcs/v1/metrics", &request)?;
    let text = match options.by {
        Some(by) => table(&metrics, Some(head(by)), by.metrics(), &metrics.parts),
        None => {
            let whole = Part {
                name: String::new(),
                series: metrics.series.clone(),
            };
            table(&metrics, None, &Metric::ALL, &[whole])
        }
    };
    print!("{text}");
    Ok(())
}

/// Of the column with the names.
fn head(by: By) -> &'static str {
    match by {
        By::Cluster => "Cluster",
        By::ComputeNodeGroup => "Group",
        By::Queue => "Queue",
        By::InstanceType => "InstanceType",
    }
}

/// A line for each period of each part of which something is known, with a tab between the columns. `names`: the head of the
/// column with the parts' names, if there is one.
fn table(times: &Metrics, names: Option<&str>, columns: &[Metric], parts: &[Part]) -> String {
    let heads = columns.iter().map(|one| one.as_str());
    let heads: Vec<&str> = ["Time"].into_iter().chain(names).chain(heads).collect();
    let mut text = heads.join("\t") + "\n";
    let all = parts.iter().flat_map(|part| &part.series);
    let places = all.map(|one| one.values.len()).max();
    for place in 0..places.unwrap_or_default() {
        let at = show_time(times.start_time + place as i64 * times.period);
        for part in parts {
            let value = |metric: &Metric| part.values(*metric).get(place).copied().flatten();
            let values: Vec<Option<f64>> = columns.iter().map(value).collect();
            if values.iter().all(Option::is_none) {
                continue;
            }
            let words = |value: Option<f64>| value.map_or_else(String::new, |it| it.to_string());
            let name = names.map(|_| part.name.clone());
            let cells = [at.clone()].into_iter().chain(name);
            let cells: Vec<String> = cells.chain(values.into_iter().map(words)).collect();
            text += &(cells.join("\t") + "\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use app::model::metric::Series;

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
            ..Metrics::default()
        };
        let whole = Part {
            name: "demo".into(),
            series: vec![
                series(Metric::IdleCapacity, &[Some(1.5), None, None]),
                series(Metric::NodeStarts, &[None, None, Some(2.0)]),
            ],
        };
        let columns = [Metric::IdleCapacity, Metric::NodeStarts];
        let parts = [whole];
        assert_eq!(
            table(&metrics, None, &columns, &parts),
            "Time\tIdleCapacity\tNodeStarts\n2023-11-14T22:14:00Z\t1.5\t\n2023-11-14T22:16:00Z\t\t2\n"
        );
        let named = table(&metrics, Some(head(By::Queue)), &columns[..1], &parts);
        assert_eq!(
            named,
            "Time\tQueue\tIdleCapacity\n2023-11-14T22:14:00Z\tdemo\t1.5\n"
        );
    }
}
