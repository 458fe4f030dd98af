//! What comboboxes, the filter of tables and the command palette share: an input above a list that arrow keys walk
//! through. The focus stays in the input; the list says by `aria-activedescendant` where one is.

use leptos::prelude::*;

use crate::browser;
use crate::foreign::{visible, visible_value};

/// One thing to choose. The only shape of a choice, whatever it stands for: compiled once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is stored and sent.
    pub id: String,
    /// What is read first.
    pub name: String,
    /// What helps to choose: zone, free addresses, limits; may be empty.
    pub description: String,
    /// Why it cannot be chosen.
    pub disabled: Option<String>,
}

impl Choice {
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Choice {
        Choice {
            id: id.into(),
            name: visible_value(&name.into()).into_owned(),
            ..Choice::default()
        }
    }

    pub fn description(mut self, description: impl Into<String>) -> Choice {
        self.description = visible(&description.into()).into_owned();
        self
    }

    pub fn disabled(mut self, reason: Option<String>) -> Choice {
        self.disabled = reason;
        self
    }

    /// Every word of the query is in its name, id or description.
    pub fn matches(&self, query: &str) -> bool {
        let all = format!("{} {} {}", self.name, self.id, self.description).to_lowercase();
        query
            .to_lowercase()
            .split_whitespace()
            .all(|word| all.contains(word))
    }
}

/// Which list is open and which of its options is active.
#[derive(Clone, Copy)]
pub struct Listbox {
    pub open: RwSignal<bool>,
    pub active: RwSignal<Option<usize>>,
    id: StoredValue<String>,
}

impl Listbox {
    /// `id` is the list's in the document.
    pub fn new(id: String) -> Listbox {
        Listbox {
            open: RwSignal::new(false),
            active: RwSignal::new(None),
            id: StoredValue::new(id),
        }
    }

    pub fn id(self) -> String {
        self.id.get_value()
    }

    pub fn option_id(self, index: usize) -> String {
        format!("{}-{index}", self.id.get_value())
    }

    /// For the input's `aria-activedescendant`.
    pub fn active_id(self) -> Option<String> {
        self.active
            .get()
            .filter(|_| self.open.get())
            .map(|i| self.option_id(i))
    }

    pub fn close(self) {
        self.open.set(false);
        self.active.set(None);
    }

    /// Arrow keys, Home, End, Enter, Escape. `choose` gets the active option's index; true when the key was used up.
    pub fn key(self, key: &str, count: usize, choose: impl Fn(usize)) -> bool {
        let open = self.open.get_untracked();
        match (key, self.active.get_untracked()) {
            ("ArrowDown", None) => self.go(count, 0),
            ("ArrowDown", Some(i)) => self.go(count, (i + 1) % count.max(1)),
            ("ArrowUp", Some(i)) if i > 0 => self.go(count, i - 1),
            ("ArrowUp", _) => self.go(count, count.saturating_sub(1)),
            ("PageDown", active) if open => {
                self.go(count, (active.unwrap_or(0) + 8).min(count.max(1) - 1))
            }
            ("PageUp", active) if open => self.go(count, active.unwrap_or(0).saturating_sub(8)),
            ("Enter", Some(i)) if open && i < count => choose(i),
            ("Escape", _) if open => self.close(),
            _ => return false,
        }
        true
    }

    fn go(self, count: usize, index: usize) {
        self.open.set(true);
        self.active.set((index < count).then_some(index));
        browser::scroll_to_option(self.option_id(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found_somewhere() {
        let subnet =
            Choice::new("subnet-1", "private-a").description("us-east-1a · 250 free addresses");
        assert!(subnet.matches("PRIVATE 1a"));
        assert!(subnet.matches(""));
        assert!(!subnet.matches("private 1b"));
    }

    #[test]
    fn arrow_keys_walk_round_the_list() {
        let owner = Owner::new();
        owner.set();
        let list = Listbox::new("list".into());
        let press = |key| list.key(key, 2, |_| {});
        assert!(press("ArrowDown") && list.open.get_untracked());
        assert_eq!(list.active.get_untracked(), Some(0));
        press("ArrowDown");
        press("ArrowDown");
        assert_eq!(list.active.get_untracked(), Some(0));
        press("ArrowUp");
        assert_eq!(list.active.get_untracked(), Some(1));
        assert!(press("Escape") && !list.open.get_untracked());
        assert!(!press("Escape"), "a second Escape is for the dialog around");
    }
}
