//! What is refused before Slurm is asked, and at which field of the form.

use app::model::error::ErrorKind;

use super::*;

#[test]
fn an_array_is_refused_with_limit_size_and_remedy() {
    let fits = |text: &str, alive| {
        let tasks = text.parse().unwrap_or_default();
        array_fits(Language::English, &tasks, alive, 256, 1001)
    };
    assert_eq!(fits("0-299:2%4", 0), Ok(()));
    assert_eq!(fits("0-255", 0), Ok(()));
    for (array, alive, words) in [
        ("0-299%4", 0, ["300", "256"]),
        ("0-1001", 0, ["1001", "1000"]),
        ("1-10", 250, ["250", "at most 6 tasks"]),
        ("1-10", 256, ["256", "room for none"]),
        ("1-10", 300, ["300", "room for none"]),
    ] {
        let refusal = fits(array, alive).err().unwrap_or_default();
        assert!(
            words.iter().all(|word| refusal.contains(word)),
            "{array}: {refusal}"
        );
        assert!(!refusal.contains("at most 0"), "{refusal}");
    }
}

/// What sbatch of Slurm 24.11 says.
#[test]
fn a_refusal_lands_at_its_field() {
    const NONE: &str = "Batch job submission failed: Requested node configuration is not available";
    const CPUS: &str = "CPU count per node can not be satisfied";
    const MEMORY: &str = "Memory specification can not be satisfied";
    const GPUS: &str = "Invalid generic resource (gres) specification";
    const QUEUE: &str = "Batch job submission failed: Invalid partition name specified";
    const ARRAY: &str = "Batch job submission failed: Invalid job array specification";
    let cases: [(&[&str], &str, &[Field]); 13] = [
        (&[QUEUE], "queue", &[]),
        (&[ARRAY], "array", &[Field::Array]),
        (&[ARRAY], "script", &[]),
        (&[CPUS, NONE], "cpusPerTask", &[Field::CpusPerTask]),
        (
            &[CPUS, NONE],
            "cpusPerTask",
            &[Field::Nodes, Field::CpusPerTask],
        ),
        (&[CPUS, NONE], "script", &[]),
        (&[MEMORY, NONE], "memory", &[Field::Nodes, Field::Memory]),
        (&[NONE], "nodes", &[Field::Nodes, Field::Tasks]),
        (&[NONE], "tasks", &[Field::Tasks, Field::CpusPerTask]),
        (&[NONE], "cpusPerTask", &[Field::CpusPerTask]),
        (&[NONE], "script", &[]),
        (&[GPUS], "gpus", &[Field::Gpus]),
        (&["something else"], "script", &[Field::Nodes]),
    ];
    let queue = QueueFacts {
        total: 4,
        cpus: 2,
        memory: 7782,
        ..QueueFacts::default()
    };
    for (lines, expected, given) in cases {
        let wish = |field| given.contains(&field).then_some(99);
        let input = SubmitJobRequest {
            queue: "demo".into(),
            nodes: wish(Field::Nodes),
            tasks: wish(Field::Tasks),
            cpus_per_task: wish(Field::CpusPerTask),
            memory: wish(Field::Memory),
            gpus: wish(Field::Gpus),
            array: wish(Field::Array).map_or_else(String::new, |n| n.to_string()),
            ..SubmitJobRequest::default()
        };
        let lines: Vec<String> = lines
            .iter()
            .map(|l| format!("sbatch: error: {l}"))
            .collect();
        let error = SlurmError {
            program: "sbatch".into(),
            message: lines.join("\n"),
        };
        let refused = refused(Language::English, error, &input, Some(&queue));
        let ErrorKind::Validation { fields, .. } = refused.kind else {
            panic!("{lines:?} is no validation error");
        };
        assert_eq!(fields[0].name, expected, "{lines:?} {given:?}");
        let tells_of_queue = fields[0].message.contains("the largest has 2 CPUs");
        let is_of_nodes = lines.iter().any(|line| line.contains(NO_SUCH_NODES));
        let is_of_gpus = lines.iter().any(|line| line.contains(GPUS));
        assert_eq!(
            tells_of_queue,
            is_of_nodes || is_of_gpus,
            "{}",
            fields[0].message
        );
    }
}

#[test]
fn who_asks_for_too_much_is_told_at_the_field_with_the_limit() {
    const NONE: &str = "Requested node configuration is not available";
    const NODES: &str = "Node count specification invalid";
    const MORE: &str = "More processors requested than permitted";
    const CPUS: &str = "CPU count per node can not be satisfied";
    let queue = QueueFacts {
        total: 4,
        cpus: 2,
        memory: 7782,
        gpus: 1,
        ..QueueFacts::default()
    };
    let ask = |nodes, tasks, cpus_per_task, memory, gpus| SubmitJobRequest {
        queue: "demo".into(),
        nodes,
        tasks,
        cpus_per_task,
        memory,
        gpus,
        ..SubmitJobRequest::default()
    };
    let tasks = |nodes, tasks| ask(nodes, Some(tasks), None, None, None);
    for (words, input, field, limit) in [
        (NONE, tasks(None, 5000), "tasks", "gives 8"),
        (NONE, tasks(Some(1), 5000), "tasks", "gives 2"),
        (NODES, tasks(Some(1), 5000), "tasks", "gives 2"),
        (NODES, tasks(None, 5000), "tasks", "gives 8"),
        (MORE, tasks(None, 5000), "tasks", "gives 8"),
        (CPUS, tasks(None, 5000), "tasks", "gives 8"),
        (NODES, tasks(Some(5), 1), "nodes", "gives 4"),
        (
            NONE,
            ask(Some(1), Some(2), Some(9), None, None),
            "cpusPerTask",
            "gives 2",
        ),
        (
            NONE,
            ask(Some(2), Some(4), Some(2), None, None),
            "tasks",
            "gives 2",
        ),
        (
            NONE,
            ask(Some(1), None, None, Some(9000), None),
            "memory",
            "gives 7782",
        ),
        (
            NONE,
            ask(Some(1), None, None, None, Some(2)),
            "gpus",
            "gives 1",
        ),
    ] {
        let error = SlurmError {
            program: "sbatch".into(),
            message: format!("sbatch: error: {words}"),
        };
        let refused = refused(Language::English, error, &input, Some(&queue));
        let ErrorKind::Validation { fields, .. } = refused.kind else {
            panic!("{words} is no validation error");
        };
        let told = (fields[0].name.as_str(), &fields[0].message);
        assert_eq!(told.0, field, "{words} {}", told.1);
        assert!(told.1.contains(limit), "{}", told.1);
        assert!(told.1.contains("Ask for less"), "{}", told.1);
    }
}
