//! Everything a game needs: `use tickwire::prelude::*;`

pub use crate::game::{Game, Leave, TransferError};
pub use crate::page::Page;
pub use crate::server::{Bound, ConfigError, RoomOptions, Running, ServeError, Server};
pub use crate::sim::{Cx, Emit, Inputs, Rng, Scene, Set};
pub use glam::{self, Vec2};
pub use tickwire_netcode::ids::{EntityId, PlayerId};
pub use tickwire_netcode::schema::{Classes, Command, Event, Input, Replicate};
pub use tickwire_netcode::time::Tick;
#[doc(inline)]
pub use tickwire_netcode::{Command, Event, Input, Replicate};
