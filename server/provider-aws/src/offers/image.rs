//! Images (A10). Regions have a hundred thousand public ones: the list has the account's own, those that were shared with
//! it and AWS's samples; any other is found by its id.

use std::collections::{BTreeSet, HashMap};

use app::model::catalogue::Image;
use aws_sdk_ec2::operation::describe_images::builders::DescribeImagesFluentBuilder as DescribeImages;
use aws_sdk_ec2::types::{self, PlatformValues};
use futures::try_join;
use openpcs_provider::ProviderError;

use super::kind::{Entry, Kind, Listed, filter, text};
use super::source::Source;
use crate::client::refused;

const DESCRIBE: &str = "ec2:DescribeImages";

/// The most of a page: AWS's own limit.
const PAGE: i32 = 1_000;
/// Whose samples are AWS's: anybody can publish an image of that name.
const SAMPLE_OWNER: &str = "amazon";
const SAMPLE: &str = "aws-pcs-sample_ami-";

impl Kind for Image {
    const ACTIONS: &'static [&'static str] = &[DESCRIBE];

    fn key(&self) -> &str {
        &self.id
    }

    async fn named(source: &Source, names: &BTreeSet<String>) -> Result<Vec<Image>, ProviderError> {
        let call = source.client.ec2.describe_images();
        let found = described(call.filters(filter("image-id", names))).await?;
        Ok(found.iter().map(image).collect())
    }
}

impl Listed for Image {
    /// Newest first: the first that is found for a version and an architecture is the one to take.
    async fn all(source: &Source) -> Result<Vec<Entry<Image>>, ProviderError> {
        let call = || source.client.ec2.describe_images();
        let samples = filter("name", [&format!("{SAMPLE}*")]);
        let private = filter("is-public", [&"false".to_owned()]);
        let (own, samples, shared) = try_join!(
            described(call().owners("self")),
            described(call().owners(SAMPLE_OWNER).filters(samples)),
            described(call().executable_users("self").filters(private))
        )?;
        let found = own.iter().chain(&samples).chain(&shared);
        let usable = found.filter(|it| it.platform() != Some(&PlatformValues::Windows));
        // Own ones may be shared as well.
        let once: HashMap<&str, &types::Image> =
            usable.filter_map(|it| Some((it.image_id()?, it))).collect();
        Ok(once.into_values().map(entry).collect())
    }
}

async fn described(call: DescribeImages) -> Result<Vec<types::Image>, ProviderError> {
    let items = call.into_paginator().page_size(PAGE).items().send();
    let found = items.try_collect().await;
    found.map_err(|error| refused(DESCRIBE, error))
}

fn entry(found: &types::Image) -> Entry<Image> {
    let image = image(found);
    let Image {
        name,
        architecture,
        slurm_version,
        ..
    } = image.clone();
    let order = newest_first(found.creation_date().unwrap_or_default());
    Entry::new(&order, &[&name, &architecture, &slurm_version], image)
}

fn image(found: &types::Image) -> Image {
    let id = text(found.image_id());
    let name = found.name().unwrap_or(&id).to_owned();
    Image {
        architecture: text(found.architecture().map(|it| it.as_str())),
        slurm_version: slurm_version(&name).unwrap_or_default().into(),
        state: text(found.state().map(|it| it.as_str())),
        name,
        id,
    }
}

/// `24.11` of a name with `slurm-24.11`, as samples have it and those that people name after them.
fn slurm_version(name: &str) -> Option<&str> {
    let (_, rest) = name.rsplit_once("slurm-")?;
    let rest = rest.as_bytes();
    let is_version = rest.get(2) == Some(&b'.')
        && [0, 1, 3, 4]
            .iter()
            .all(|at| rest.get(*at).is_some_and(u8::is_ascii_digit))
        && !rest.get(5).is_some_and(u8::is_ascii_digit);
    let begin = name.len() - rest.len();
    is_version.then(|| name.get(begin..begin + 5)).flatten()
}

/// What sorts dates as `2025-10-16T12:00:00.000Z` the other way round: each digit's rest to nine.
fn newest_first(date: &str) -> String {
    date.chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|it| char::from_digit(9 - it, 10))
                .unwrap_or(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_name_has_the_version_of_its_slurm() {
        for (name, version) in [
            ("aws-pcs-sample_ami-amzn2-x86_64-slurm-24.11", Some("24.11")),
            (
                "aws-pcs-sample_ami-al2023-arm64-slurm-25.05-2025-10-16T01-02-03",
                Some("25.05"),
            ),
            ("my-slurm-old-slurm-25.11.2", Some("25.11")),
            ("slurm-24.1", None),
            ("slurm-24.111", None),
            ("slurm-éé.éé", None),
            ("slurm-", None),
            ("al2023", None),
        ] {
            assert_eq!(slurm_version(name), version, "{name}");
        }
    }

    #[test]
    fn newer_images_stand_before_older_ones() {
        let dates = [
            "2026-01-01T00:00:00.000Z",
            "2025-10-16T12:00:00.000Z",
            "2025-10-16T11:59:59.000Z",
            "2019-10-16T12:00:00.000Z",
        ];
        assert!(dates.map(newest_first).is_sorted());
    }

    #[test]
    fn an_image_is_told_with_its_architecture_and_state() {
        let found = types::Image::builder()
            .image_id("ami-1")
            .name("x-slurm-25.05")
            .architecture(types::ArchitectureValues::Arm64)
            .state(types::ImageState::Available)
            .build();
        let told = Image {
            id: "ami-1".into(),
            name: "x-slurm-25.05".into(),
            architecture: "arm64".into(),
            slurm_version: "25.05".into(),
            state: "available".into(),
        };
        assert_eq!(image(&found), told);
        let entry = entry(&found);
        assert_eq!(entry.text, "ami-1 x-slurm-25.05 arm64 25.05");
    }
}
