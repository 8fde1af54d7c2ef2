//! What the generator asks of the machine it runs on: what it is, cores, descriptors, and who used the processors
//! meanwhile.

pub(crate) mod affinity;
pub(crate) mod descriptors;
pub(crate) mod host;
pub(crate) mod memory;
pub(crate) mod monotonic;
pub(crate) mod processor;
