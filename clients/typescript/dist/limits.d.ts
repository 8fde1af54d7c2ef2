/** Bounds on everything that a server, or a page that stands still, could make grow. */
/** Snapshots kept for drawing: half a second at 60 Hz, several times the usual render delay. */
export declare const SNAPSHOTS_MAX = 32;
/** Slots of one Update, PROTOCOL section 6. */
export declare const SLOTS_MAX = 4;
/** States of a slot that are kept to decode against, PROTOCOL section 6.1. */
export declare const POINTS_MAX = 3;
/** Inputs of one message, PROTOCOL section 5.1: the count has three bits. */
export declare const INPUTS_PER_MESSAGE_MAX = 8;
/** Longest message a client may send, PROTOCOL section 9. */
export declare const CLIENT_MESSAGE_BYTES_MAX = 4096;
/** Shortest time between two messages that inputs and acks share. 120 per second are allowed: this leaves a third for commands. */
export declare const MESSAGE_SPACING_MS = 12;
/** Game events that wait for their tick to be drawn. As many as the server keeps unacknowledged; past it the oldest are played early. */
export declare const EVENTS_PENDING_MAX = 4096;
/** Records of one kind, fields of a record, variants, name bytes: PROTOCOL section 4. */
export declare const CLASSES_MAX = 64;
export declare const EVENTS_MAX = 128;
export declare const COMMANDS_MAX = 128;
export declare const FIELDS_MAX = 32;
export declare const VARIANTS_MAX = 256;
export declare const NAME_BYTES_MAX = 32;
/** Token of Hello, PROTOCOL section 3.1. */
export declare const TOKEN_BYTES_MAX = 512;
/** Welcome is a schema of at most 64 KiB and small fields. */
export declare const WELCOME_BYTES_MAX: number;
/** Words of one entity. A full record of the longest texts has 2080; rooms use some ten. */
export declare const RECORD_WORDS_MAX = 4096;
/** Words of one decoded slot, 64 MB: an Update of a few bytes per entity cannot claim more memory than this. */
export declare const SLOT_WORDS_MAX: number;
