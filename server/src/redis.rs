//! Several servers that keep rooms together, over Redis or Valkey: what they are told ([`Config::redis`](crate::Config::redis)).
//! How it works is told in [`cluster`](crate::cluster).

pub use crate::cluster::redis::{InvalidPrefix, JoinError, RedisConfig, RedisPrefix, RedisUrl};
