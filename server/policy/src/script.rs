//! A site's script in [Starlark](https://github.com/bazelbuild/starlark/blob/master/spec.md): Python without files, clocks
//! or networks, so that it can be trusted to end and to say the same twice.
//!
//! ```python
//! def job_submit(job, partitions, uid):          # either may be left out
//! def job_modify(job, record, partitions, uid):
//! ```
//!
//! `job` is a dict of what the user asked for, by the names of Slurm's own `job_submit/lua`; what is put into it goes into
//! the job. `fail("…")` refuses, in the user's sight; `print("…")` tells the user and goes on.

use std::cell::RefCell;
use std::io::Read;
use std::time::Instant;

use serde_json::{Map, Value as Json};
use starlark::PrintHandler;
use starlark::environment::{FrozenModule, Globals, GlobalsBuilder, LibraryExtension, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::Value;

use crate::limits;
use crate::wire::{Asked, Event};

/// What a script says of a job.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    pub is_refused: bool,
    /// To the user.
    pub said: Vec<String>,
    /// Fields that it put into the job.
    pub changes: Map<String, Json>,
}

impl Verdict {
    pub fn refusal(why: String) -> Verdict {
        Verdict {
            is_refused: true,
            said: vec![why],
            changes: Map::new(),
        }
    }
}

pub struct Script {
    module: FrozenModule,
}

/// What a script says on the way.
#[derive(Default)]
struct Said(RefCell<Vec<String>>);

impl PrintHandler for Said {
    fn println(&self, text: &str) -> starlark::Result<()> {
        let mut said = self.0.borrow_mut();
        if said.iter().map(String::len).sum::<usize>() < limits::TEXT {
            said.push(text.chars().take(limits::TEXT).collect());
        }
        Ok(())
    }
}

fn globals() -> Globals {
    GlobalsBuilder::extended_by(&[LibraryExtension::Print, LibraryExtension::Json]).build()
}

fn bound(evaluator: &mut Evaluator) -> Result<(), String> {
    let till = Instant::now() + limits::PATIENCE;
    evaluator.set_check_cancelled(Box::new(move || Instant::now() > till));
    let calls = evaluator.set_max_callstack_size(limits::CALLS);
    let heap = evaluator.set_max_heap_size(limits::HEAP);
    calls.and(heap).map_err(|error| error.to_string())
}

impl Script {
    /// Errors are the interpreter's own words, with line and place.
    pub fn read(mut from: impl Read) -> Result<Script, String> {
        let mut text = String::new();
        let read = from.read_to_string(&mut text);
        read.map_err(|error| format!("The script cannot be read: {error}."))?;
        Script::of(text)
    }

    fn of(text: String) -> Result<Script, String> {
        let syntax = AstModule::parse("script", text, &Dialect::Standard);
        let syntax = syntax.map_err(|error| error.to_string())?;
        let module = Module::with_temp_heap(|module| {
            let said = Said::default();
            let mut evaluator = Evaluator::new(&module);
            bound(&mut evaluator)?;
            evaluator.set_print_handler(&said);
            let loaded = evaluator.eval_module(syntax, &globals());
            loaded.map_err(|error| error.to_string())?;
            drop(evaluator);
            module.freeze().map_err(|error| error.err_msg)
        })?;
        let script = Script { module };
        let mut events = [Event::Submit, Event::Modify].into_iter();
        if !events.clone().any(|event| script.has(event)) {
            return Err("The script defines neither job_submit nor job_modify.".into());
        }
        events.try_for_each(|event| script.check(event))?;
        Ok(script)
    }

    /// What cannot be called would refuse every job.
    fn check(&self, event: Event) -> Result<(), String> {
        let name = event.function();
        let Ok(function) = self.module.get(name) else {
            return Ok(());
        };
        let takes = function.value().parameters_spec();
        let arguments = event.arguments();
        match takes.is_some_and(|takes| takes.can_fill_with_args(arguments.len(), &[])) {
            true => Ok(()),
            false => Err(format!(
                "It must be written as def {name}({}):",
                arguments.join(", ")
            )),
        }
    }

    fn has(&self, event: Event) -> bool {
        self.module
            .get_option(event.function())
            .is_ok_and(|found| found.is_some())
    }

    /// Errors are the script's; what it refuses is none.
    pub fn run(&self, asked: Asked) -> Result<Verdict, String> {
        if !self.has(asked.event) {
            return Ok(Verdict::default());
        }
        let function = self.module.get(asked.event.function());
        let function = function.map_err(|error| error.to_string())?;
        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let said = Said::default();
            let job = heap.alloc(Json::Object(asked.job.clone()));
            let partitions = heap.alloc(Json::Object(asked.partitions));
            let uid = heap.alloc(asked.uid);
            let record = heap.alloc(Json::Object(asked.record));
            let arguments: Vec<Value> = match asked.event {
                Event::Submit => vec![job, partitions, uid],
                Event::Modify => vec![job, record, partitions, uid],
            };
            let mut evaluator = Evaluator::new(&module);
            bound(&mut evaluator)?;
            evaluator.set_print_handler(&said);
            let function = heap.access_owned_frozen_value(&function);
            let ran = evaluator.eval_function(function, &arguments, &[]);
            drop(evaluator);
            let said = said.0.into_inner();
            match ran {
                Ok(_) => verdict(&asked.job, job, said),
                Err(error) => refused(&error, said),
            }
        })
    }
}

/// What the script put into the job.
fn verdict(before: &Map<String, Json>, job: Value, said: Vec<String>) -> Result<Verdict, String> {
    let Ok(Json::Object(mut after)) = job.to_json_value() else {
        return Err("What the script put into the job is no text and no number.".into());
    };
    let mut verdict = Verdict {
        said,
        ..Verdict::default()
    };
    for field in before.keys() {
        after.entry(field.clone()).or_insert(Json::Null);
    }
    for (field, value) in after {
        if before.get(&field) != Some(&value) {
            let value = settable(&field, value)?;
            verdict.changes.insert(field, value);
        }
    }
    Ok(verdict)
}

/// As the plugin can put it into the job: text, number, or nothing.
fn settable(field: &str, value: Json) -> Result<Json, String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if field.is_empty() || !field.chars().all(is_name) {
        return Err(format!("job[{field:?}] is no field of a job."));
    }
    match value {
        Json::String(ref text) if text.len() > limits::TEXT => Err(format!(
            "job[\"{field}\"] was set to more than {} bytes.",
            limits::TEXT
        )),
        Json::Bool(is_so) => Ok(i64::from(is_so).into()),
        Json::Null | Json::String(_) => Ok(value),
        Json::Number(ref number) if number.is_i64() || number.is_u64() => Ok(value),
        other => Err(format!(
            "job[\"{field}\"] was set to {other}, which is neither a text nor a whole number."
        )),
    }
}

/// What `fail` said, to the user, without the place in the script, which is none of theirs. Whatever else stopped the
/// script is told with its place.
fn refused(error: &starlark::Error, mut said: Vec<String>) -> Result<Verdict, String> {
    let starlark::ErrorKind::Fail(why) = error.kind() else {
        return Err(error.to_string());
    };
    said.push(why.to_string().trim().chars().take(limits::TEXT).collect());
    Ok(Verdict {
        is_refused: true,
        said,
        changes: Map::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn submitted(script: &str, job: Json) -> Result<Verdict, String> {
        let Json::Object(job) = job else {
            return Err("no job".into());
        };
        let asked = Asked {
            uid: 1000,
            job,
            ..Asked::default()
        };
        Script::of(script.to_owned())?.run(asked)
    }

    #[test]
    fn what_is_put_into_the_job_is_told() {
        let script = r#"
def job_submit(job, partitions, uid):
    job["partition"] = "gpu" if "gpu" in job.get("tres_per_node", "") else "cpu"
    job["requeue"] = True
    job["comment"] = None
    job.pop("name")
    print("to", job["partition"], "for", uid)
"#;
        let job = json!({"tres_per_node": "gres/gpu:2", "comment": "x", "name": "n", "nice": 5});
        let verdict = submitted(script, job).unwrap();
        assert!(!verdict.is_refused);
        assert_eq!(verdict.said, ["to gpu for 1000"]);
        let changes = json!({"partition": "gpu", "requeue": 1, "comment": null, "name": null});
        assert_eq!(Json::Object(verdict.changes), changes);
    }

    #[test]
    fn fail_refuses_in_its_own_words_alone() {
        let script = "def job_submit(job, partitions, uid):\n    job['nice'] = 1\n    fail('Say how long: --time=1:00:00')";
        let verdict = submitted(script, json!({})).unwrap();
        assert!(verdict.is_refused);
        assert_eq!(verdict.said, ["Say how long: --time=1:00:00"]);
        assert!(verdict.changes.is_empty());
    }

    #[test]
    fn an_event_that_it_does_not_define_passes() {
        let script = Script::of("def job_modify(job, record, partitions, uid): fail('no')".into());
        let verdict = script.unwrap().run(Asked::default()).unwrap();
        assert_eq!(verdict, Verdict::default());
    }

    #[test]
    fn a_script_that_is_none_is_refused_with_its_words() {
        for (script, word) in [
            ("def job_submit(job)", "Parse error"),
            ("x = 1", "neither job_submit nor job_modify"),
            ("job_submit = 1", "def job_submit(job, partitions, uid):"),
            (
                "def job_submit(job): pass",
                "def job_submit(job, partitions, uid):",
            ),
            (
                "def job_modify(job, partitions, uid): pass",
                "def job_modify(job, record, partitions, uid):",
            ),
            ("job_submit = undefined", "undefined"),
            ("load('//other', 'f')", "load"),
            (
                "def job_submit(job, partitions, uid): pass\nfail('early')",
                "early",
            ),
            ("[x for x in range(1000000000)]", "memory"),
        ] {
            let why = submitted(script, json!({})).unwrap_err();
            assert!(why.contains(word), "{script}: {why}");
        }
    }

    #[test]
    fn what_stops_a_script_is_told_with_its_place() {
        let body = |body: &str| format!("def job_submit(job, partitions, uid):\n    {body}");
        for (script, word) in [
            (body("open('/etc/passwd')"), "open"),
            (
                body("job['nice'] = [1]"),
                "neither a text nor a whole number",
            ),
            (
                body("job['nice'] = 1.5"),
                "neither a text nor a whole number",
            ),
            (body("return job['missing']"), "script:2"),
            (body("return job_submit(job, partitions, uid)"), "script:2"),
        ] {
            let why = submitted(&script, json!({})).unwrap_err();
            assert!(why.contains(word), "{script}: {why}");
        }
    }
}
