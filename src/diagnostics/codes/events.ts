/** Codes of `events`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const eventsCodes = {
  'events/damaged-element':
    'A JSON element is cut or not valid JSON; it was left out and reading went on after it.',
  'events/oversized-element':
    'One JSON element, XML event or line is larger than the limit and was left out.',
  'events/too-deep': 'A JSON element is nested deeper than any event can be and was left out.',
  'events/lone-surrogate':
    'A text has half of a surrogate pair, which is no character; U+FFFD stands in its place.',
  'events/stray-bytes': 'Bytes between JSON elements that belong to none were left out.',
  'events/damaged-xml':
    'An element of XML, an event or a PowerShell object, is cut or not well formed and was left out.',
  'events/unknown-shape': 'JSON, XML or CSV records of no known shape were left out.',
  'events/message-not-parsed':
    'An event has only its message, and the message is not in the form its template prescribes.',
  'events/no-time': 'Events without a readable time were kept without one.',
  'events/time-zone-unknown': 'A time is local and nothing tells its zone; it was taken as UTC.',
} as const
