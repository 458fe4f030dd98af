//! Atoms: they know no model, no page and no operation.

mod breadcrumbs;
mod card;
mod code;
mod copy;
mod empty;
mod flash;
pub mod icon;
mod key_value;
mod menu;
mod skeleton;
mod status;
pub mod table;
mod tabs;
pub mod time;

pub use breadcrumbs::{Breadcrumbs, Crumb};
pub use card::{Card, PageHeader};
pub use code::Code;
pub use copy::{CopyButton, Copyable};
pub use empty::EmptyState;
pub use flash::Flash;
pub use icon::Icon;
pub use key_value::{KeyValue, Pairs};
pub use menu::Menu;
pub use skeleton::Skeleton;
pub use status::{Indicator, Tone};
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
