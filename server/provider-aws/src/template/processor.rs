//! One thread a core, whatever the template says (A2, N10).
//!
//! EC2 wants the number of cores beside it: "Both the core count and threads per core must be specified in the request"
//! (`LaunchTemplateCpuOptionsRequest`). One template then fits types of as many cores only.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{LaunchTemplateCpuOptionsRequest, RequestLaunchTemplateData};

use super::{Review, TypeFacts};

pub(super) fn one_thread(
    data: &mut RequestLaunchTemplateData,
    types: &[&TypeFacts],
    review: &mut Review,
) {
    let (metal, others): (Vec<&TypeFacts>, Vec<&TypeFacts>) = types
        .iter()
        .copied()
        .partition(|facts| facts.is_bare_metal());
    if let Some(facts) = metal.iter().find(|facts| facts.threads_per_core > 1) {
        review.warn(
            "instanceConfigs",
            format!(
                "{} is a machine of its own, whose cores keep their {} threads.",
                facts.name, facts.threads_per_core
            ),
        );
    }
    let has_threads = others.iter().any(|facts| facts.threads_per_core > 1);
    if data.cpu_options.is_none() && !has_threads {
        return;
    }
    if has_threads && !metal.is_empty() {
        review.refuse(
            "instanceConfigs",
            "Options of the processor are needed for some of the types, and not taken by bare-metal ones.",
            "Put bare-metal types into a group of their own.",
        );
    }
    let none = || LaunchTemplateCpuOptionsRequest::builder().build();
    let options = data.cpu_options.get_or_insert_with(none);
    options.threads_per_core = Some(1);
    if options.core_count.is_none() {
        options.core_count = cores(&others, review);
    }
}

/// As many as each of the types has.
fn cores(types: &[&TypeFacts], review: &mut Review) -> Option<i32> {
    let counts: BTreeSet<i32> = types.iter().map(|facts| facts.cores).collect();
    if counts.len() > 1 {
        let of_type = |facts: &&TypeFacts| format!("{} has {}", facts.name, facts.cores);
        let each: Vec<String> = types.iter().map(of_type).collect();
        review.refuse(
            "instanceConfigs",
            format!(
                "The types have different numbers of cores: {}.",
                each.join(", ")
            ),
            "Choose types with as many cores, or set CpuOptions.CoreCount in the template.",
        );
    }
    counts.first().copied()
}
