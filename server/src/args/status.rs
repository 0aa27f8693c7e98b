//! The program's command `status`.

use clap::Args;

use crate::SafeUrl;

/// What is asked, and where.
#[derive(Debug, Clone, Args)]
pub struct AskStatus {
    /// The address of any server of the cluster
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub at: SafeUrl,
    /// Its --api-secret
    #[arg(long = "api-secret", env = "ITODENWA_API_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub secret: String,
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
}
