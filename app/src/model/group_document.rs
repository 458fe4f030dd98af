//! Reads a group of a document: its name, its tags, and its settings beside them.
//!
//! serde's `flatten` would do it through a buffer, in which a scalar of YAML is no text any more: `parameterValue: 10`
//! would be refused, and where in the document a fault is would be forgotten.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

use super::blueprint::GroupBlueprint;
use super::compute_node_group::GroupSettings;

impl<'de> Deserialize<'de> for GroupBlueprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfGroup)
    }
}

struct OfGroup;

impl<'de> Visitor<'de> for OfGroup {
    type Value = GroupBlueprint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a compute node group")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GroupBlueprint, A::Error> {
        let mut own = Own::default();
        let others = Others { map, own: &mut own };
        let settings = GroupSettings::deserialize(MapAccessDeserializer::new(others))?;
        let missing = || serde::de::Error::missing_field("name");
        Ok(GroupBlueprint {
            name: own.name.ok_or_else(missing)?,
            settings,
            tags: own.tags,
        })
    }
}

/// The members that are no settings.
#[derive(Default)]
struct Own {
    name: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

/// A map without them: they are put aside as they come.
struct Others<'a, A> {
    map: A,
    own: &'a mut Own,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Others<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            match key.as_str() {
                "name" => self.own.name = Some(self.map.next_value()?),
                "tags" => self.own.tags = self.map.next_value()?,
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
