//! `Harvest` where there is no timer descriptor and no selector within a selector: there is none, and each edge wakes.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use mio::event::Event;
use mio::{Registry, Token};
use tickwire_netcode::time::Time;

use super::pace::ReadMode;
use crate::tick_grid::TickGrid;

#[derive(Debug)]
pub(crate) struct Harvest(Infallible);

impl Harvest {
    pub(crate) fn new(_: &Registry, _: Token, _: TickGrid, _: Time) -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub(crate) fn registry(&self) -> &Registry {
        match self.0 {}
    }

    pub(crate) fn mode(&self) -> ReadMode {
        match self.0 {}
    }

    pub(crate) fn lead(&self) -> Duration {
        match self.0 {}
    }

    pub(crate) fn is_due(&self, _: bool, _: Time) -> bool {
        match self.0 {}
    }

    pub(crate) fn waited(&self, _: Time) -> Duration {
        match self.0 {}
    }

    pub(crate) fn is_unfinished(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn pass(&mut self, _: usize, _: impl FnMut(&Event)) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn passed(&mut self, _: u64, _: Time, _: Time) -> bool {
        match self.0 {}
    }

    pub(crate) fn settle(&mut self, _: &Registry, _: Time) -> io::Result<()> {
        match self.0 {}
    }
}
