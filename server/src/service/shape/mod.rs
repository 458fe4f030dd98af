//! The shape of requests: members, types, lengths, patterns and words, as the service model has them.
//!
//! Both doors pass here before anything else looks at an input, so a rule of the model stands in no other place.
//! The model's text is read once into a tree of indices; checking a correct document allocates nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use app::model::echo::{clip, echo};
use app::model::error::{Error, FINDINGS_MAX, FieldError};
use app::model::operation::Operation;
use fancy_regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The embedded text is part of the program: `the_embedded_model_is_whole` reads it with this same code, so a
/// text that cannot be read never leaves the workshop.
#[allow(
    clippy::expect_used,
    reason = "a test reads the same text with the same code"
)]
static MODELS: LazyLock<[Model; 2]> =
    LazyLock::new(|| TEXTS.map(|text| Model::parse(text).expect("each embedded model was tested")));

/// One for each service that is asked for more than one thing; of `logs` what has to do with deliveries.
const TEXTS: [&str; 2] = [
    include_str!("../pcs-2023-02-10.json"),
    include_str!("../logs-2014-03-28.json"),
];

/// Whether a document has the shape of this operation's input; if not, everything that is wrong with it.
pub fn check(operation: Operation, input: &Value) -> Result<(), Error> {
    let mut findings = Findings::default();
    for model in MODELS.iter() {
        if let Some(&shape) = model.inputs.get(operation.name()) {
            model.walk(shape, input, &Path::Root, &mut findings);
        }
    }
    if findings.0.is_empty() {
        Ok(())
    } else {
        Err(Error::fields(findings.0))
    }
}

/// The model's file.
#[derive(Deserialize)]
struct Document {
    operations: BTreeMap<String, OperationText>,
    shapes: BTreeMap<String, ShapeText>,
}

#[derive(Deserialize)]
struct OperationText {
    input: String,
}

/// A shape as the file has it; shapes name each other.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ShapeText {
    Structure {
        #[serde(default)]
        required: Vec<String>,
        members: BTreeMap<String, String>,
    },
    List {
        member: String,
        #[serde(flatten)]
        range: Range,
    },
    Map {
        key: String,
        value: String,
        #[serde(flatten)]
        range: Range,
    },
    String {
        #[serde(flatten)]
        range: Range,
        pattern: Option<String>,
        #[serde(default, rename = "enum")]
        words: Vec<String>,
    },
    Integer {
        #[serde(flatten)]
        range: Range,
    },
    Long {
        #[serde(flatten)]
        range: Range,
    },
    Boolean,
}

/// Inclusive bounds of a length, a size or a number.
#[derive(Clone, Copy, Default, Deserialize)]
struct Range {
    min: Option<i64>,
    max: Option<i64>,
}

impl Range {
    fn holds(self, n: i64) -> bool {
        self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => write!(f, "exactly {min}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("any number"),
        }
    }
}

struct Model {
    inputs: BTreeMap<String, usize>,
    shapes: Vec<Shape>,
}

enum Shape {
    Structure(Vec<Member>),
    List {
        member: usize,
        range: Range,
    },
    Map {
        key: usize,
        value: usize,
        range: Range,
    },
    String(StringShape),
    Integer(Range),
    Boolean,
}

struct Member {
    name: String,
    shape: usize,
    required: bool,
}

struct StringShape {
    range: Range,
    pattern: Option<Regex>,
    /// What the pattern means, in words.
    meaning: String,
    words: Vec<String>,
    /// A message never repeats a value of this shape.
    secret: bool,
}

impl Model {
    fn parse(text: &str) -> Result<Model, Box<dyn std::error::Error>> {
        let document: Document = serde_json::from_str(text)?;
        let names: Vec<&String> = document.shapes.keys().collect();
        let index = |name: &String| {
            names
                .binary_search(&name)
                .map_err(|_| format!("no shape {name}"))
        };
        let shapes = document
            .shapes
            .iter()
            .map(|(name, text)| Shape::resolve(name, text, &index))
            .collect::<Result<_, _>>()?;
        let inputs = document
            .operations
            .iter()
            .map(|(name, o)| Ok((name.clone(), index(&o.input)?)))
            .collect::<Result<_, String>>()?;
        Ok(Model { inputs, shapes })
    }

    fn walk(&self, shape: usize, value: &Value, path: &Path<'_>, findings: &mut Findings) {
        if findings.full() {
            return;
        }
        match (&self.shapes[shape], value) {
            (Shape::Structure(members), Value::Object(object)) => {
                self.structure(members, object, path, findings)
            }
            (Shape::List { member, range }, Value::Array(items)) => {
                findings.size(*range, items.len(), "entries", path);
                for (i, item) in items.iter().enumerate() {
                    self.walk(*member, item, &Path::Item(path, i), findings);
                }
            }
            (
                Shape::Map {
                    key,
                    value: shape,
                    range,
                },
                Value::Object(object),
            ) => {
                findings.size(*range, object.len(), "entries", path);
                for (name, value) in object {
                    let path = Path::Entry(path, name);
                    if let Shape::String(string) = &self.shapes[*key] {
                        string.check(name, "The key", &path, findings);
                    }
                    self.walk(*shape, value, &path, findings);
                }
            }
            (Shape::String(string), Value::String(text)) => {
                string.check(text, "The value", path, findings)
            }
            (Shape::Integer(range), Value::Number(number)) => match number.as_i64() {
                Some(n) if range.holds(n) => {}
                _ => findings.add(
                    path,
                    format!(
                        "{} is not a whole number of {range}.",
                        echo(&number.to_string())
                    ),
                ),
            },
            (Shape::Boolean, Value::Bool(_)) => {}
            (shape, other) => findings.add(
                path,
                format!("Expected {}, got {}.", shape.kind(), kind_of(other)),
            ),
        }
    }

    fn structure(
        &self,
        members: &[Member],
        object: &Map<String, Value>,
        path: &Path<'_>,
        findings: &mut Findings,
    ) {
        for member in members {
            // JSON's null is the same as leaving a member out, as AWS has it.
            match object.get(&member.name).filter(|v| !v.is_null()) {
                Some(value) => self.walk(
                    member.shape,
                    value,
                    &Path::Member(path, &member.name),
                    findings,
                ),
                None if member.required => findings.add(
                    &Path::Member(path, &member.name),
                    "This member is required: give it a value.".into(),
                ),
                None => {}
            }
        }
        for name in object.keys() {
            if !members.iter().any(|m| m.name == *name) {
                let known: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
                findings.add(
                    &Path::Member(path, name),
                    format!(
                        "There is no such member: remove it or correct it. The members here are {}.",
                        known.join(", ")
                    ),
                );
            }
        }
    }
}

impl Shape {
    fn resolve(
        name: &str,
        text: &ShapeText,
        index: &impl Fn(&String) -> Result<usize, String>,
    ) -> Result<Shape, Box<dyn std::error::Error>> {
        Ok(match text {
            ShapeText::Structure { required, members } => Shape::Structure(
                members
                    .iter()
                    .map(|(name, shape)| {
                        Ok(Member {
                            name: name.clone(),
                            shape: index(shape)?,
                            required: required.contains(name),
                        })
                    })
                    .collect::<Result<_, String>>()?,
            ),
            ShapeText::List { member, range } => Shape::List {
                member: index(member)?,
                range: *range,
            },
            ShapeText::Map { key, value, range } => Shape::Map {
                key: index(key)?,
                value: index(value)?,
                range: *range,
            },
            ShapeText::String {
                range,
                pattern,
                words,
            } => Shape::String(StringShape {
                range: *range,
                pattern: pattern.as_deref().map(anchored).transpose()?,
                meaning: meaning(name).map_or_else(
                    || format!("text of the pattern {}", pattern.as_deref().unwrap_or("")),
                    str::to_owned,
                ),
                words: words.clone(),
                secret: name == "BootstrapId",
            }),
            // The model's integers have 32 bits. Its words say of a page's size that 0 stands for the default, its bounds
            // leave 0 out.
            ShapeText::Integer { range } => Shape::Integer(Range {
                min: match name {
                    "MaxResults" => Some(0),
                    _ => range.min.or(Some(i32::MIN.into())),
                },
                max: range.max.or(Some(i32::MAX.into())),
            }),
            ShapeText::Long { range } => Shape::Integer(*range),
            ShapeText::Boolean => Shape::Boolean,
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Shape::Structure(_) | Shape::Map { .. } => "an object",
            Shape::List { .. } => "a list",
            Shape::String(_) => "a string",
            Shape::Integer(_) => "a whole number",
            Shape::Boolean => "true or false",
        }
    }
}

impl StringShape {
    fn check(&self, text: &str, what: &str, path: &Path<'_>, findings: &mut Findings) {
        if !self.words.is_empty() {
            if !self.words.iter().any(|w| w == text) {
                let words = self.words.join(", ");
                findings.add(
                    path,
                    format!("{} is not one of {words}.", self.quote(text, what)),
                );
            }
            return;
        }
        let length = text.chars().count();
        if !self.range.holds(i64::try_from(length).unwrap_or(i64::MAX)) {
            findings.add(
                path,
                format!("{what} has {length} characters; give {}.", self.range),
            );
        } else if let Some(pattern) = &self.pattern
            // A pattern that gives up on a text has not matched it.
            && !pattern.is_match(text).unwrap_or(false)
        {
            findings.add(
                path,
                format!("{} is not {}.", self.quote(text, what), self.meaning),
            );
        }
    }

    fn quote(&self, text: &str, what: &str) -> String {
        if self.secret {
            what.to_owned()
        } else {
            echo(text)
        }
    }
}

/// A pattern of the model binds the whole text, and its `\w` means ASCII.
fn anchored(pattern: &str) -> Result<Regex, Box<fancy_regex::Error>> {
    let ascii = pattern.replace(r"\w", "[A-Za-z0-9_]");
    Regex::new(&format!(r"\A(?:{ascii})\z")).map_err(Box::new)
}

/// The model's patterns in words.
fn meaning(shape: &str) -> Option<&'static str> {
    Some(match shape {
        "ClusterName" | "ComputeNodeGroupName" | "QueueName" => {
            "a name: letters (A–Z, a–z), digits and hyphens, a letter first, and not beginning with pcs_"
        }
        "ClusterIdentifier" | "ComputeNodeGroupIdentifier" | "QueueIdentifier" => {
            "a name (letters, digits and hyphens, a letter first) or an id (pcs_ and letters and digits)"
        }
        "SubnetId" => "a subnet id such as subnet-0123456789abcdef0",
        "SecurityGroupId" => "a security group id such as sg-0123456789abcdef0",
        "AmiId" => "an image id such as ami-0123456789abcdef0",
        "AmiIdOrEmpty" => "an image id such as ami-0123456789abcdef0, nor empty",
        "InstanceProfileArn" => {
            "the ARN of an instance profile such as arn:aws:iam::111122223333:instance-profile/AWSPCS-example"
        }
        "NodeLifecycleScriptNameString" => {
            "a script's name: letters, digits, spaces, hyphens and underscores, a letter or digit first"
        }
        "ScriptSourceScriptLocationString" => {
            "an address of the form s3://BUCKET/KEY or https://HOST/PATH"
        }
        "JobSubmitPluginNameString" => {
            "a plugin's name: letters, digits, hyphens and underscores, a letter or digit first"
        }
        "JobSubmitScriptSourceScriptLocationString" => "an address of the form s3://BUCKET/KEY",
        "JobSubmitScriptSourceChecksumString" | "ScriptSourceChecksumString" => {
            "a SHA-256 checksum of 64 hexadecimal digits"
        }
        "Arn" => {
            "the ARN of a resource such as arn:aws:pcs:us-east-1:111122223333:cluster/pcs_0123456789"
        }
        "BootstrapId" => "free of white space",
        "DeliverySourceName" | "DeliveryDestinationName" => {
            "a name: letters, digits, hyphens and underscores"
        }
        "DeliveryId" => "a delivery's id: letters and digits",
        "AccountId" => "an account's id of 12 digits",
        "LogGroupName" | "LogGroupNamePattern" => {
            "a log group's name: letters, digits and the characters . - _ / #"
        }
        "LogGroupIdentifier" => "a log group's name or ARN",
        "LogStreamName" => "a log stream's name: without : and *",
        "LogType" => "the type of a log such as PCS_SCHEDULER_LOGS",
        "TagKey" | "TagValue" => {
            "free of other characters than letters, digits, spaces and _.:/=+-@"
        }
        _ => return None,
    })
}

/// Where in the document the walk stands; becomes text only when something is wrong there.
enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
    Entry(&'a Path<'a>, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Member(Path::Root, name) => f.write_str(&clip(name)),
            Path::Member(parent, name) | Path::Entry(parent, name) => {
                write!(f, "{parent}.{}", clip(name))
            }
            Path::Item(parent, i) => write!(f, "{parent}[{i}]"),
        }
    }
}

/// What is wrong, so far.
#[derive(Default)]
struct Findings(Vec<FieldError>);

impl Findings {
    fn full(&self) -> bool {
        self.0.len() >= FINDINGS_MAX
    }

    fn add(&mut self, path: &Path<'_>, message: String) {
        if self.full() {
            return;
        }
        let name = match path {
            Path::Root => "input".to_owned(),
            path => path.to_string(),
        };
        self.0.push(FieldError { name, message });
    }

    fn size(&mut self, range: Range, size: usize, what: &str, path: &Path<'_>) {
        if !range.holds(i64::try_from(size).unwrap_or(i64::MAX)) {
            self.add(path, format!("There are {size} {what}; give {range}."));
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
