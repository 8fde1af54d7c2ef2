/** Bounds on everything that a server, or a page that stands still, could make grow. */

/** Snapshots kept for drawing: half a second at 60 Hz, several times the usual render delay. */
export const SNAPSHOTS_MAX = 32;

/** Slots of one Update, PROTOCOL section 6. */
export const SLOTS_MAX = 4;

/** States of a slot that are kept to decode against, PROTOCOL section 6.1. */
export const POINTS_MAX = 3;

/** Inputs of one message, PROTOCOL section 5.1: the count has three bits. */
export const INPUTS_PER_MESSAGE_MAX = 8;

/** Longest message a client may send, PROTOCOL section 9. */
export const CLIENT_MESSAGE_BYTES_MAX = 4096;

/** Shortest time between two messages that inputs and acks share. 120 per second are allowed: this leaves a third for commands. */
export const MESSAGE_SPACING_MS = 12;

/** Game events that wait for their tick to be drawn. As many as the server keeps unacknowledged; past it the oldest are played early. */
export const EVENTS_PENDING_MAX = 4096;

/** Records of one kind, fields of a record, variants, name bytes: PROTOCOL section 4. */
export const CLASSES_MAX = 64;
export const EVENTS_MAX = 128;
export const COMMANDS_MAX = 128;
export const FIELDS_MAX = 32;
export const VARIANTS_MAX = 256;
export const NAME_BYTES_MAX = 32;

/** Token of Hello, PROTOCOL section 3.1. */
export const TOKEN_BYTES_MAX = 512;

/** Welcome is a schema of at most 64 KiB and small fields. */
export const WELCOME_BYTES_MAX: number = 68 * 1024;

/** Words of one entity. A full record of the longest texts has 2080; rooms use some ten. */
export const RECORD_WORDS_MAX = 4096;

/** Words of one decoded slot, 64 MB: an Update of a few bytes per entity cannot claim more memory than this. */
export const SLOT_WORDS_MAX: number = 1 << 24;
