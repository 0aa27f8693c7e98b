/// Which way the packets of a connection go.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The own end.
    pub local: Candidate,
    /// The other end.
    pub remote: Candidate,
}

impl Path {
    /// Whether a relay (TURN) passes the packets on, on either side.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        [&self.local, &self.remote].iter().any(|end| end.candidate_type == "relay")
    }
}

/// An end of a path (W3C, `RTCIceCandidateStats`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// `host`, `srflx` or `prflx` (found by STUN), `relay` (by TURN).
    pub candidate_type: String,
    /// `udp` or `tcp`.
    pub protocol: String,
    /// How the own relay is reached: `udp`, `tcp` or `tls`.
    pub relay_protocol: Option<String>,
    /// The address, or a name of this network alone; some browsers hide it.
    pub address: Option<String>,
    /// The port.
    pub port: Option<f64>,
}
