//! The custom settings that people may give to a cluster, a node group or a queue, and what values they may take.
//!
//! The tables beside this file are the catalogue: what is in none of them is refused by name. Nothing that passes
//! [`check`] can break out of its line in Slurm's files (S7), whatever the table says.

pub mod accounting;
mod cgroup;
pub mod cli_filter;
mod cluster;
pub mod communication;
mod executable;
mod gres;
mod groups;
mod kind;
mod newer;
mod node;
mod numbers;
mod options;
mod parts;
mod plugin;
pub mod program;
mod queue;
mod reserved;
mod slurmdbd;
mod submitters;
mod words;

use std::path::Path;

use app::model::cluster::{CgroupCustomSetting, SlurmdbdCustomSetting};
use app::model::echo::echo;
use app::model::setting::SlurmCustomSetting;

use super::job_user::JobUser;
pub use gres::{check_gres, gres_line, gres_names};
pub use kind::{Kind, age_in_days};
pub use newer::superseded_by;

/// Where a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A line of its own in slurm.conf.
    Cluster,
    /// On the group's line of nodes.
    NodeGroup,
    /// On the queue's line, a partition's.
    Queue,
    /// A line of cgroup.conf.
    Cgroup,
    /// A line of slurmdbd.conf.
    Slurmdbd,
}

impl Scope {
    pub const ALL: [Scope; 5] = [
        Scope::Cluster,
        Scope::NodeGroup,
        Scope::Queue,
        Scope::Cgroup,
        Scope::Slurmdbd,
    ];

    /// Every setting that may be given here.
    pub fn settings(self) -> &'static [Setting] {
        match self {
            Scope::Cluster => cluster::SETTINGS,
            Scope::NodeGroup => node::SETTINGS,
            Scope::Queue => queue::SETTINGS,
            Scope::Cgroup => cgroup::SETTINGS,
            Scope::Slurmdbd => slurmdbd::SETTINGS,
        }
    }

    fn reserved(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Scope::Cluster => reserved::CLUSTER,
            Scope::NodeGroup => reserved::NODE_GROUP,
            Scope::Queue => reserved::QUEUE,
            Scope::Cgroup => reserved::CGROUP,
            Scope::Slurmdbd => reserved::SLURMDBD,
        }
    }

    /// What holds the setting, for messages.
    fn holder(self) -> &'static str {
        match self {
            Scope::Cluster => "a cluster",
            Scope::NodeGroup => "a compute node group",
            Scope::Queue => "a queue",
            Scope::Cgroup => "cgroup.conf",
            Scope::Slurmdbd => "slurmdbd.conf",
        }
    }

    /// The setting of that name in any spelling, as Slurm reads it.
    pub fn find(self, name: &str) -> Option<&'static Setting> {
        self.settings()
            .iter()
            .find(|s| s.name.eq_ignore_ascii_case(name))
    }
}

/// One entry of the catalogue.
#[derive(Debug)]
pub struct Setting {
    /// Slurm's own spelling.
    pub name: &'static str,
    pub kind: Kind,
    /// The first version that knows it; empty for all that we support.
    pub since: &'static str,
    /// One line for the form.
    pub help: &'static str,
}

/// Short form for the tables.
const fn setting(name: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting {
        name,
        kind,
        since: "",
        help,
    }
}

/// The half of a setting that a message is about: the form shows it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Name,
    Value,
}

/// The model has a type for each of slurm.conf, slurmdbd.conf and cgroup.conf, all alike.
pub trait NameAndValue {
    fn name(&self) -> &str;
    fn value(&self) -> &str;
}

macro_rules! name_and_value {
    ($($type:ty),*) => {$(
        impl NameAndValue for $type {
            fn name(&self) -> &str {
                &self.parameter_name
            }
            fn value(&self) -> &str {
                &self.parameter_value
            }
        }
    )*};
}
name_and_value!(
    SlurmCustomSetting,
    SlurmdbdCustomSetting,
    CgroupCustomSetting
);

/// Where settings are to be in force.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Slurm's major version, as `24.11`.
    pub version: &'a str,
    /// The directory with that version's `lib`.
    pub prefix: &'a Path,
    /// Whether the nodes' files are this host's, and so can be looked at.
    pub shares_files: bool,
    pub has_accounting: bool,
    /// The server's own directory, which nodes do not see.
    pub data_dir: &'a Path,
    /// Whom jobs run as; where it is somebody else, it must be able to run what runs in jobs.
    pub job_user: Option<&'a JobUser>,
}

impl Place<'_> {
    /// Why a setting cannot have that value here, as the end of a sentence.
    fn check(&self, scope: Scope, setting: &Setting, value: &str) -> Result<(), String> {
        let is_built = |word: &str| plugin::problem(self.prefix, setting.name, word).is_none();
        setting.kind.check_where(value, is_built)?;
        let problem = match setting.name {
            // Slurm would take it, and forget ended jobs before anybody can ask for them. Rows of before may have less.
            "MinJobAge" if value.len() == 1 && value < "5" => {
                Some("must be a whole number from 5 to 4294967293.".to_owned())
            }
            "CommunicationParameters" => communication::problem(value),
            "AllowGroups" if self.shares_files => groups::problem(value),
            "AllocNodes" if self.shares_files => submitters::problem(value),
            _ => plugin::problem(self.prefix, setting.name, value)
                .or_else(|| cli_filter::problem(self.prefix, self.version, setting.name, value))
                .or_else(|| numbers::problem(setting.name, value))
                .or_else(|| options::problem(self.prefix, self.version, setting.name, value))
                .or_else(|| parts::problem(setting.name, value)),
        };
        let newer = newer::problem(self.version, setting.name, value);
        let problem = newer
            .or(problem)
            .or_else(|| match self.has_accounting {
                true => None,
                false => accounting::problem(scope, setting.name, value),
            })
            .or_else(|| match self.shares_files {
                true => program::problem(setting, value, self.data_dir, self.job_user),
                false => None,
            });
        problem.map_or(Ok(()), Err)
    }
}

/// What is wrong with these settings: the index of each, the half, and the reason with its remedy.
pub fn check<S: NameAndValue>(
    scope: Scope,
    place: Place<'_>,
    settings: &[S],
) -> Vec<(usize, Part, String)> {
    let most = scope.settings().len();
    if settings.len() > most {
        // Some are given twice, or are none; which, is not worth comparing each with all.
        let message = format!(
            "There are {} settings, and {} may have {most} different ones. Give each once.",
            settings.len(),
            scope.holder()
        );
        return vec![(most, Part::Name, message)];
    }
    let mut problems = Vec::new();
    for (index, given) in settings.iter().enumerate() {
        let twice = settings[..index]
            .iter()
            .any(|earlier| earlier.name().eq_ignore_ascii_case(given.name()));
        if twice {
            let message = format!("{} is given twice; keep one.", echo(given.name()));
            problems.push((index, Part::Name, message));
            continue;
        }
        match find_for(scope, place.version, given.name()) {
            Err(message) => problems.push((index, Part::Name, message)),
            Ok(setting) => {
                if let Err(reason) = place.check(scope, setting, given.value()) {
                    let message = format!("The value of {} {reason}", setting.name);
                    problems.push((index, Part::Value, message));
                }
            }
        }
    }
    let mut contradictions = numbers::contradictions(settings);
    contradictions.extend(parts::contradictions(settings));
    let contradictions = contradictions.into_iter();
    problems.extend(contradictions.map(|(index, message)| (index, Part::Value, message)));
    problems
}

/// The setting and its value when both are fit to be written, in Slurm's spelling.
pub fn accepted<S: NameAndValue>(scope: Scope, given: &S) -> Option<(&'static Setting, &str)> {
    let setting = scope.find(given.name())?;
    setting
        .kind
        .check(given.value())
        .ok()
        .map(|()| (setting, given.value()))
}

fn find_for(scope: Scope, version: &str, name: &str) -> Result<&'static Setting, String> {
    let reserved = scope
        .reserved()
        .iter()
        .find(|(reserved, _)| reserved.eq_ignore_ascii_case(name));
    if let Some((name, reason)) = reserved {
        return Err(format!("{name} cannot be set: {reason}."));
    }
    let Some(setting) = scope.find(name) else {
        return Err(unknown(scope, name));
    };
    // Versions are YY.MM, so the order of their text is their order in time.
    if version < setting.since {
        let instead = match setting.name {
            "Topology" => " Set TopologyPlugin of the cluster: it holds for all queues.",
            _ => "",
        };
        return Err(format!(
            "{} needs Slurm {} or later; this cluster runs {version}.{instead}",
            setting.name, setting.since
        ));
    }
    Ok(setting)
}

fn unknown(scope: Scope, name: &str) -> String {
    let elsewhere = Scope::ALL
        .into_iter()
        .find(|other| *other != scope && other.find(name).is_some());
    match elsewhere {
        Some(other) => format!(
            "{} is not a setting of {}; it belongs to {}.",
            echo(name),
            scope.holder(),
            other.holder()
        ),
        None => format!(
            "{} is not a setting that {} may have. Check the spelling against the list of supported settings.",
            echo(name),
            scope.holder()
        ),
    }
}

#[cfg(test)]
mod tests;
