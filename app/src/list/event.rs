//! The columns of a timeline.

use super::Field;
use crate::i18n::Text;
use crate::model::event::Event;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventColumn {
    Time,
    Message,
    Took,
    Resource,
    Actor,
}

use EventColumn::*;

impl EventColumn {
    /// In the order in which they are shown.
    pub const ALL: [EventColumn; 5] = [Time, Message, Took, Resource, Actor];

    /// The same in every language.
    pub fn key(self) -> &'static str {
        match self {
            Time => "time",
            Message => "message",
            Took => "took",
            Resource => "resource",
            Actor => "actor",
        }
    }

    pub fn field(self, t: &'static Text) -> Field<Event> {
        let (key, events) = (self.key(), &t.events);
        match self {
            Time => Field::new(key, events.time).sort(|e: &Event| e.at),
            Message => Field::new(key, events.message).text(|e: &Event| e.message.clone()),
            Took => Field::new(key, events.took).sort(|e: &Event| (e.until - e.at).max(0)),
            Resource => Field::new(key, events.resource).text(move |e: &Event| {
                format!("{} {}", type_words(t, &e.resource_type), name_of(e))
            }),
            Actor => Field::new(key, events.actor).text(move |e: &Event| actor_words(t, &e.actor)),
        }
    }
}

/// A user by name; everything else is the service itself.
pub fn actor_words(t: &'static Text, actor: &str) -> String {
    match actor.split_once(":user/") {
        Some((_, name)) => name.into(),
        None => t.events.service.into(),
    }
}

/// By its name, or the id of what is gone.
pub fn name_of(event: &Event) -> String {
    match event.resource_name.as_str() {
        "" => event.resource_id.clone(),
        name => name.to_owned(),
    }
}

pub fn type_words(t: &'static Text, kind: &str) -> String {
    match kind {
        "cluster" => t.events.cluster.into(),
        "compute-node-group" => t.events.group.into(),
        "queue" => t.events.queue.into(),
        "node" => t.events.node.into(),
        "job" => t.events.job.into(),
        other => other.into(),
    }
}
