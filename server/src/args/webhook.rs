//! The flags of a webhook.

use crate::{SafeUrl, WebhookConfig, WebhookSecret};

/// The flags of a webhook.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Operation")]
pub(super) struct WebhookArgs {
    /// Tell this address by POST who joins and leaves, and when a room is empty (Standard Webhooks)
    #[arg(long, env = "ITODENWA_WEBHOOK", hide_env_values = true, value_name = "URL", requires = "webhook_secrets")]
    webhook: Option<SafeUrl>,
    /// What that is signed with: whsec_ and the Base64 of 24 to 64 bytes
    ///
    /// Other users of this computer see flags: better use the environment or the file. May be given many times, for changing
    /// it: each signs. In the environment: with spaces between.
    #[arg(
        long = "webhook-secret",
        env = "ITODENWA_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        value_delimiter = ' ',
        requires = "webhook"
    )]
    webhook_secrets: Vec<WebhookSecret>,
}

impl WebhookArgs {
    pub(super) fn into_config(self) -> Option<WebhookConfig> {
        Some(WebhookConfig { url: self.webhook?, secrets: self.webhook_secrets })
    }
}
