//! The limits that both ends of the wire know. A server may be configured to be stricter, never to be laxer than a client.

/// Largest session description, in bytes of SDP.
pub const DESCRIPTION_BYTES: usize = 256 * 1024;
/// Largest signalling message that carries a description, in bytes of JSON: a description, escaped twice, and its envelope.
pub const DESCRIPTION_MESSAGE_BYTES: usize = 2 * DESCRIPTION_BYTES;
/// Largest signalling message of any other kind, in bytes of JSON.
pub const MESSAGE_BYTES: usize = 16 * 1024;
/// Longest room name, in bytes (every allowed character is one byte).
pub const ROOM_NAME_BYTES: usize = 64;
/// Longest display name, in bytes of UTF-8.
pub const DISPLAY_NAME_BYTES: usize = 256;
/// Longest identity in a token, in bytes of UTF-8.
pub const IDENTITY_BYTES: usize = 256;
/// Longest ticket, in bytes.
pub const TICKET_BYTES: usize = 2048;
/// Most people in a room whatever the configuration: a full mesh of more is not usable.
pub const ROOM_PEERS: usize = 16;
/// Most media descriptions (m-lines) in a session description that is accepted from a peer.
pub const MEDIA_DESCRIPTIONS: usize = 64;
/// Most lines in a session description. What is measured of descriptions here is of the largest offers of this kind that were made:
/// audio, 22 pictures and data, by Chromium 156 and Firefox 153 on Linux. Chromium's is the larger one: 95 KB, 2 803 lines.
pub const DESCRIPTION_LINES: usize = 4096;
/// Longest line of a session description, in bytes. Measured: 127 (`a=candidate`).
pub const DESCRIPTION_LINE_BYTES: usize = 1024;
/// Most lines of one kind (`a=rtcp-fb`, `a=fmtp`, `c=`, …) in one media description, and before the first. Measured: 50
/// (`a=rtcp-fb`); other systems have more codecs.
pub const LINES_PER_KIND: usize = 128;
/// Most lines of one kind in all media descriptions together. Measured: 1 101 (`a=rtcp-fb`).
pub const LINES_PER_KIND_IN_ALL: usize = 1280;
/// Most bytes of the lines of one kind in one media description, but candidates. Measured: 1 080 (`a=rtcp-fb`).
pub const BYTES_PER_KIND: usize = 2560;
/// The same in all media descriptions together. Measured: 23 786 (`a=rtcp-fb`).
pub const BYTES_PER_KIND_IN_ALL: usize = 28 * 1024;
/// Most lines of one kind for the same thing in one media description: those that are the same up to the first space, like
/// `a=rtcp-fb:96`. Measured: 5 (`a=rtcp-fb`).
pub const LINES_PER_SUBJECT: usize = 8;
/// Sources that have a name of the application's own, per member: what is more is not sent, and not told of others.
pub const OWN_SOURCES: usize = 8;
/// Names of such sources that a program takes as long as it runs, of everybody: they are kept, 116 KiB of them at most. A source with a
/// further one is taken for one that a later version brings, and left out.
pub const OWN_SOURCE_NAMES: usize = 4096;
/// Of these, as many as others may bring: whoever brings more and more names takes none from the application itself.
pub const OTHERS_SOURCE_NAMES: usize = OWN_SOURCE_NAMES / 4 * 3;
/// Sources of a description, or of what is on, that are read: so many names can be new in one message.
pub const LISTED_SOURCES: usize = 32;
/// Most candidates accepted for one ICE username fragment.
pub const CANDIDATES_PER_FRAGMENT: usize = 64;
/// Longest candidate line, in bytes. Real ones have about 150.
pub const CANDIDATE_BYTES: usize = 1024;
/// Bodies that go with a join: what is on, the offer, and the candidates that are there by then.
pub const OFFER_BODIES: usize = 32;
/// Packets that arrived ahead of their turn and wait, per peer.
pub const HELD_PACKETS: usize = 64;
/// Packets that wait for their acknowledgement, per peer.
pub const UNACKNOWLEDGED_PACKETS: usize = 256;
/// Largest frame of the control channel that is a packet, in bytes of JSON: what browsers take that were not told how much more
/// (RFC 8841, section 6.1, has 64 KiB). What is larger, as a description of very many media, goes over the server.
pub const CHANNEL_PACKET_BYTES: usize = 64 * 1024;
/// Largest data channel message, in bytes: what Chromium can receive.
pub const DATA_MESSAGE_BYTES: usize = 256 * 1024;
/// Longest text message, in bytes of UTF-8; also of a value as JSON.
pub const TEXT_BYTES: usize = 16 * 1024;
/// Longest message of bytes: as many as are a text of [`TEXT_BYTES`] as base64.
pub const MESSAGE_OF_BYTES: usize = TEXT_BYTES / 4 * 3;
/// Texts that a peer did not acknowledge, per peer: on their way, unread, or waiting for a channel.
pub const QUEUED_TEXTS: usize = 64;
/// Attributes of a member, and of a room, with those that were removed.
pub const ATTRIBUTES: usize = 32;
/// Longest key of an attribute, in bytes of UTF-8.
pub const ATTRIBUTE_KEY_BYTES: usize = 64;
/// Largest value of an attribute, in bytes of JSON.
pub const ATTRIBUTE_BYTES: usize = 1024;
/// Texts that the application did not read, per peer: those of a sender, and those that it sent before it began to count anew.
pub const UNREAD_TEXTS: usize = 2 * QUEUED_TEXTS;
