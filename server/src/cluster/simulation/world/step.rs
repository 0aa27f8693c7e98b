/// Something that may happen. Where it can't it is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// So many milliseconds pass.
    Wait(u64),
    /// A node's task that talks with the engine has a turn.
    Turn(usize),
    /// The engine takes a node's request.
    Serve(usize),
    /// An answer of the engine arrives.
    Answer(usize),
    /// Something arrives on a node's channel.
    Push(usize),
    /// A node takes an event.
    Event(usize),
    /// What a client said arrives at its node.
    Up(usize),
    /// A client reads.
    Down(usize),
    /// A client connects to a node.
    Connect(usize, usize),
    /// Its connection breaks, and that is seen, or not.
    Cut(usize, bool),
    Leave(usize),
    Return(usize),
    /// It says the next number to one of the others.
    Say(usize, usize),
    Ping(usize),
    /// An operator has it removed, at a node.
    Remove(usize, usize),
    Start(usize),
    Kill(usize),
    /// A node stops gently.
    Drain(usize),
    /// A node does nothing, or goes on.
    Stall(usize, bool),
    /// The engine does not hear a node, or does again.
    Mute(usize, bool),
    /// A node does not hear the engine, or does again.
    Deafen(usize, bool),
    /// The newest that is on its way to a node is lost.
    Lose(usize),
    /// The connection by which a node asks the engine breaks.
    BreakRequests(usize),
    /// That on which it listens breaks.
    BreakListening(usize),
    /// The engine loses everything, and all its connections.
    Restart,
}
