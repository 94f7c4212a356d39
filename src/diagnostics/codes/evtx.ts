/** Codes of `evtx`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const evtxCodes = {
  'evtx/bad-file-header':
    'The header of an event log lacks its magic or is cut; its chunks are looked for all the same.',
  'evtx/bad-file-checksum': 'The header of an event log does not match its checksum.',
  'evtx/no-chunks': 'The file is named or starts like an event log but holds no chunk of records.',
  'evtx/bad-chunk-magic': 'A chunk of an event log lacks its magic; the records found inside were read.',
  'evtx/unreadable-chunk': 'A chunk-sized part of an event log is neither empty nor holds any record.',
  'evtx/cut-chunk': 'An event log ends inside a chunk; the records before the cut were read.',
  'evtx/cut-file':
    'An event log ends before chunks that its header counts; the chunks before the cut were read.',
  'evtx/bad-header-checksum': 'The header of a chunk does not match its checksum; its records were read.',
  'evtx/bad-records-checksum': 'The records of a chunk do not match their checksum; they were read.',
  'evtx/bad-record': 'A record is torn or malformed, and its event could not be read.',
  'evtx/bad-record-size':
    'The size of a record is wrong or not repeated at its end; the reader went on at the next record.',
  'evtx/lost-bytes': 'Bytes between two records belong to no record that could be read.',
  'evtx/bad-template': 'A record refers to a template definition that is absent, cut or malformed.',
  'evtx/template-by-id':
    'A template definition was overwritten; the one of the same id elsewhere in the log was used for its records.',
  'evtx/bad-binary-xml': 'Binary XML holds a token, name or nesting that the format does not allow.',
  'evtx/value-overrun': 'A substitution value reaches past the end of its record.',
  'evtx/too-large': 'A record expands to more text or fields than any real event has.',
  'evtx/no-event': 'A record holds no Event element with an event id.',
  'evtx/not-in-order': 'A scanner was fed a window that does not start where the one before ended.',
  'evtx/cannot-write': 'An event to be written does not fit the EVTX format.',
  'evtx/slack-not-read':
    'Old records in the slack of a log could not be decoded because their templates were overwritten.',
  'evtx/more-diagnostics': 'More diagnostics of the same code were counted but not listed.',
} as const
