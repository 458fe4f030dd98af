//! `openpcs export`: a cluster as a document, on standard output.

use super::client::{Client, cluster_path};
use crate::config::{DocumentFormat, Export};

pub fn run(export: &Export) -> anyhow::Result<()> {
    let format = match export.format {
        DocumentFormat::Yaml => "yaml",
        DocumentFormat::Json => "json",
    };
    let path = cluster_path(&export.cluster, &format!("export?format={format}"))?;
    let text = Client::new(&export.reach)?.get_text(&path)?;
    print!("{text}");
    Ok(())
}
