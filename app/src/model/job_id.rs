//! What the id of a job means: a job, an array, one task of it, tasks that still wait, a part of a heterogeneous job.
//!
//! Slurm prints them as `12`, `12_3`, `12_[4-9%2]` and `13+1`, and takes them so; here alone they are read and written.

use std::fmt;
use std::str::FromStr;

/// Slurm's `MaxArraySize` is 4000001 at most, and the highest task is one less.
pub const HIGHEST_TASK: u32 = 4_000_000;

/// Whom an id means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JobId {
    /// `12`: a job; of an array all tasks, of a heterogeneous job all components.
    Whole(u32),
    /// `12_3`
    Task { array: u32, task: u32 },
    /// `12_[4-9%2]`: of an array those tasks that wait together.
    Tasks { array: u32, tasks: TaskSet },
    /// `13+1`: one component of a heterogeneous job.
    Component { job: u32, offset: u32 },
}

impl JobId {
    /// The number that all tasks of an array and all components share; of others their own.
    pub fn number(&self) -> u32 {
        match self {
            JobId::Whole(number) => *number,
            JobId::Task { array, .. } | JobId::Tasks { array, .. } => *array,
            JobId::Component { job, .. } => *job,
        }
    }

    /// What stays the same while its tasks start one by one: its page, its address, what `scontrol update` takes.
    pub fn lasting(&self) -> JobId {
        match self {
            JobId::Tasks { array, .. } => JobId::Whole(*array),
            other => other.clone(),
        }
    }

    /// Of an array, and not all of it.
    pub fn is_of_array(&self) -> bool {
        matches!(self, JobId::Task { .. } | JobId::Tasks { .. })
    }

    pub fn is_component(&self) -> bool {
        matches!(self, JobId::Component { .. })
    }

    /// How many tasks it stands for, as far as the id tells.
    pub fn count(&self) -> usize {
        match self {
            JobId::Tasks { tasks, .. } => tasks.len(),
            _ => 1,
        }
    }

    /// Where it stands among the parts of its whole.
    pub fn place(&self) -> u32 {
        match self {
            JobId::Whole(_) => 0,
            JobId::Task { task, .. } => *task,
            JobId::Tasks { tasks, .. } => tasks.iter().next().unwrap_or_default(),
            JobId::Component { offset, .. } => *offset,
        }
    }

    /// Its tasks; none for what is of no array.
    pub fn tasks(&self) -> TaskSet {
        match self {
            JobId::Task { task, .. } => TaskSet::from_iter([*task]),
            JobId::Tasks { tasks, .. } => tasks.clone(),
            _ => TaskSet::default(),
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JobId::Whole(number) => write!(f, "{number}"),
            JobId::Task { array, task } => write!(f, "{array}_{task}"),
            JobId::Tasks { array, tasks } => write!(f, "{array}_[{tasks}]"),
            JobId::Component { job, offset } => write!(f, "{job}+{offset}"),
        }
    }
}

/// The text is no id of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoJobId;

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<JobId, NoJobId> {
        read(text).ok_or(NoJobId)
    }
}

fn read(text: &str) -> Option<JobId> {
    if let Some((job, offset)) = text.split_once('+') {
        let (job, offset) = (number(job)?, number(offset)?);
        return Some(JobId::Component { job, offset });
    }
    let Some((array, rest)) = text.split_once('_') else {
        return Some(JobId::Whole(number(text)?));
    };
    let array = number(array)?;
    match rest.strip_prefix('[') {
        Some(set) => {
            let tasks = set.strip_suffix(']')?.parse().ok()?;
            Some(JobId::Tasks { array, tasks })
        }
        None => number(rest)
            .filter(|task| *task <= HIGHEST_TASK)
            .map(|task| JobId::Task { array, task }),
    }
}

/// Digits and nothing else: `parse` alone takes a sign.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Tasks of an array as `sbatch --array` takes them: `3-10`, `1,5,9-12`, `0-298:2`, each with `%4` for how many may run
/// at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaskSet {
    /// First and last of each; in order, and neither overlapping nor touching.
    ranges: Vec<(u32, u32)>,
    at_once: Option<u32>,
}

impl TaskSet {
    pub fn len(&self) -> usize {
        let sizes = self.ranges.iter().map(|(first, last)| last - first + 1);
        sizes.map(|size| size as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last)
    }

    pub fn contains(&self, task: u32) -> bool {
        let within = |(first, last): &(u32, u32)| (*first..=*last).contains(&task);
        self.ranges.iter().any(within)
    }

    /// The highest task.
    pub fn last(&self) -> Option<u32> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// How many of them may run at once; none: as many as there is room for.
    pub fn at_once(&self) -> Option<u32> {
        self.at_once
    }

    fn of(mut ranges: Vec<(u32, u32)>, at_once: Option<u32>) -> TaskSet {
        ranges.sort_unstable();
        let mut apart: Vec<(u32, u32)> = vec![];
        for (first, last) in ranges {
            match apart.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => apart.push((first, last)),
            }
        }
        TaskSet {
            ranges: apart,
            at_once,
        }
    }

    /// The distance of its tasks, where all are equally far apart and not neighbours; Slurm then writes it so.
    fn step(&self) -> Option<u32> {
        let single = |(first, last): &(u32, u32)| first == last;
        if self.ranges.len() < 3 || !self.ranges.iter().all(single) {
            return None;
        }
        let step = self.ranges[1].0 - self.ranges[0].0;
        let even = |pair: &[(u32, u32)]| pair[1].0 - pair[0].0 == step;
        self.ranges.windows(2).all(even).then_some(step)
    }
}

impl FromIterator<u32> for TaskSet {
    fn from_iter<I: IntoIterator<Item = u32>>(tasks: I) -> TaskSet {
        TaskSet::of(tasks.into_iter().map(|task| (task, task)).collect(), None)
    }
}

impl fmt::Display for TaskSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.step(), self.ranges.first(), self.ranges.last()) {
            (Some(step), Some((first, _)), Some((_, last))) => write!(f, "{first}-{last}:{step}")?,
            _ => {
                for (at, (first, last)) in self.ranges.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    match first == last {
                        true => write!(f, "{comma}{first}")?,
                        false => write!(f, "{comma}{first}-{last}")?,
                    }
                }
            }
        }
        match self.at_once {
            Some(most) => write!(f, "%{most}"),
            None => Ok(()),
        }
    }
}

/// The text names no tasks, or one that no array can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTaskSet;

impl FromStr for TaskSet {
    type Err = NoTaskSet;

    fn from_str(text: &str) -> Result<TaskSet, NoTaskSet> {
        read_set(text).ok_or(NoTaskSet)
    }
}

fn read_set(text: &str) -> Option<TaskSet> {
    let mut ranges = vec![];
    let mut at_once = None;
    for part in text.split(',') {
        // Slurm takes the first `%` of all.
        let (tasks, most) = match part.split_once('%') {
            Some((tasks, most)) => (tasks, Some(number(most)?)),
            None => (part, None),
        };
        at_once = at_once.or(most);
        let (first, last, step) = match tasks.split_once('-') {
            None => (number(tasks)?, number(tasks)?, 1),
            Some((first, rest)) => match rest.split_once(':') {
                Some((last, step)) => (number(first)?, number(last)?, number(step)?),
                None => (number(first)?, number(rest)?, 1),
            },
        };
        if first > last || last > HIGHEST_TASK || step == 0 {
            return None;
        }
        if step == 1 {
            ranges.push((first, last));
        } else {
            ranges.extend(
                (first..=last)
                    .step_by(step as usize)
                    .map(|task| (task, task)),
            );
        }
        // However often a text says the same tasks, it costs no more than all there can be.
        if ranges.len() > HIGHEST_TASK as usize {
            return None;
        }
    }
    Some(TaskSet::of(ranges, at_once))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> TaskSet {
        text.parse().unwrap()
    }

    #[test]
    fn each_form_is_read_and_written() {
        for (text, number, count) in [
            ("12", 12, 1),
            ("12_0", 12, 1),
            ("22_[3-10%2]", 22, 8),
            ("22_[5,90-95]", 22, 7),
            ("7_[1-9:2]", 7, 5),
            ("13+1", 13, 1),
        ] {
            let id: JobId = text.parse().unwrap();
            assert_eq!(
                (id.to_string().as_str(), id.number(), id.count()),
                (text, number, count)
            );
        }
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "12;id",
            "--help",
            "12_",
            "_3",
            "1e9",
            "12 13",
            "99999999999",
            "+5",
            "13+",
            "+1",
            "12_[",
            "12_[]",
            "12_[3-1]",
            "12_[1-]",
            "12_[1:0]",
            "12_[1-3:0]",
            "12_[%2]",
            "12_[-1]",
            "12_4000001",
            "１２",
            "12_[3-10...]",
        ] {
            assert!(text.parse::<JobId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn tasks_are_counted_as_slurm_counts_them() {
        for (text, count) in [
            ("0-299%4", 300),
            ("0-299:2", 150),
            ("1,5,9-12", 6),
            ("1-3,2-4", 4),
            ("0-10:3%2,1", 5),
            ("7", 1),
            ("0-4000000", 4_000_001),
        ] {
            assert_eq!(set(text).len(), count, "{text}");
        }
        assert_eq!(set("1-3,2-4").to_string(), "1-4");
        assert_eq!(set("0-9:2%4").at_once(), Some(4));
        assert_eq!(set("9,3").last(), Some(9));
    }

    #[test]
    fn what_starts_leaves_the_page_where_it_was() {
        let waiting: JobId = "22_[3-10%2]".parse().unwrap();
        assert_eq!(waiting.lasting().to_string(), "22");
        let task: JobId = "22_7".parse().unwrap();
        assert_eq!(task.lasting(), task);
    }

    #[test]
    fn saying_the_same_again_and_again_is_refused() {
        let text = vec!["0-4000000:2"; 20].join(",");
        assert!(text.parse::<TaskSet>().is_err());
    }

    fn any_set() -> impl Strategy<Value = TaskSet> {
        let tasks = prop::collection::btree_set(0..500_u32, 1..60);
        (tasks, prop::option::of(1..100_u32)).prop_map(|(tasks, at_once)| TaskSet {
            at_once,
            ..TaskSet::from_iter(tasks)
        })
    }

    fn any_id() -> impl Strategy<Value = JobId> {
        prop_oneof![
            any::<u32>().prop_map(JobId::Whole),
            (any::<u32>(), 0..=HIGHEST_TASK).prop_map(|(array, task)| JobId::Task { array, task }),
            (any::<u32>(), any_set()).prop_map(|(array, tasks)| JobId::Tasks { array, tasks }),
            (any::<u32>(), any::<u32>()).prop_map(|(job, offset)| JobId::Component { job, offset }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(id in any_id()) {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_text_is_too_odd(text in r"[0-9_+\[\]%:,\-]{0,24}|.{0,12}") {
            if let Ok(id) = text.parse::<JobId>() {
                prop_assert!(id.count() > 0);
                prop_assert_eq!(id.to_string().parse(), Ok(id));
            }
        }

        #[test]
        fn a_set_has_what_it_was_made_of(tasks in prop::collection::btree_set(0..200_u32, 0..50)) {
            let set = TaskSet::from_iter(tasks.iter().copied());
            prop_assert_eq!(set.len(), tasks.len());
            prop_assert!((0..200).all(|task| set.contains(task) == tasks.contains(&task)));
            prop_assert!(set.iter().eq(tasks));
        }
    }
}
